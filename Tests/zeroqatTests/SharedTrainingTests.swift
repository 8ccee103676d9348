import Glibc
import JSONText
import Optimizers
import Records
import System
import TestSupport
import Testing

/// Cells that need the same training: it is done once, and every record is what it would be alone.
@Suite("A training that cells share", .serialized)
struct SharedTrainingTests {
  private let program: CellProgram

  init() throws { program = try CellProgram() }

  private static func options(steps: Int = 6, rate: String = "1e-3", _ others: String = "")
    -> String
  {
    """
    { "steps": \(steps), "learningRate": \(rate), "epsilon": 1e-3, "batchWindows": 2,
      "directions": 2, "checkpointEvery": 3\(others) }
    """
  }

  private static let full = CellFixture.Settings("mezo", options(), bits: "FP")
  private static func rounded(_ quantizer: String = "rtn", bits: String = "W4A4")
    -> CellFixture.Settings
  {
    CellFixture.Settings(
      "mezo-ptq", options(", \"quantizer\": \"\(quantizer)\""), bits: bits)
  }
  private static func options(_ others: String) -> String { options(steps: 6, others) }

  /// The record of a cell, apart from its measurement, and the training that it took.
  private func run(_ settings: CellFixture.Settings, stages: String? = nil) throws -> (
    record: String, measurement: Measurement
  ) {
    try program.prepare(settings)
    #expect(try program.run(stages: stages) == 0)
    #expect(try program.record().status == .finished)
    return (try program.comparable(), try #require(try program.record().measurement))
  }

  private func files() throws -> [String] { try listFolder(program.fixture.folder.path("stages")) }

  @Test(
    "Bits, quantizer, steps and checkpoints aside, one training serves all; records are the same")
  func isDoneOnce() throws {
    let cells = [
      Self.full, Self.rounded(), Self.rounded(bits: "W2A16"), Self.rounded("smoothquant"),
      CellFixture.Settings("mezo", Self.options(steps: 3), bits: "FP"),
    ]
    let alone = try cells.map { try run($0) }
    #expect(alone.allSatisfy { $0.measurement.shared == nil })
    let first = try run(cells[0], stages: "stages")
    #expect(first.record == alone[0].record && first.measurement.shared == nil)
    #expect(try files().count == 2)
    for (cell, alone) in zip(cells, alone).dropFirst() {
      let together = try run(cell, stages: "stages")
      #expect(together.record == alone.record)
      let shared = try #require(together.measurement.shared)
      #expect(shared.steps == (cell.options == Self.options(steps: 3) ? 3 : 6))
      #expect(shared.madeBy == (try program.record().cell.address))
      // Its times say what the cell alone would have taken.
      let seconds = try #require(shared.seconds)
      let phase = try #require(together.measurement.phases.first { $0.name == "train" })
      #expect(seconds > 0 && abs(phase.wallSeconds - seconds) < 1e-9)
      #expect(together.measurement.wallSeconds >= seconds)
      #expect(together.measurement.updates == first.measurement.updates)
    }
    #expect(try files().count == 2)
  }

  @Test("A longer training goes on from a shorter one, and is the one that is kept")
  func goesOn() throws {
    let short = CellFixture.Settings("mezo", Self.options(steps: 3), bits: "FP")
    let alone = try run(Self.full)
    _ = try run(short, stages: "stages")
    let longer = try run(Self.full, stages: "stages")
    #expect(longer.record == alone.record)
    #expect(longer.measurement.shared?.steps == 3)
    #expect(longer.measurement.updates?.count == 3)
    let again = try run(Self.rounded(), stages: "stages")
    #expect(again.measurement.shared?.steps == 6)
  }

  @Test("Another rate, seed, batch or model is another training; a method of its own shares none")
  func isNobodyElses() throws {
    _ = try run(Self.full, stages: "stages")
    var other = Self.full
    other.seed = 2
    let others = [
      other, CellFixture.Settings("mezo", Self.options(rate: "2e-3"), bits: "FP"),
      CellFixture.Settings(
        "mezo", Self.options().replacing("\"batchWindows\": 2", with: "\"batchWindows\": 1"),
        bits: "FP"),
    ]
    for (number, settings) in others.enumerated() {
      let alone = try run(settings)
      let together = try run(settings, stages: "stages")
      #expect(together.record == alone.record && together.measurement.shared == nil)
      #expect(try files().count == 2 * (number + 2))
    }
    let count = try files().count
    let own = CellFixture.Settings(
      "zeroqat", Self.options(", \"calibrationWindows\": 2"), bits: "W4A4")
    #expect(try run(own, stages: "stages").measurement.shared == nil)
    #expect(try files().count == count)
  }

  @Test("A damaged one is trained again, which the record says, and replaced")
  func damage() throws {
    let alone = try run(Self.rounded())
    _ = try run(Self.full, stages: "stages")
    let folder = program.fixture.folder.path("stages")
    let names = try files()
    for name in names {
      let path = "\(folder)/\(name)"
      let sound = try TemporaryFolder.bytes(of: path)
      var damaged = sound
      if name.hasSuffix(".log") {
        damaged[sound.count / 2] ^= 1
      } else {
        damaged = Array(sound.prefix(sound.count / 2))
      }
      try program.fixture.folder.write(damaged, to: "stages/\(name)")
      let together = try run(Self.rounded(), stages: "stages")
      let record = try program.record()
      #expect(together.measurement.shared == nil)
      let event = try #require(record.events.first { $0.contains("was done again") })
      #expect(
        event.hasPrefix("another cell's training couldn't be used and was done again: \(folder)/"))
      var comparable = record
      comparable.measurement = nil
      comparable.events.removeAll { $0 == event }
      #expect(try jsonText(of: comparable, style: .pretty) == alone.record)
      // The next one finds it whole.
      #expect(try run(Self.rounded(bits: "W2A16"), stages: "stages").measurement.shared != nil)
    }
  }

  @Test("Killed while it takes up a training, or trains for others, nobody is harmed")
  func kills() throws {
    let alone = try run(Self.rounded())
    let first = try run(Self.full)
    var random = SplitMix64(seed: 3)
    for _ in 0..<12 {
      try program.prepare(Self.full)
      _ = try program.run(
        killAfter: UInt32(first.measurement.wallSeconds * Double(random.uniform()) * 1e6),
        stages: "stages")
      try program.prepare(Self.rounded())
      _ = try program.run(
        killAfter: UInt32(first.measurement.wallSeconds * Double(random.uniform()) * 1e6),
        stages: "stages")
      // Gone on with, whatever was reached and whatever became of the stage.
      if random.uniform() < 0.3 { try removeTree(program.fixture.folder.path("stages")) }
      if !program.hasRecord { #expect(try program.run(stages: "stages") == 0) }
      #expect(try program.comparable() == alone.record)
    }
  }
}
