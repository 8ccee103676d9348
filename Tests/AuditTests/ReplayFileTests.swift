import Audit
import Digests
import Optimizers
import Records
import TestSupport
import Testing

/// Replay files that were cut short or damaged.
@Suite struct ReplayFileTests {
  /// Three steps of two directions.
  private static func sample() throws -> ReplayFile {
    let header = ReplayFile.Header(
      cell: CellAddress(table: "t", scale: "tiny", row: "r", column: "c", seed: 7), model: "digest",
      seed: 7, steps: 3, directions: 2, epsilon: 0.001, differenceBound: 0.5)
    let probes = (0..<6).map { index in
      let (plus, minus) = (3 + 0.1 * Double(index), 3 - 0.2 * Double(index))
      let difference = min(0.5, plus - minus)
      return Probe(
        step: index / 2, direction: index % 2, plus: plus, minus: minus,
        projectedGradient: difference / (2 * Double(Float(0.001))), isClipped: plus - minus > 0.5)
    }
    return try ReplayFile(header, probes, path: "sample")
  }

  @Test("No beginning and no mutation of a file is taken for one: its digest tells")
  func damaged() throws {
    let folder = try TemporaryFolder()
    let bytes = try Self.sample().bytes()
    let path = try folder.write(bytes, to: "a.replay")
    #expect(try ReplayFile(contentsOf: path) == Self.sample())
    for damaged in Mutations(of: bytes, mutations: 500, seed: 13) where damaged != bytes {
      try folder.write(damaged, to: "a.replay")
      do {
        _ = try ReplayFile(contentsOf: path)
        Issue.record("a damaged file was read")
      } catch {
        #expect(error.path == path)
        #expect(
          error.reason
            == "its contents and the SHA-256 at its end disagree: it was damaged or cut short since it was written"
            || error.reason == "expected a replay file, which begins with 'zeroqat replay 1'",
          "\(error)")
      }
    }
  }

  @Test("Behind a digest that is right, every header and every length is read or refused in words")
  func signed() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.replay")
    let body = Array(try Self.sample().bytes().dropLast(64))
    var (read, refused) = (0, 0)
    // Past the title, where a digest is looked at.
    for damaged in Mutations(of: body, mutations: 500, seed: 17)
    where damaged.count > 17 && damaged.starts(with: "zeroqat replay 1\n".utf8) {
      try folder.write(damaged + Array(sha256Hex(of: damaged).utf8), to: "a.replay")
      do {
        let file = try ReplayFile(contentsOf: path)
        #expect(file.probes.count == file.header.steps * file.header.directions)
        read += 1
      } catch {
        #expect(
          error.reason.hasPrefix("its header") || error.reason == "it has no header", "\(error)")
        refused += 1
      }
    }
    // Other losses are other numbers, which a record contradicts.
    #expect(read > 10 && refused > 100, "\(read) read, \(refused) refused")
  }
}
