import Digests
import Harness
import Records
import System
import TestSupport
import Testing

/// Digests that are taken beside other work count only for the bytes that were there when it began.
@Suite struct BackgroundDigestsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func theyAreThoseOfTheFiles() throws {
    let paths = try (0..<5).map { number in
      try folder.write([UInt8](repeating: UInt8(number), count: 3_000_000), to: "\(number)")
    }
    let digests = try BackgroundDigests(paths)
    #expect(digests.unread.map(\.path) == paths)
    #expect(digests.unread.allSatisfy { $0.digest == ModelReference.unnamedDigest })
    let files = try digests.files()
    #expect(try files == paths.map { try DigestedFile(reading: $0) })
    #expect(files.map(\.facts) == digests.unread.map(\.facts))
    #expect(digests.isDone(within: 0))
  }

  @Test func aFileThatChangedSinceIsNone() throws {
    let path = try folder.write("before", to: "file")
    let digests = try BackgroundDigests([path])
    let first = try digests.files()
    try folder.write("behind", to: "file")
    // Those bytes are gone, but the digest is theirs.
    #expect(try digests.files() == first)
    let late = try BackgroundDigests([path])
    #expect(try late.files() != first)
  }

  @Test func aFileThatIsntThereIsTold() throws {
    #expect(throws: FileError.self) { try BackgroundDigests([folder.path("none")]) }
  }
}
