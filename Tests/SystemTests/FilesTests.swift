import Glibc
import System
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
    #expect(symlink("/dev/full", "\(path).\(getpid()).tmp") == 0)
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

  /// Reading one may never end, and a rename would put a file in its place.
  @Test func pipesAndDevicesAreNeitherReadNorReplaced() throws {
    let pipe = folder.path("pipe")
    #expect(mkfifo(pipe, 0o644) == 0)
    for path in [pipe, "/dev/zero"] {
      let reading = #expect(throws: FileError.self) { try readFile(path) }
      #expect(reading?.description == "cannot read '\(path)': it isn't a regular file")
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
