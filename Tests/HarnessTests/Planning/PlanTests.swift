import Harness
import JSONText
import Records
import System
import TestSupport
import Testing
import Vocabulary

@Suite struct PlanTests {
  @Test func fullPrecisionComesFirstAndServesAllColumns() throws {
    let plan = try Fixture(SampleCheckout()).plan()
    #expect(
      plan.entries.map(\.name).prefix(3) == [
        "row=fp column=ppl-w8a8 bits=FP seed=1", "row=fp column=acc-w4a4 bits=FP seed=1",
        "row=rtn column=ppl-w8a8 bits=W8A8 seed=1",
      ])
    #expect(plan.entries[0].isAnchor)
    #expect(plan.entries[0].point.columns == ["ppl-w8a8", "ppl-w4a4"])
    #expect(plan.toRun == 5)
    #expect(plan.entries.filter { $0.cell != nil }.allSatisfy { $0.state == .run(.new) })
  }

  @Test func cellsHoldFilesDigestsAndSettings() throws {
    let fixture = Fixture(try SampleCheckout())
    let cell = try fixture.cell("rtn")
    #expect(cell.model.path == fixture.sample.cacheHome + "/zeroqat/models/toy/toy.gguf")
    #expect(cell.model.digest.hasPrefix("b3782f71"))
    #expect(cell.model.tokenizerDigest == cell.model.digest)
    #expect(cell.protocolSettings.id == "verse-8")
    #expect(cell.protocolSettings.testWindows == 2)
    #expect(cell.protocolSettings.developmentWindows == nil)
    #expect(cell.protocolSettings.test.parts[0].from == 41)
    #expect(cell.protocolSettings.test.parts[0].digest.hasPrefix("df1c02e9"))
    #expect(cell.bits == "W4A4")
    #expect(cell.blasCore == "Haswell")
    #expect(cell.id == (try cell.computedID))
  }

  @Test func reasonsForNotRunning() throws {
    let plan = try Fixture(SampleCheckout()).plan()
    let later = plan.entries.filter { $0.point.address.row == "later" }.map(\.state)
    #expect(
      later == [
        .notRun("method not built yet"), .notRun("method not built yet"), .notRun("no tasks yet"),
      ])
    let paper = try Fixture(SampleCheckout()).plan(at: .paper)
    #expect(paper.entries.allSatisfy { $0.state == .notRun("too large") })
    #expect(paper.toRun == 0)
  }

  @Test func whatOnlyTheUserCanBringIsAReasonNotAnError() throws {
    let plan = try Fixture(SampleCheckout(isFetched: false)).plan()
    #expect(
      plan.entries[0].state
        == .notRun("dataset verse isn't on this machine; ZEROQAT_VERSE can name your copy"))
    // What a fetch can bring is planned with the digest that the manifest promises.
    #expect(plan.resolver.missing.count == 1)
  }

  @Test func aFilterPicksByName() throws {
    let fixture = Fixture(try SampleCheckout())
    #expect(try fixture.plan(filter: "row=rtn").entries.map(\.point.bits).count == 3)
    #expect(try fixture.plan(filter: "bits=W8A8").entries.count == 3)
    let error = #expect(throws: HarnessError.self) { try fixture.plan(filter: "W5") }
    #expect(
      error?.description == "no cell's name contains 'W5'; a name reads "
        + "'row=… column=… bits=… seed=…', the rows are fp, rtn, odd, later, "
        + "the columns ppl-w8a8, ppl-w4a4, acc-w4a4")
  }

  @Test func aFilteredPlanBringsTheAnchorAlong() throws {
    let sample = try SampleCheckout(model: RunnerTests.modelWithAnchor)
    let plan = try Fixture(sample).plan(filter: "row=rtn column=ppl-w4a4")
    #expect(plan.entries.map(\.point.address.row) == ["fp", "rtn"])
  }

  @Test func anOlderRecordNamesWhatChanged() throws {
    var fixture = Fixture(try SampleCheckout())
    _ = try fixture.run(fixture.plan())
    fixture.science = Fixture.science(shared: "other science")
    let plan = try fixture.plan()
    #expect(plan.entries[0].state == .run(.changed(["/science/shared"])))
    #expect(
      plan.description.contains(
        "rtn W4A4  will run; the record of an earlier run differs in the science that all methods share"
      ))
  }

  @Test func anotherProtocolIsAnotherCell() throws {
    let fixture = Fixture(try SampleCheckout())
    let forced = try fixture.plan(protocolID: "verse-4")
    #expect(forced.entries[0].cell?.protocolSettings.windowTokens == 4)
    #expect(forced.entries[0].cell?.id != (try fixture.plan().entries[0].cell?.id))
    let error = #expect(throws: ProtocolIDError.self) { try fixture.plan(protocolID: "vers-4") }
    #expect(
      error?.description
        == "bad protocol id 'vers-4': there is no dataset 'vers'; did you mean 'verse'?")
  }

  @Test func theFirstProtocolWithItsTextIsTaken() throws {
    let text = """
      {
        "schema": 1, "name": "prose", "label": "Prose", "licence": "none",
        "environment": "ZEROQAT_PROSE", "files": [{ "name": "train" }, { "name": "rest" }],
        "join": "plain",
        "splits": [
          {
            "name": "all", "train": [{ "file": "train" }],
            "development": [{ "file": "rest", "from": 0, "to": 4 }],
            "test": [{ "file": "rest", "from": 4 }]
          },
          {
            "name": "rest alone", "train": [{ "file": "rest", "from": 0, "to": 2 }],
            "development": [{ "file": "rest", "from": 2, "to": 4 }],
            "test": [{ "file": "rest", "from": 4 }]
          }
        ]
      }
      """
    let sample = try SampleCheckout(
      grid: replaced("[\"verse-8\"]", by: "[\"prose-8\", \"verse-8\"]", in: SampleCheckout.grid()))
    try makeFolder(sample.folder.path("datasets/prose"))
    try sample.folder.write(text, to: "datasets/prose/manifest.json")
    let fixture = Fixture(sample)
    #expect(try fixture.plan().resolver[GridPanel()]?.text.id.description == "verse-8")
    // With the user's files the first one wins, split as those files permit.
    try makeFolder(sample.cacheHome + "/zeroqat/datasets/prose")
    try sample.folder.write("some text", to: "cache/zeroqat/datasets/prose/rest")
    let chosen = try #require(try fixture.plan().resolver[GridPanel()]?.text)
    #expect(chosen.id.description == "prose-8")
    #expect(chosen.split.name == "rest alone")
    try sample.folder.write("more text", to: "cache/zeroqat/datasets/prose/train")
    #expect(try fixture.plan().resolver[GridPanel()]?.text.split.name == "all")
  }

  @Test func descriptionsSayHowLongAndHowLarge() throws {
    let sample = try SampleCheckout(
      grid: SampleCheckout.grid(
        scale: #", "minutes": {"fp": 0.2, "odd": 90}, "mebibytes": {"odd": 700.4}"#))
    let text = try Fixture(sample).plan().description
    #expect(
      text == """
        sample at scale small
          model  Toy
          text   verse-8: Verse, split 'lines'
          fp FP     will run (about 12 s)
          rtn W8A8  will run
          rtn W4A4  will run
          odd W8A8  will run (about 1 h 30 min, 700 MiB)
          odd W4A4  will run (about 1 h 30 min, 700 MiB)
          not run (no tasks yet): 4 cells of fp, rtn, odd, later
          not run (method not built yet): 2 cells of later
        5 cells to run, about 3 h not counting 2 cells without an estimate, up to 700 MiB
        """)
  }

  @Test func anUnknownTimeIsNotNoTime() throws {
    let sample = try SampleCheckout(grid: SampleCheckout.grid(scale: ""))
    #expect(
      try Fixture(sample).plan().summary == "5 cells to run, time unknown")
  }

  @Test(
    arguments: [
      (0, "0 s"), (59.4, "59 s"), (60, "1 min"), (200, "3 min 20 s"), (3600, "1 h"),
      (7500, "2 h 5 min"), (-3, "0 s"), (.infinity, "very long"), (.nan, "very long"),
    ] as [(Double, String)])
  func durations(seconds: Double, expected: String) {
    #expect(durationInWords(seconds) == expected)
  }

  @Test func optionsAreJudgedWhereTheyWereWritten() throws {
    let registry = MethodRegistry(names: ["full-precision", "rtn", "odd"]) { method, bits in
      if method.options["more"] != nil {
        throw JSONError(
          file: "options", line: 1, column: 1, pointer: "/more", reason: "unknown member 'more'")
      }
      if method.options["behave"] == .string("badly") {
        throw ProtocolIDError(id: "x", reason: "y")
      }
    }
    func error(_ grid: String) throws -> JSONError? {
      let sample = try SampleCheckout(grid: grid)
      let catalog = try Catalog(Fixture(sample).site)
      return #expect(throws: JSONError.self) { try catalog.grid(of: "sample", methods: registry) }
    }
    var found = try error(SampleCheckout.grid(behave: "badly"))
    #expect(found?.pointer == "/rows/2/options")
    #expect(found?.reason == "odd at W8A8: bad protocol id 'x': y")
    found = try error(
      SampleCheckout.grid(
        scale: #", "overrides": [{"row": "odd", "column": "ppl-w4a4", "options": {"more": 1}}]"#))
    #expect(found?.pointer == "/scales/small/overrides/0/options/more")
    #expect(found?.reason == "unknown member 'more'")
  }

  /// A method says only the name of an option whose value it can't take.
  @Test func valuesOutOfRangeAreShownAtTheirMember() throws {
    struct Complaint: OptionComplaint, CustomStringConvertible {
      let name: String
      let words: String
      var optionName: String? { name }
      var description: String { "option '\(name)': \(words)" }
    }
    let registry = MethodRegistry(names: ["full-precision", "rtn", "odd"]) { method, _ in
      for name in ["behave", "steps"] {
        guard let value = method.options[name], value != .string("well") else { continue }
        throw Complaint(name: name, words: "expected less, found more")
      }
      if method.name == "rtn" {
        throw Complaint(name: "groups", words: "expected a divisor, found 3")
      }
    }
    func error(_ grid: String) throws -> JSONError? {
      let sample = try SampleCheckout(grid: grid)
      let catalog = try Catalog(Fixture(sample).site)
      return #expect(throws: JSONError.self) { try catalog.grid(of: "sample", methods: registry) }
    }
    let odd = #"{ "key": "rtn", "label": "RTN", "method": "rtn" },"#
    func onlyOdd(_ grid: String) throws -> String { try replaced(odd, by: "", in: grid) }
    var found = try error(onlyOdd(SampleCheckout.grid(behave: "badly")))
    #expect(found?.pointer == "/rows/1/options/behave")
    #expect(found?.reason == "odd at W8A8: option 'behave': expected less, found more")
    #expect((found?.line ?? 0) > 1)
    found = try error(
      onlyOdd(
        SampleCheckout.grid(
          scale: #", "overrides": [{"row": "odd", "options": {"steps": 1}}]"#)))
    #expect(found?.pointer == "/scales/small/overrides/0/options/steps")
    // Nobody wrote the option: it is the method's own default that doesn't fit.
    found = try error(SampleCheckout.grid())
    #expect(found?.pointer == "/rows/1")
    #expect(found?.reason == "rtn at W8A8: option 'groups': expected a divisor, found 3")
  }

  @Test func aTableOfWordsHoldsNoCells() throws {
    let sample = try SampleCheckout()
    try makeFolder(sample.folder.path("tables/words"))
    try sample.folder.write("{}", to: "tables/words/paper.json")
    let fixture = Fixture(sample)
    let catalog = try Catalog(fixture.site)
    func message(_ table: String) -> String? {
      #expect(throws: HarnessError.self) {
        try catalog.grid(of: table, methods: fixture.registry)
      }?.description
    }
    #expect(
      message("words")
        == "words is a table of words and holds no cells; 'zeroqat render words' makes it")
    #expect(message("wrods") == "unknown table 'wrods'; did you mean 'words'?")
  }

  @Test func unknownTablesAndFoldersAreNamed() throws {
    let fixture = Fixture(try SampleCheckout())
    let catalog = try Catalog(fixture.site)
    let table = #expect(throws: HarnessError.self) {
      try catalog.grid(of: "smaple", methods: fixture.registry)
    }
    #expect(table?.description == "unknown table 'smaple'; did you mean 'sample'?")
    let root = #expect(throws: HarnessError.self) {
      try Site(root: "/usr", results: nil, environment: [:])
    }
    #expect(
      root?.description == "'/usr' isn't in a checkout (no folders 'tables' and 'models'); "
        + "change to one or name it with --root")
    let scale = #expect(throws: HarnessError.self) { try fixture.plan(at: .small, tiny: true) }
    #expect(scale?.description == "sample has no scale 'tiny' in its grid.json")
  }

  @Test func theCacheFollowsTheXDGRules() throws {
    let sample = try SampleCheckout()
    func cache(_ environment: [String: String]) throws -> String {
      try Site(root: sample.root, results: nil, environment: environment).cache
    }
    #expect(try cache(["XDG_CACHE_HOME": "/c", "HOME": "/h"]) == "/c/zeroqat")
    #expect(try cache(["XDG_CACHE_HOME": "relative", "HOME": "/h"]) == "/h/.cache/zeroqat")
    #expect(try cache(["HOME": "/h"]) == "/h/.cache/zeroqat")
  }

  @Test func aRecordWithOtherContentsThanItsIdIsDamaged() throws {
    let fixture = Fixture(try SampleCheckout())
    _ = try fixture.run(fixture.plan())
    var record = try #require(try fixture.record("rtn"))
    record.cell.method.name = "odd"
    record.cell.science.method = "older"
    try fixture.store.save(record)
    let plan = try fixture.plan()
    let entry = try #require(
      plan.entries.first { $0.point.address == record.cell.address })
    #expect(
      entry.state
        == .run(
          .corrupt(
            "\(fixture.store.path(of: record.cell.id)): it isn't the record of cell "
              + "\(record.cell.id): /method/name, /science/method differ; it was edited or moved")))
    #expect(try plan.currentRecords().count == 4)
  }

  @Test func aRecordHasTheAddressThatTheGridGivesItsCell() throws {
    let fixture = Fixture(try SampleCheckout())
    _ = try fixture.run(fixture.plan())
    let sound = try #require(try fixture.record("rtn"))
    var moved = sound
    moved.cell.address.row = "odd"
    try fixture.store.save(moved)
    #expect(try fixture.plan().currentRecords().contains(sound))
    #expect(try !fixture.plan().currentRecords().contains(moved))
  }

  /// It would never apply, and no cell would be held to it.
  @Test func anAnchorOfAnUnknownTextIsRefused() throws {
    let sample = try SampleCheckout(
      model: SampleCheckout.model(
        anchors:
          #"{"protocol": "vers-8", "perplexity": 30, "relativeTolerance": 0.01, "source": "x"}"#))
    let error = #expect(throws: JSONError.self) { try Fixture(sample).plan() }
    #expect(error?.pointer == "/anchors/0/protocol")
    #expect(
      error?.reason
        == "bad protocol id 'vers-8': there is no dataset 'vers'; did you mean 'verse'?")
  }

  @Test func aPlanShowsDamagedFiles() throws {
    let sample = try SampleCheckout()
    try sample.folder.write("toy weightS\n", to: "cache/zeroqat/models/toy/toy.gguf")
    #expect(
      try Fixture(sample).plan().description.contains(
        "\n  damaged: '\(sample.cacheHome)/zeroqat/models/toy/toy.gguf' has the wrong bytes"))
  }
}

extension Fixture {
  /// Plans a scale that the grid doesn't have.
  fileprivate func plan(at scale: Scale, tiny: Bool) throws -> Plan {
    let plan = try plan(at: scale)
    return try Plan(
      plan.grid, at: .tiny, resolver: plan.resolver, store: plan.store, methods: methods)
  }
}

/// `text` with `piece`, which must be there, replaced.
func replaced(_ piece: String, by other: String, in text: String) throws -> String {
  let range = try #require(text.firstRange(of: piece))
  return String(text[..<range.lowerBound]) + other + String(text[range.upperBound...])
}
