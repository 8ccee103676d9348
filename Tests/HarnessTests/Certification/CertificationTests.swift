import Harness
import JSONText
import Records
import TestSupport
import Testing
import Vocabulary

@Suite struct CertificationTests {
  static let old = ScienceDigests(shared: "old shared", method: "old rtn")
  static let new = ScienceDigests(shared: "new shared", method: "new rtn")
  static let middle = ScienceDigests(shared: "middle shared", method: "middle rtn")

  static let lineage = Lineage(method: "rtn", architecture: "llama", material: .text)

  static let today = ProgramScience(
    shared: "new shared",
    methods: [
      "rtn": .init(digest: "new rtn", files: []), "awq": .init(digest: "new awq", files: []),
    ])

  /// A record of one cell of two windows.
  static func witness(
    _ science: ScienceDigests, _ column: String = "ppl-w4a4", windows: [Double?] = [2.5, 2.75],
    seconds: Double = 3, on day: String = "2026-11-20", status: RunStatus = .finished,
    method: String = "rtn", architecture: String = "llama", trajectory: [TrajectoryPoint] = [],
    digest: String = "d", material: Material = .text
  ) -> Witness {
    var cell = CellIdentityTests.sample
    cell.method = MethodReference(name: method, options: .object([.init("a", .integer(1))]))
    cell.address = CellAddress(table: "t", scale: "tiny", row: method, column: column, seed: 1)
    cell.protocolSettings.id = column
    cell.science = science
    if let use = TaskUse(rawValue: material.rawValue) {
      cell.protocolSettings.tasks = [
        TaskSource(
          name: "task", format: "sst2", use: use, train: [], test: [],
          examples: ExampleCounts(train: 1, development: 1, test: 1))
      ]
    }
    let measurement = Measurement(
      phases: [], wallSeconds: seconds, peakResidentBytes: 1, anonymousBytes: 1, fileBytes: 1,
      peakLiveTensorBytes: 1, threads: 1, blasCore: "Haswell", processor: "x", processors: 1,
      operatingSystem: "x", compiler: "x", commit: "c of \(day)", startedAt: "\(day)T10:00:00Z")
    return Witness(
      RunRecord(
        cell: cell, status: status,
        scores: [
          Score(
            split: "test", metric: "perplexity", value: 14, meanNLL: 2.6, standardErrorNLL: 0.1,
            windowNLL: windows, scoredTokens: 14)
        ], trajectory: trajectory, digests: [NamedText("weights.final", digest)],
        measurement: measurement), architecture: architecture)
  }

  static func certification(_ committed: [Witness], _ edges: [Certificate] = []) -> Certification {
    Certification(today: today, certificates: Certificates(edges: edges), committed: committed)
  }

  @Test func equalRunsOfOneCellCarryItsSiblingsOver() throws {
    let committed = [
      Self.witness(Self.old, seconds: 2), Self.witness(Self.old, "ppl-w2a16", seconds: 1),
      Self.witness(Self.new, "ppl-w8a8"),
    ]
    var session = Self.certification(committed)
    #expect(session.standing(of: committed[2]) == [])
    #expect(session.stale.map(\.committed.count) == [2])
    #expect(
      session.stale[0].candidates.map(\.place) == [
        "t/tiny/rtn.ppl-w2a16.seed1", "t/tiny/rtn.ppl-w4a4.seed1",
      ])
    try session.add([Self.witness(Self.new, "ppl-w2a16", on: "2026-11-28")])
    let edge = Certificate(
      of: Self.lineage, from: Self.old, to: Self.new,
      cells: ["t/tiny/rtn.ppl-w2a16.seed1"], commit: "c of 2026-11-28", date: "2026-11-28",
      blasCore: "Haswell")
    #expect(session.certificates.edges == [edge])
    #expect(session.standing(of: committed[0]) == [edge])
    #expect(session.stale.isEmpty && session.disagreements.isEmpty)
  }

  /// What may not be equal for a cell to prove anything, and how the difference is worded.
  static let differing: [(Witness, String)] = [
    (witness(new, windows: [2.5, 2.75.nextUp]), "test window 1: 2.75 became \(2.75.nextUp)"),
    (witness(new, windows: [2.5, nil]), "test window 1: 2.75 became none"),
    (witness(new, windows: [2.5]), "test window: 2 figures became 1"),
    (witness(new, digest: "e"), "digest weights.final: d became e"),
    (witness(new, status: .diverged), "it was finished and became diverged"),
    (
      witness(
        new,
        trajectory: [TrajectoryPoint(step: 0, developmentWindowNLL: [1], testWindowNLL: [1])]),
      "0 points of the trajectory became 1"
    ),
  ]

  @Test(arguments: differing) func oneBitIsEnoughToRefuse(_ run: Witness, _ words: String) throws {
    var session = Self.certification([Self.witness(Self.old), Self.witness(Self.old, "ppl-w8a8")])
    try session.add([run])
    #expect(session.certificates.edges.isEmpty)
    #expect(
      session.disagreements.map(\.description) == [
        "method 'rtn' on llama (text) changed: t/tiny/rtn.ppl-w4a4.seed1: \(words)"
      ])
    #expect(session.stale.count == 1)
  }

  @Test func aTrajectoryIsComparedPointByPoint() throws {
    func run(_ science: ScienceDigests, _ loss: Double) -> Witness {
      Self.witness(
        science,
        trajectory: [
          TrajectoryPoint(step: 0, developmentWindowNLL: [1, 2], testWindowNLL: [3]),
          TrajectoryPoint(step: 50, developmentWindowNLL: [1, loss], testWindowNLL: [3]),
        ])
    }
    var session = Self.certification([run(Self.old, 2)])
    try session.add([run(Self.new, 2.0.nextUp)])
    #expect(
      session.disagreements.map(\.words) == [
        "step 50: development window 1: 2.0 became \(2.0.nextUp)"
      ])
  }

  @Test func chainsLeadOverAnotherProgram() throws {
    let committed = [Self.witness(Self.old)]
    var session = Self.certification(committed)
    // The middle program ran the committed cell, today's only another one that the middle ran as well.
    try session.add([
      Self.witness(Self.middle, on: "2026-11-25"),
      Self.witness(Self.middle, "ppl-w2a16", on: "2026-11-25"),
    ])
    #expect(session.stale.map(\.science) == [Self.old])
    #expect(session.stale[0].candidates.count == 3)
    try session.add([Self.witness(Self.new, "ppl-w2a16", on: "2026-11-28")])
    #expect(session.standing(of: committed[0])?.map(\.to) == [Self.middle, Self.new])
    #expect(
      session.certificates.newest(from: Self.old, of: Self.lineage) == Self.new)
  }

  /// Evidence for an older science that is taken in late makes it no newer.
  @Test func theNewestScienceIsTheOneNamedLastForTheFirstTime() {
    func edge(_ from: ScienceDigests, _ to: ScienceDigests, _ lineage: Lineage) -> Certificate {
      Certificate(
        of: lineage, from: from, to: to, cells: [], commit: "c", date: "2026-11-28",
        blasCore: "Haswell")
    }
    let other = Lineage(method: "awq", architecture: "llama", material: .text)
    let book = Certificates(edges: [
      edge(Self.old, Self.middle, other), edge(Self.old, Self.new, Self.lineage),
      edge(Self.old, Self.middle, Self.lineage),
    ])
    #expect(book.newest(from: Self.old, of: Self.lineage) == Self.new)
    #expect(book.newest(from: Self.old, of: other) == Self.middle)
    #expect(book.newest(from: Self.new, of: other) == Self.new)
  }

  @Test func aDifferenceTakesBackWhatOtherCellsProved() throws {
    let committed = [Self.witness(Self.old), Self.witness(Self.old, "ppl-w2a16")]
    var session = Self.certification(committed)
    try session.add([Self.witness(Self.new, on: "2026-11-27")])
    #expect(session.stale.isEmpty)
    try session.add([Self.witness(Self.new, "ppl-w2a16", windows: [1, 1], on: "2026-11-28")])
    #expect(session.certificates.edges.isEmpty && session.stale.count == 1)
    #expect(session.disagreements.count == 1)
  }

  @Test func nothingIsProvenForAnotherMethodArchitectureOrMaterial() throws {
    let committed = [
      Self.witness(Self.old), Self.witness(Self.old, architecture: "opt"),
      Self.witness(Self.old, method: "awq"), Self.witness(Self.old, material: .zeroShot),
      Self.witness(Self.old, material: .fineTuning),
    ]
    var session = Self.certification(committed)
    try session.add([Self.witness(Self.new)])
    #expect(
      session.stale.map(\.lineage.description) == [
        "method 'awq' on llama (text)", "method 'rtn' on llama (fine-tuning)",
        "method 'rtn' on llama (zero-shot)", "method 'rtn' on opt (text)",
      ])
  }

  @Test func anotherCellProvesNothing() throws {
    var other = Self.witness(Self.new).record
    other.cell.blasCore = "SkylakeX"
    var session = Self.certification([Self.witness(Self.old)])
    try session.add([Witness(other, architecture: "llama")])
    #expect(session.stale.count == 1 && session.disagreements.isEmpty)
  }

  @Test func whatWasTooLargeProvesNothingAndIsCarriedAlong() throws {
    let large = Self.witness(Self.old, "ppl-w8a8", status: .tooLarge)
    var session = Self.certification([large, Self.witness(Self.old)])
    try session.add([Self.witness(Self.new, "ppl-w8a8", status: .tooLarge)])
    #expect(session.standing(of: large) == nil)
    try session.add([Self.witness(Self.new)])
    #expect(session.standing(of: large)?.count == 1)
  }

  @Test func aTrainedCellGoesBeforeACheaperOneThatOnlyScores() {
    let point = TrajectoryPoint(step: 0, developmentWindowNLL: [1], testWindowNLL: [1])
    let session = Self.certification([
      Self.witness(Self.old, seconds: 1),
      Self.witness(Self.old, "ppl-w2a16", seconds: 9, trajectory: [point]),
      Self.witness(Self.old, "ppl-w8a8", seconds: 8, trajectory: [point]),
    ])
    #expect(
      session.stale[0].candidates.map(\.record.cell.protocolSettings.id) == [
        "ppl-w8a8", "ppl-w2a16", "ppl-w4a4",
      ])
  }

  @Test func anOlderLayoutIsTheSameCellWithItsDefaultsUnwritten() throws {
    var old = Self.witness(Self.old).record
    old.cell.schema = 1
    var new = Self.witness(Self.new).record
    new.cell.method.options = .object([.init("a", .integer(1)), .init("b", .integer(2))])
    #expect(try Witness(old, architecture: "llama").isOfSameCell(as: new.cell))
    new.cell.method.options = .object([.init("a", .integer(2))])
    #expect(try !Witness(old, architecture: "llama").isOfSameCell(as: new.cell))
  }

  @Test func theFileIsReadAsItWasWritten() throws {
    let sample = try SampleCheckout()
    let file = CertificateFile(Fixture(sample).site)
    #expect(try file.read() == Certificates())
    var session = Self.certification([Self.witness(Self.old)])
    try session.add([Self.witness(Self.new)])
    try file.write(session.certificates)
    #expect(try file.read() == session.certificates && session.certificates.edges.count == 1)
    try sample.folder.write(#"{"schema": 2, "edges": []}"#, to: "tables/certificates.json")
    let error = #expect(throws: JSONError.self) { try file.read() }
    #expect(error?.reason == "schema 2 isn't supported; this build reads schema 1")
  }

  @Test func cellsOfTheFirstLayoutKeepTheirIDs() throws {
    var cell = CellIdentityTests.sample
    cell.schema = 1
    cell.science = ScienceDigests(shared: "s", method: "s")
    let text = try jsonText(of: cell, style: .canonical)
    #expect(text.contains(#""scienceDigest":"s""#) && !text.contains(#""science":"#))
    let read = try JSONDocument(text: Array(text.utf8), file: "cell.json").decode(Cell.self)
    #expect(read == cell)
    #expect(try read.computedID == cell.computedID)
  }
}
