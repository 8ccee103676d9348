import Checkpoints
import TestSupport
import Testing

/// Reading must not leave the file's pages in the process's resident set.
@Suite struct MappedFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func pagesAreReleasedWhileATensorIsRead() throws {
    // 24 MiB of weights; a vocabulary of 4 MiB in front.
    var gguf = GGUFBytes()
    let token = string(String(repeating: "x", count: 120))
    gguf.add("tokens", type: 9, array(8, [[UInt8]](repeating: token, count: 32 << 10)))
    let rows: UInt64 = 6 << 10
    gguf.add(
      tensor: "w", [1024, rows], type: 0, [UInt8](repeating: 0, count: 4096 * Int(rows)))
    gguf.add(tensor: "norm", [16], type: 0, [UInt8](repeating: 0, count: 64))
    let path = try folder.write(gguf.file, to: "large.gguf")
    let file = try GGUFFile(path)
    #expect(try #require(residentKiB(ofMapping: path)) <= 128)
    var row = [Float](repeating: 1, count: 1024)
    for index in 0..<Int(rows) {
      try row.withUnsafeMutableBufferPointer {
        try file.read("w", rows: index..<index + 1, into: $0)
      }
    }
    #expect(row == [Float](repeating: 0, count: 1024))
    #expect(try #require(residentKiB(ofMapping: path)) <= 128)
    #expect(try file.read("w").count == 6 << 20)
    #expect(try file.read("norm").count == 16)
    #expect(try #require(residentKiB(ofMapping: path)) <= 128)
    #expect(try file.strings("tokens").count == 32 << 10)
    #expect(try #require(residentKiB(ofMapping: path)) <= 128)
  }

  @Test func closingUnmaps() throws {
    let path = folder.path("a.safetensors")
    try SafetensorsWriter.write([("a", [1], [1])], to: path)
    do {
      let file = try SafetensorsFile(path)
      #expect(try file.read("a") == [1])
      #expect(residentKiB(ofMapping: path) != nil)
    }
    #expect(residentKiB(ofMapping: path) == nil)
  }

  @Test func manyThreadsMayRead() async throws {
    var generator = SplitMix64(seed: 3)
    let weights = generator.uniform(200_000)
    let path = folder.path("a.safetensors")
    try SafetensorsWriter.write([("w", [200_000], weights)], to: path)
    let file = try SafetensorsFile(path)
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          (0..<5).allSatisfy { _ in (try? file.read("w")) == weights }
        }
      }
      for await same in group { #expect(same) }
    }
  }
}
