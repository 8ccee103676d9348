import Audit
import Optimizers
import Records
import System
import TestSupport
import Testing

/// Logs of both forms, read without being touched.
@Suite struct InspectedLogTests {
  private static let probes = (0..<5).map { (index: Int) -> Probe in
    let value = Double(index)
    return Probe(
      step: index / 2, direction: index % 2, plus: 2 + value, minus: 1.5,
      projectedGradient: value - 1, isClipped: index == 3)
  }

  @Test func theJournalOfARun() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("replay.log")
    do {
      let log = try ReplayLog(path: path, binding: "cell 0123, model abc")
      for probe in Self.probes { try log.append(probe) }
    }
    // A torn end, as of a run at work.
    let bytes = try readFile(path) + [1, 2, 3]
    try writeDurably(bytes, to: path)
    let found = try InspectedLog(path)
    #expect(found.origin.map(\.words) == ["cell 0123, model abc"])
    // The fifth probe is half a step.
    #expect(found.directions == 2 && found.probes.count == 4)
    #expect(found.probes[3].isClipped && found.probes[3].gradient == 2)
    #expect(try readFile(path) == bytes)
    #expect(try listFolder(folder.path) == ["replay.log"])
  }

  @Test func aReplayFile() throws {
    let folder = try TemporaryFolder()
    let header = ReplayFile.Header(
      cell: CellAddress(table: "t", scale: "tiny", row: "r", column: "c", seed: 3),
      model: "abcdef0123456789",
      seed: 3, steps: 1, directions: 1, epsilon: 0.5, differenceBound: nil)
    let probe = Probe(
      step: 0, direction: 0, plus: 2, minus: 1.5, projectedGradient: 0.5, isClipped: false)
    let path = folder.path("a.replay")
    try writeDurably(ReplayFile(header, [probe], path: path).bytes(), to: path)
    let found = try InspectedLog(path)
    #expect(
      found.origin.map(\.words) == [
        "t at scale tiny: row r, column c, seed 3", "SHA-256 abcdef012345", "0.5", "nothing",
      ])
    #expect(found.probes.count == 1 && found.probes[0].plus == 2)
  }

  @Test(
    arguments: [[], [1, 0, 0, 0], [255, 255, 255, 255, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]] as [[UInt8]])
  func neither(bytes: [UInt8]) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes, to: "x")
    #expect(throws: ReplayFileError.self) { try InspectedLog(path) }
  }
}
