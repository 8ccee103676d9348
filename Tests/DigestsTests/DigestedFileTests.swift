import Digests
import Glibc
import System
import TestSupport
import Testing

/// A digest stands with facts that no other bytes can have.
@Suite struct DigestedFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func namesBytesAndFacts() throws {
    let path = try folder.write("toy weights\n", to: "weights")
    let file = try DigestedFile(reading: path)
    #expect(file.path == path)
    #expect(file.digest == sha256Hex(of: Array("toy weights\n".utf8)))
    #expect(file.facts == FileFacts(of: path) && file.facts.bytes == 12)
    #expect(file.facts.isSettled)
  }

  /// Whatever is done to a file, and however fast: another digest never comes with the same facts.
  @Test(arguments: ["in place", "renamed", "copied over"])
  func otherBytesHaveOtherFacts(how: String) throws {
    let path = try folder.write("toy weights 0\n", to: "weights")
    var (seconds, old) = ([timespec(), timespec()], stat())
    #expect(stat(path, &old) == 0)
    seconds[0] = old.st_atim
    seconds[1] = old.st_mtim
    var last = try DigestedFile(reading: path)
    for round in 1...20 {
      let bytes = Array("toy weights \(round % 10)\n".utf8)
      switch how {
      case "renamed":
        let other = try folder.write(bytes, to: "other")
        #expect(utimensat(AT_FDCWD, other, seconds, 0) == 0)
        #expect(rename(other, path) == 0)
      case "copied over": try folder.write(bytes, to: "weights")
      default:
        let descriptor = open(path, O_WRONLY)
        #expect(pwrite(descriptor, bytes, bytes.count, 0) == bytes.count)
        close(descriptor)
      }
      // As tar, cp -p and rsync -t leave it.
      #expect(utimensat(AT_FDCWD, path, seconds, 0) == 0)
      let file = try DigestedFile(reading: path)
      #expect(file.digest == sha256Hex(of: bytes) && file.digest != last.digest)
      #expect(file.facts.bytes == last.facts.bytes)
      #expect(file.facts.modifiedNanoseconds == last.facts.modifiedNanoseconds)
      #expect(file.facts != last.facts, "round \(round)")
      last = file
    }
  }

  @Test func whatIsNoFileIsRefused() throws {
    let pipe = folder.path("pipe")
    #expect(mkfifo(pipe, 0o644) == 0)
    #expect(FileFacts(of: pipe) == nil && FileFacts(of: folder.path) == nil)
    for (path, reason) in [
      (pipe, "it isn't a regular file"), (folder.path, "it isn't a regular file"),
      (folder.path("none"), "No such file or directory"),
    ] {
      let error = #expect(throws: FileError.self) { try DigestedFile(reading: path) }
      #expect(error?.reason == reason && error?.path == path)
    }
  }
}
