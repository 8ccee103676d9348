import Glibc
import Harness
import System
import TestSupport
import Testing

@Suite struct DigestMemoryTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func digestsAreRememberedUntilTheFileChanges() throws {
    let path = try folder.write("toy weights\n", to: "weights")
    let cache = folder.path("cache")
    let expected = "b3782f71846a9c1a1239dcd5e1dddea79868fffd01f89b5ebce9dddc2a0b1337"
    var memory = DigestMemory(cache: cache)
    #expect(try memory.digest(ofFile: path) == expected)
    // A planted line shows that the second answer is the remembered one.
    let file = cache + "/digests.tsv"
    let line = String(decoding: try readFile(file), as: UTF8.self)
    let planted = String(repeating: "0", count: 64) + line.dropFirst(64)
    try writeDurably(Array(planted.utf8), to: file)
    memory = DigestMemory(cache: cache)
    #expect(try memory.digest(ofFile: path) == String(repeating: "0", count: 64))
    // The clock that files are stamped with ticks every few milliseconds.
    usleep(30_000)
    try folder.write("toy weightS\n", to: "weights")
    #expect(try memory.digest(ofFile: path) != expected)
    #expect(try memory.digest(ofFile: path) != String(repeating: "0", count: 64))
  }

  @Test func aDamagedMemoryIsNoMemory() throws {
    let path = try folder.write("toy weights\n", to: "weights")
    try folder.write("\u{0}garbage\tx\ty\n\t\t\t\t\n", to: "digests.tsv")
    var memory = DigestMemory(cache: folder.path)
    #expect(try memory.digest(ofFile: path).hasPrefix("b3782f71"))
  }

  @Test func pipesAndDevicesAreNotDigested() throws {
    let pipe = folder.path("pipe")
    #expect(mkfifo(pipe, 0o644) == 0)
    for path in [pipe, "/dev/zero"] {
      let digesting = #expect(throws: FileError.self) { try digest(ofFile: path) }
      #expect(digesting?.description == "cannot read '\(path)': it isn't a regular file")
    }
  }
}
