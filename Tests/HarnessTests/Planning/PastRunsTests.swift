import Harness
import JSONText
import Records
import TestSupport
import Testing

@Suite struct PastRunsTests {
  private let fixture: Fixture
  private let cell: Cell

  init() throws {
    fixture = Fixture(try SampleCheckout())
    var cell = try fixture.cell("rtn")
    cell.method.options = .object([
      .init("steps", .integer(100)), .init("batchWindows", .integer(2)),
      .init("checkpointEvery", .integer(50)), .init("calibrationWindows", .integer(16)),
      .init("initialisationEpochs", .integer(2)),
    ])
    cell.protocolSettings.testWindows = 32
    cell.protocolSettings.developmentWindows = 16
    self.cell = cell
  }

  private func changed(_ change: (inout Cell) -> Void) -> Cell {
    var other = cell
    change(&other)
    return other
  }

  private func with(_ name: String, _ value: Int) -> Cell {
    changed { cell in
      guard case .object(let members) = cell.method.options else { return }
      cell.method.options = .object(
        members.filter { $0.name != name } + [.init(name, .integer(Int64(value)))])
    }
  }

  /// A record of a cell whose phases took so long, and a second more between them.
  private func record(
    _ cell: Cell, load: Double = 1, quantize: Double = 4, train: Double = 50, evaluate: Double = 12,
    mebibytes: Int = 100
  ) -> RunRecord {
    var record = RunRecord(cell: cell, status: .finished)
    let phases = [
      ("load", load), ("quantize", quantize), ("train", train), ("evaluate", evaluate),
    ].map { Phase(name: $0.0, wallSeconds: $0.1, peakResidentBytes: nil) }
    record.measurement = Measurement(
      phases: phases, wallSeconds: 1 + phases.reduce(0) { $0 + $1.wallSeconds },
      peakResidentBytes: mebibytes << 20, anonymousBytes: 1, fileBytes: 1, peakLiveTensorBytes: 1,
      threads: 1, blasCore: "x", processor: "x", processors: 1, operatingSystem: "x",
      compiler: "x", resumes: 0)
    return record
  }

  @Test func phasesAreStretchedByTheirWork() throws {
    let past = PastRuns(own: [record(cell)], committed: [])
    #expect(past.seconds(of: cell) == 68)
    // Twice the updates, and five checkpoints in the place of three: of each 48 windows, and the floor's 32.
    let twice = try #require(past.seconds(of: with("steps", 200)))
    #expect(abs(twice - (1 + 1 + 4 + 100 + 12 * 272 / 176)) < 1e-9)
    // Four times the passes of reconstruction.
    let passes = try #require(past.seconds(of: with("initialisationEpochs", 8)))
    #expect(abs(passes - (68 + 12)) < 1e-9)
    // Three times the directions.
    let directions = try #require(past.seconds(of: with("directions", 3)))
    #expect(abs(directions - (68 + 100)) < 1e-9)
    #expect(past.mebibytes(of: with("steps", 200)) == 100)
  }

  @Test func aMethodThatIsMadeOfAnotherIsAskedForTheOthersOptions() {
    let inner = changed { cell in
      cell.method.options = .object([
        .init("estimator", .string("spsa")), .init("model", cell.method.options),
      ])
    }
    #expect(CellWork(of: inner) == CellWork(of: cell))
    #expect(CellWork(of: cell).trained == 200 && CellWork(of: cell).reconstructed == 32)
  }

  @Test func theMiddleOfThreeCounts() {
    var seeds: [RunRecord] = []
    for (seed, train) in [(1, 50.0), (2, 52), (3, 500)] {
      seeds.append(record(changed { $0.seed = UInt64(seed) }, train: train))
    }
    #expect(PastRuns(own: seeds, committed: []).seconds(of: cell) == 70)
  }

  @Test func committedTimesAreThoseOfAnotherMachine() throws {
    var other = cell
    other.method.name = "odd"
    // Here everything takes twice as long as where the committed records are from.
    let past = PastRuns(
      own: [record(other, load: 3, quantize: 8, train: 100, evaluate: 24)],
      committed: [record(other), record(cell)])
    #expect(past.seconds(of: cell) == 136)
    #expect(PastRuns(own: [], committed: [record(cell)]).seconds(of: cell) == 68)
  }

  @Test func whatNothingLikeItRanOfHasNoEstimate() {
    let past = PastRuns(own: [record(cell)], committed: [])
    #expect(past.seconds(of: changed { $0.method.name = "odd" }) == nil)
    #expect(past.seconds(of: changed { $0.model.digest = "another" }) == nil)
    var failed = record(cell)
    failed.status = .failed
    #expect(PastRuns(own: [failed], committed: []).seconds(of: cell) == nil)
  }

  @Test func planAndProgressTakeThem() throws {
    let cell = try fixture.cell("rtn")
    let plan = try Plan(
      Catalog(fixture.site).grid(of: "sample", methods: fixture.registry), at: .small,
      resolver: fixture.plan().resolver, store: fixture.store, methods: fixture.methods,
      past: PastRuns(own: [record(cell)], committed: []))
    let entry = try #require(plan.entries.first { $0.cell?.id == cell.id })
    #expect(entry.minutes == 68.0 / 60 && entry.mebibytes == 100)
    #expect(plan.entries.first { $0.point.address.row == "odd" }?.minutes == nil)
  }
}
