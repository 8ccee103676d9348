import Digests
import Glibc
import Testing

/// Files are hashed in chunks of 1 MiB; errors name file, step and the system's words.
struct FileDigestTests {
  @Test(arguments: [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
  func equalsTheDigestOfTheBytes(size: Int) throws {
    let path = "/tmp/zeroqat-digest-\(getpid())-\(size)"
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 11) }
    let file = try #require(fopen(path, "wb"))
    #expect(fwrite(bytes, 1, size, file) == size)
    fclose(file)
    defer { unlink(path) }
    #expect(try sha256Hex(ofFile: path) == sha256Hex(of: bytes))
  }

  @Test func missingFile() {
    let path = "/nowhere/model.gguf"
    let error = #expect(throws: FileDigestError.self) { try sha256Hex(ofFile: path) }
    #expect(error == FileDigestError(path: path, step: .open, code: ENOENT))
    #expect(
      error?.description
        == "/nowhere/model.gguf: error: can't open the file: No such file or directory")
  }

  @Test func folder() {
    let error = #expect(throws: FileDigestError.self) { try sha256Hex(ofFile: "/tmp") }
    #expect(error?.description == "/tmp: error: can't read the file: Is a directory")
  }
}
