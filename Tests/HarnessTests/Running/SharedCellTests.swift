import Harness
import JSONText
import Records
import System
import TestSupport
import Testing
import Vocabulary

/// One cell may serve several places: of one table, and of several tables.
@Suite struct SharedCellTests {
  /// The sample with a second of the paper's models, for which the same model stands.
  static func grid(_ table: String = "sample") throws -> String {
    var text = try replaced(
      "\"rows\": [", by: #""models": { "big": "Big", "huge": "Huge" }, "rows": ["#,
      in: SampleCheckout.grid())
    text = try replaced(
      #""key": "ppl-w4a4", "label": "W4A4", "metric": "perplexity", "bits": "W4A4""#,
      by:
        #""key": "ppl-w4a4", "label": "W4A4", "metric": "perplexity", "bits": "W4A4", "model": "big""#,
      in: text)
    text = try replaced(
      #""key": "ppl-w8a8", "label": "W8A8", "metric": "perplexity", "bits": "W8A8""#,
      by:
        #""key": "ppl-huge", "label": "W4A4", "metric": "perplexity", "bits": "W4A4", "model": "huge""#,
      in: text)
    text = try replaced(
      #""model": "toy","#, by: #""model": "toy", "models": { "big": "toy", "huge": "toy" },"#,
      in: text)
    return try replaced("\"table\": \"sample\"", by: "\"table\": \"\(table)\"", in: text)
  }

  @Test func twoPlacesOfOneCellRunItOnce() throws {
    let fixture = Fixture(try SampleCheckout(grid: Self.grid()))
    let plan = try fixture.plan()
    #expect(plan.resolver.panels.map(\.panel.model) == ["huge", "big"])
    let states = plan.entries.filter { $0.point.address.row == "rtn" && $0.cell != nil }
    #expect(states.map(\.point.address.column) == ["ppl-huge", "ppl-w4a4"])
    #expect(states[0].cell?.id == states[1].cell?.id)
    #expect(states[0].state == .run(.new))
    #expect(states[1].state == .shared("row=rtn column=ppl-huge bits=W4A4 seed=1"))
    #expect(plan.toRun == 3)
    #expect(
      plan.description.contains(
        "rtn W4A4 big   the same cell as row=rtn column=ppl-huge bits=W4A4 seed=1"))
    #expect(plan.description.contains("  Huge: Toy on verse-8: Verse, split 'lines'"))
    let summary = try fixture.run(plan)
    #expect(summary.finished == 3)
    #expect(fixture.sample.runs().count == 3)
    // Both places have the record, each with its own address.
    let records = try fixture.plan().currentRecords().filter { $0.cell.method.name == "rtn" }
    #expect(records.map(\.cell.address.column) == ["ppl-huge", "ppl-w4a4"])
  }

  @Test func anotherTablesRecordIsTakenOver() throws {
    let sample = try SampleCheckout()
    let fixture = Fixture(sample)
    _ = try fixture.run(fixture.plan())
    let folder = sample.folder.path("tables/other")
    try makeFolder(folder)
    try sample.folder.write(
      replaced("\"table\": \"sample\"", by: "\"table\": \"other\"", in: SampleCheckout.grid()),
      to: "tables/other/grid.json")
    let catalog = try Catalog(fixture.site)
    let grid = try catalog.grid(of: "other", methods: fixture.registry)
    let plan = try Plan(
      grid, at: .small,
      resolver: CellResolver(
        grid, at: .small, catalog: catalog, protocolID: nil, blasCore: "Haswell",
        science: fixture.science),
      store: ResultStore(results: sample.results, table: "other", scale: .small),
      methods: fixture.methods)
    #expect(plan.toRun == 0)
    #expect(try plan.currentRecords().count == 5)
    #expect(try plan.currentRecords().allSatisfy { $0.cell.address.table == "other" })
    #expect(fixture.sample.runs().count == 5)
  }

  @Test func anotherTablesFailureIsNotTakenOver() throws {
    let sample = try SampleCheckout(grid: SampleCheckout.grid(behave: "crash"))
    let fixture = Fixture(sample)
    _ = try fixture.run(fixture.plan())
    let failed = try #require(try fixture.record("odd"))
    #expect(failed.status == .failed)
    let other = ResultStore(results: sample.results, table: "other", scale: .small)
    #expect(try other.entry(of: failed.cell) == .none)
    #expect(try other.entry(of: fixture.cell("rtn")) != .none)
  }

  @Test func aProtocolCannotStandForSeveralTexts() throws {
    var text = try replaced(
      "\"rows\": [", by: #""texts": { "verse": "Verse" }, "rows": ["#, in: SampleCheckout.grid())
    text = try replaced(#""bits": "W8A8""#, by: #""bits": "W8A8", "text": "verse""#, in: text)
    let fixture = Fixture(try SampleCheckout(grid: text))
    let error = #expect(throws: HarnessError.self) { try fixture.plan(protocolID: "verse-4") }
    #expect(
      error?.description == "the columns of sample name their texts, so --protocol can't; "
        + "change \"texts\" in tables/sample/grid.json")
  }

  @Test func hyperparametersAreJudgedWhereTheyWereWritten() throws {
    let sample = try SampleCheckout()
    try sample.folder.write(
      """
      { "schema": 1, "scales": { "small": [
        { "method": "rtn", "options": { "more": 1 } },
        { "method": "odd", "options": { "extra": 1 } }
      ] } }
      """, to: "tables/hyperparameters.json")
    let catalog = try Catalog(Fixture(sample).site)
    let registry = MethodRegistry(names: ["full-precision", "rtn", "odd"]) { method, _ in
      if method.options["more"] != nil {
        throw JSONError(
          file: "options", line: 1, column: 1, pointer: "/more", reason: "unknown member 'more'")
      }
    }
    let error = #expect(throws: JSONError.self) {
      try catalog.grid(of: "sample", methods: registry)
    }
    #expect(error?.file.hasSuffix("tables/hyperparameters.json") == true)
    #expect(error?.pointer == "/scales/small/0/options/more")
    // A value that a method can't take is the entry's that gave it: not that of another stage or model.
    try sample.folder.write(
      """
      { "schema": 1, "scales": { "small": [
        { "method": "odd", "options": { "more": 2 } },
        { "method": "rtn", "options": { "more": 1 } },
        { "method": "rtn", "stage": "finetuning", "options": { "more": 3 } },
        { "method": "rtn", "model": "toy", "options": { "more": 4 } },
        { "method": "rtn", "model": "other", "options": { "more": 5 } }
      ] } }
      """, to: "tables/hyperparameters.json")
    try makeFolder(sample.folder.path("models/other"))
    try sample.folder.write("{}", to: "models/other/manifest.json")
    struct Complaint: OptionComplaint, CustomStringConvertible {
      var optionName: String? { "more" }
      var description: String { "option 'more': expected less, found 4" }
    }
    let strict = MethodRegistry(names: registry.names) { method, _ in
      if method.options["more"] == .integer(4) { throw Complaint() }
    }
    let value = #expect(throws: JSONError.self) {
      try Catalog(Fixture(sample).site).grid(of: "sample", methods: strict)
    }
    #expect(value?.file.hasSuffix("tables/hyperparameters.json") == true)
    #expect(value?.pointer == "/scales/small/3/options/more")
    #expect(value?.reason == "rtn at W8A8: option 'more': expected less, found 4")
    try sample.folder.write(
      """
      { "schema": 1, "scales": { "small": [{ "method": "odd", "options": { "extra": 1 } }] } }
      """, to: "tables/hyperparameters.json")
    let lenient = MethodRegistry(names: registry.names) { _, _ in }
    let point = try #require(
      try catalog.grid(of: "sample", methods: lenient).points(at: .small).first {
        $0.address.row == "odd"
      })
    // The file's options come first, the row's go over them.
    #expect(
      point.method.options
        == .object([.init("extra", .integer(1)), .init("behave", .string("well"))]))
  }
}
