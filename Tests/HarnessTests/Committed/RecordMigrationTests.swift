import Harness
import JSONText
import Records
import System
import TestSupport
import Testing
import Vocabulary

@Suite("Records of schema 1 in today's form")
struct RecordMigrationTests {
  /// A trained record as schema 1 had it, in a file named by its id.
  private static func write(into sample: SampleCheckout, best: Int) throws -> (
    record: RunRecord, path: String
  ) {
    let source = TextSource(
      parts: [TextPart(path: "verse.txt", digest: "d1", from: 0, to: 9)], join: .plain)
    let digest = String(repeating: "a", count: 64)
    var cell = Cell(
      schema: 1, id: "",
      address: CellAddress(table: "sample", scale: "small", row: "odd", column: "ppl", seed: 3),
      model: ModelReference(name: "toy", path: "toy", digest: "d2", tokenizerDigest: "d3"),
      method: MethodReference(
        name: "odd",
        options: .object([JSON.Member("behave", .string("well")), JSON.Member("depth", .null)])),
      bits: "W4A4",
      protocolSettings: EvaluationProtocol(
        id: "verse-8", train: source, development: source, test: source, windowTokens: 8,
        testWindows: nil, developmentWindows: nil, bos: .none),
      seed: 3, blasCore: "Haswell", science: ScienceDigests(shared: digest, method: digest))
    cell.id = try cell.computedID
    let windows = [[3.0, 4], [2.0, 4], [2.5, 4]]
    var record = RunRecord(
      schema: 1, cell: cell, status: .diverged, reason: "of no interest",
      scores: [
        Score(
          split: "test", metric: "perplexity", value: 20.0, meanNLL: 3, standardErrorNLL: 1,
          windowNLL: windows[best / 50], scoredTokens: 14)
      ],
      trajectory: windows.enumerated().map {
        TrajectoryPoint(step: 50 * $0, developmentWindowNLL: $1, testWindowNLL: $1)
      })
    record.facts = [NamedNumber("depth", 0.1, unit: "1")]
    let folder = sample.root + "/tables/sample/records/small"
    try makeFolder(folder)
    let path = "\(folder)/\(cell.id).json"
    try writeDurably(Array(try jsonText(of: record, style: .pretty).utf8), to: path)
    return (record, path)
  }

  private static func migration(
    _ sample: SampleCheckout, depth: JSON = .integer(16), later: [JSON.Member] = []
  ) throws -> RecordMigration {
    let site = Site(
      root: sample.root, results: sample.results, cache: sample.cacheHome + "/zeroqat",
      environment: [:])
    return RecordMigration(try Catalog(site)) { method, bits, architecture in
      #expect(bits == "W4A4" && architecture == .llama)
      return MethodReference(
        name: method.name,
        options: .object(
          [
            JSON.Member("behave", .string("well")), JSON.Member("depth", depth),
          ] + later)
      )
    }
  }

  @Test("Place, protocol, options, chosen checkpoint, id; every number stays")
  func rewritten() throws {
    let sample = try SampleCheckout()
    let (old, path) = try Self.write(into: sample, best: 50)
    let folder = sample.root + "/tables/sample/records/small"
    let moves = try Self.migration(sample).run()
    #expect(moves.map(\.from) == [path])
    #expect(moves.map(\.to) == [folder + "/odd.ppl.seed3.json"])
    #expect(try listFolder(folder) == ["odd.ppl.seed3.json"])
    let new = try #require(
      CommittedRecords(root: sample.root, table: "sample", scale: .small).read().first)
    #expect(new.schema == RunRecord.currentSchema && new.cell.schema == Cell.currentSchema)
    #expect(new.cell.method.options["depth"] == .integer(16))
    #expect(new.selection?.step == 50 && new.selection?.developmentLoss == 3)
    #expect(new.cell.science == old.cell.science && new.cell.id != old.cell.id)
    #expect(new.scores == old.scores && new.trajectory == old.trajectory)
    #expect(new.facts == old.facts && new.cell.protocolSettings == old.cell.protocolSettings)
    // Nothing is left to do.
    #expect(try Self.migration(sample).run().isEmpty)
  }

  @Test("A record gains the options that its method has got since, and none of its own changes")
  func laterOptions() throws {
    let sample = try SampleCheckout()
    _ = try Self.write(into: sample, best: 50)
    let path = try #require(Self.migration(sample).run().first).to
    func record() throws -> RunRecord {
      try CommittedFile.read(path, protocols: ProtocolFolder(root: sample.root))
    }
    let old = try record()
    let later = [JSON.Member("haste", .string("none"))]
    let moves = try Self.migration(sample, later: later).run()
    #expect(moves.map(\.from) == [path] && moves.map(\.to) == [path])
    let new = try record()
    #expect(new.cell.method.options["haste"] == .string("none"))
    #expect(new.cell.method.options["depth"] == .integer(16))
    #expect(new.cell.id != old.cell.id && new.scores == old.scores && new.facts == old.facts)
    #expect(new.cell.science == old.cell.science && new.trajectory == old.trajectory)
    #expect(try Self.migration(sample, later: later).run().isEmpty)
    let error = #expect(throws: HarnessError.self) {
      try Self.migration(sample, depth: .integer(17), later: later).run()
    }
    #expect(
      "\(try #require(error))".hasPrefix(
        "\(path): expected the options of 'odd' to stay what they were, "
          + "and some would become others; run the cell again"))
    #expect(try record() == new)
  }

  @Test("Scores that aren't those of the best checkpoint are refused, and the file stays")
  func otherScores() throws {
    let sample = try SampleCheckout()
    let (_, path) = try Self.write(into: sample, best: 100)
    let error = #expect(throws: HarnessError.self) { try Self.migration(sample).run() }
    #expect(
      "\(try #require(error))".hasPrefix(
        "\(path): expected the scores of step 50, which development likes best, found others"))
    #expect(FileStatus(of: path) != nil)
  }
}
