import Digests
import Glibc
import System
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
    let error = #expect(throws: FileError.self) { try sha256Hex(ofFile: path) }
    #expect(error == FileError("open", path, code: ENOENT))
    #expect(
      error?.description
        == "cannot open '/nowhere/model.gguf': No such file or directory")
  }

  @Test func folder() {
    let error = #expect(throws: FileError.self) { try sha256Hex(ofFile: "/tmp") }
    #expect(error?.description == "cannot read '/tmp': Is a directory")
  }
}
