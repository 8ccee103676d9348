import Glibc
import Harness
import TestSupport
import Testing

@Suite struct FilesTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func writesWholeFilesOverOldOnes() throws {
    let path = folder.path("a")
    try writeDurably([1, 2, 3], to: path)
    try writeDurably([9], to: path)
    #expect(try readFile(path) == [9])
    #expect(try listFolder(folder.path) == ["a"])
  }

  /// The partial file leads to a device that is always full: a disk without space.
  @Test func aFullDiskLosesNothing() throws {
    let path = folder.path("a")
    try writeDurably([1], to: path)
    #expect(symlink("/dev/full", path + ".partial") == 0)
    let error = #expect(throws: FileError.self) { try writeDurably([2], to: path) }
    #expect(error?.description == "cannot write '\(path)': No space left on device")
    #expect(try readFile(path) == [1])
    #expect(try listFolder(folder.path) == ["a"])
  }

  @Test func foldersAreMadeListedAndRemoved() throws {
    try makeFolder(folder.path("x/y/z"))
    try makeFolder(folder.path("x/y/z"))
    try writeDurably([], to: folder.path("x/y/file"))
    #expect(try listFolder(folder.path("x/y")) == ["file", "z"])
    #expect(try listFolder(folder.path("nothing")).isEmpty)
    try removeTree(folder.path("x"))
    try removeTree(folder.path("x"))
    #expect(FileStatus(of: folder.path("x")) == nil)
  }

  @Test func removingATreeLeavesWhatItsLinksNameAlone() throws {
    try makeFolder(folder.path("x"))
    try makeFolder(folder.path("precious"))
    try writeDurably([1], to: folder.path("precious/file"))
    #expect(symlink(folder.path("precious"), folder.path("x/link")) == 0)
    try removeTree(folder.path("x"))
    #expect(try readFile(folder.path("precious/file")) == [1])
  }

  @Test func errorsNameOperationAndPath() throws {
    let file = try folder.write("x", to: "file")
    var error = #expect(throws: FileError.self) { try readFile(folder.path("none")) }
    #expect(
      error?.description == "cannot read '\(folder.path("none"))': No such file or directory")
    error = #expect(throws: FileError.self) { try makeFolder(file + "/inner") }
    #expect(
      error?.description == "cannot make the folder '\(file)/inner': Not a directory")
    error = #expect(throws: FileError.self) { try listFolder(file) }
    #expect(error?.description == "cannot list '\(file)': Not a directory")
  }

  @Test(arguments: [("/a/b", "/a"), ("/a", "/"), ("a", "."), ("a/b/c", "a/b"), ("/", "/")])
  func parents(path: String, expected: String) { #expect(parent(of: path) == expected) }

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

  /// Reading one may never end, and a rename would put a file in its place.
  @Test func pipesAndDevicesAreNeitherReadNorReplaced() throws {
    let pipe = folder.path("pipe")
    #expect(mkfifo(pipe, 0o644) == 0)
    for path in [pipe, "/dev/zero"] {
      let reading = #expect(throws: FileError.self) { try readFile(path) }
      #expect(reading?.description == "cannot read '\(path)': it isn't a regular file")
      let digesting = #expect(throws: FileError.self) { try digest(ofFile: path) }
      #expect(digesting?.description == "cannot read '\(path)': it isn't a regular file")
    }
    // Not the device itself: a mistake here would replace it.
    let writing = #expect(throws: FileError.self) { try writeDurably([1], to: pipe) }
    #expect(writing?.description == "cannot write '\(pipe)': it isn't a regular file")
    #expect(FileStatus(of: pipe)?.isRegular == false)
    #expect(try listFolder(folder.path) == ["pipe"])
  }

  /// Nanoseconds since 1970 leave 64 bits in 2262; some file systems count further.
  @Test func aTimeFarAheadIsOnlyANumber() throws {
    let path = folder.path("a")
    try writeDurably([1], to: path)
    var times = [
      timespec(tv_sec: 13_569_465_600, tv_nsec: 0), timespec(tv_sec: 13_569_465_600, tv_nsec: 0),
    ]
    #expect(utimensat(AT_FDCWD, path, &times, 0) == 0)
    #expect(FileStatus(of: path)?.bytes == 1)
  }
}
