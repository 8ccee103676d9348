internal import System

/// Writes a file's bytes behind those that an earlier attempt left, and digests them as they come.
final class BlobDownload: ResponseSink {
  /// The file in the repository, for a reader.
  private let path: String
  private let facts: HubClient.Facts
  private let file: OpenFile
  private let moved: (Int) -> Void
  private var hash: BlobHash

  /// Bytes that are there, which is where the next ones belong.
  private(set) var offset = 0

  /// Takes over what is at `partial`.
  ///
  /// - Parameters:
  ///   - path: The file in the repository.
  ///   - facts: What it will be.
  ///   - partial: Where it is written.
  ///   - moved: Gets how many bytes are there, each time that changes.
  /// - Throws: ``HubError/disk(_:)``.
  init(
    _ path: String, _ facts: HubClient.Facts, at partial: String, moved: @escaping (Int) -> Void
  ) throws(HubError) {
    self.path = path
    self.facts = facts
    self.moved = moved
    hash = BlobHash(facts.blob.kind, bytes: facts.bytes)
    do {
      file = try OpenFile(partial, for: .updating)
      var there = try file.status().bytes
      // More than the file can have is another's.
      if there > facts.bytes { there = 0 }
      while offset < there {
        let bytes = try file.bytes(from: offset, count: min(1 << 20, there - offset))
        if bytes.isEmpty { break }
        bytes.withUnsafeBytes { hash.update($0) }
        offset += bytes.count
      }
      try file.truncate(to: offset)
    } catch { throw .disk(error) }
  }

  /// Whether all bytes are there.
  var isComplete: Bool { offset == facts.bytes }

  /// Forgets what is there.
  func startOver() throws(HubError) {
    do { try file.truncate(to: 0) } catch { throw .disk(error) }
    hash = BlobHash(facts.blob.kind, bytes: facts.bytes)
    offset = 0
    moved(0)
  }

  /// Looks whether the answer is what was asked for.
  func begin(_ head: ResponseHead) throws {
    if let coding = head["content-encoding"], coding != "identity" {
      throw HubError.badFacts(
        path: path,
        reason: "it comes in the coding '\(HubError.shown(coding))', which nobody asked for")
    }
    var expected = facts.bytes - offset
    if head.status == 206 {
      let words = (head["content-range"] ?? "").split { " -/".contains($0) }
      guard words.count == 4, words[0] == "bytes", Int(words[1]) == offset,
        words[3] == "*" || Int(words[3]) == facts.bytes
      else {
        throw HubError.badFacts(
          path: path,
          reason:
            "bytes \(offset) and those behind it were asked for, of \(facts.bytes), and the answer is of "
            + "'\(HubError.shown(head["content-range"] ?? "no range"))'")
      }
    } else {
      // A server that knows no ranges sends everything again.
      if offset > 0 { try startOver() }
      expected = facts.bytes
    }
    if let length = head["content-length"].flatMap({ Int($0) }), length != expected {
      throw HubError.wrongSize(
        path: path, expected: facts.bytes, found: facts.bytes - expected + length)
    }
  }

  /// Writes what came; one byte too many ends the transfer.
  func take(_ bytes: UnsafeRawBufferPointer) throws {
    guard bytes.count <= facts.bytes - offset else {
      throw HubError.wrongSize(
        path: path, expected: facts.bytes, found: offset + bytes.count)
    }
    do { try file.write(bytes) } catch {
      // Part of them may have been written: what is there is what was digested.
      try? file.truncate(to: offset)
      throw HubError.disk(error)
    }
    hash.update(bytes)
    offset += bytes.count
    moved(offset)
  }

  /// Makes the bytes durable, and says whether they are the right ones.
  ///
  /// - Throws: ``HubError/wrongDigest(path:expected:found:)``, ``HubError/disk(_:)``.
  func finish() throws(HubError) {
    let found = hash.hex
    guard found == facts.blob.text else {
      throw .wrongDigest(path: path, expected: facts.blob, found: found)
    }
    do { try file.sync() } catch { throw .disk(error) }
  }
}
