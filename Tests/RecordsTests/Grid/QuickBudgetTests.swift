import JSONText
import Records
import TestSupport
import Testing
import Vocabulary

@Suite("A quick run is the beginning of a full one")
struct QuickBudgetTests {
  private static let quick = #"""
    , "seeds": {"odd": [7, 8, 9]}, "quick": {"pretrainingSteps": {"odd": 20},
      "testWindows": 1, "testExamples": 3, "seeds": 2, "without": ["later"]},
    "overrides": [{"row": "odd", "options": {"steps": 500, "schedule": "linear"}},
      {"row": "rtn", "options": {"steps": 500}}]
    """#

  private static func grid(_ quick: String = Self.quick) throws -> (Grid, JSONDocument) {
    try GridTests.grid(SampleCheckout.grid(scale: quick))
  }

  @Test("Updates, windows and seeds are cut; rates are those of the full number")
  func beginnings() throws {
    let (grid, document) = try Self.grid()
    try grid.check(in: document, against: GridTests.names)
    #expect(grid.at(.full) == grid)
    let quick = grid.at(.quick)
    #expect(quick.budget == .quick && quick.scales[.small]?.testWindows == 1)
    #expect(quick.scales[.small]?.examples?.test == 3)
    func options(_ grid: Grid, _ row: String) throws -> (JSON, [UInt64]) {
      let points = grid.points(at: .small).filter { $0.address.row == row }
      return (try #require(points.first).method.options, points.map(\.address.seed))
    }
    let (full, short) = (try options(grid, "odd"), try options(quick, "odd"))
    #expect(full.0["steps"] == .integer(500) && full.0["scheduleSteps"] == nil)
    #expect(short.0["steps"] == .integer(20) && short.0["scheduleSteps"] == .integer(500))
    #expect(Set(full.1) == [7, 8, 9] && Set(short.1) == [7, 8])
    func hasLater(_ grid: Grid) -> Bool {
      grid.points(at: .small).contains { $0.address.row == "later" }
    }
    #expect(hasLater(grid) && !hasLater(quick))
    // Nobody said that this one's shorter runs are beginnings of longer ones.
    #expect(try options(quick, "rtn").0["steps"] == .integer(500))
  }

  @Test("A scale may do without rows; a quick run leaves out its own on top")
  func rowsOfAScale() throws {
    let absent = #", "without": ["rtn"]"# + Self.quick
    let (grid, document) = try Self.grid(absent)
    try grid.check(in: document, against: GridTests.names)
    func rows(_ grid: Grid) -> Set<String> {
      Set(grid.points(at: .small).map(\.address.row))
    }
    #expect(rows(grid) == ["fp", "odd", "later"] && rows(grid.at(.quick)) == ["fp", "odd"])
    #expect(grid.withRows(of: .small).rows.map(\.key) == ["fp", "odd", "later"])
    // A page of a quick run shows the rows that it left out, with the committed numbers.
    #expect(grid.at(.quick).withRows(of: .small).rows.map(\.key) == ["fp", "odd", "later"])
    #expect(grid.withRows(of: .paper) == grid)
    for (list, pointer, reason) in [
      (#"["rtm"]"#, "/0", "unknown row 'rtm'; did you mean 'rtn'?"),
      (#"["rtn", "rtn"]"#, "/1", "row 'rtn' is named twice"),
    ] {
      let (wrong, text) = try Self.grid(", \"without\": \(list)")
      let error = #expect(throws: JSONError.self) {
        try wrong.check(in: text, against: GridTests.names)
      }
      #expect(error?.pointer == "/scales/small/without\(pointer)" && error?.reason == reason)
    }
  }

  @Test("Targets are losses of perplexity columns")
  func targets() throws {
    let (grid, document) = try Self.grid(#", "targets": {"ppl-w4a4": 3.5}"#)
    try grid.check(in: document, against: GridTests.names)
    #expect(grid.scales.small?.targets == ["ppl-w4a4": 3.5])
    for (targets, pointer, reason) in [
      (#"{"ppl-w4a5": 1}"#, "/ppl-w4a5", "unknown column 'ppl-w4a5'; did you mean 'ppl-w4a4'?"),
      (
        #"{"acc-w4a4": 1}"#, "/acc-w4a4",
        "a target is a loss on text, and the column 'acc-w4a4' is of accuracy"
      ),
      (#"{"ppl-w4a4": 0}"#, "/ppl-w4a4", "expected a loss above 0 in nats, found 0.0"),
    ] {
      let (wrong, text) = try Self.grid(", \"targets\": \(targets)")
      let error = #expect(throws: JSONError.self) {
        try wrong.check(in: text, against: GridTests.names)
      }
      #expect(error?.pointer == "/scales/small/targets\(pointer)" && error?.reason == reason)
    }
  }

  @Test("A rate that doesn't fall needs no length, and one that is given stays")
  func schedules() throws {
    let budget = QuickBudget(pretrainingSteps: ["odd": 20])
    let grid = try Self.grid().0
    func steps(_ options: String) throws -> [JSON?] {
      var changed = grid
      changed.scales.small?.quick = budget
      let document = try JSONDocument(text: Array(options.utf8), file: "options")
      changed.scales.small?.overrides = [GridOverride(row: "odd", options: document.root)]
      let point = try #require(
        changed.at(.quick).points(at: .small).first { $0.address.row == "odd" })
      return [point.method.options["steps"], point.method.options["scheduleSteps"]]
    }
    #expect(try steps(#"{"steps": 50}"#) == [.integer(20), nil])
    #expect(try steps(#"{"steps": 50, "schedule": "constant"}"#) == [.integer(20), nil])
    #expect(try steps(#"{"steps": 10, "schedule": "linear"}"#) == [.integer(10), nil])
    #expect(
      try steps(#"{"steps": 50, "schedule": "linear", "scheduleSteps": 90}"#)
        == [.integer(20), .integer(90)])
    #expect(
      try steps(#"{"steps": 50, "schedule": "cosine", "scheduleSteps": null}"#)
        == [.integer(20), .integer(50)])
  }

  @Test(arguments: [
    (
      #""testWindows": 1, "testEx"#, #""testWindows": 0, "testEx"#, "/testWindows",
      "expected a positive number, found 0"
    ),
    (
      #"{"odd": 20}"#, #"{"od": 20}"#, "/pretrainingSteps/od",
      "unknown method 'od'; did you mean 'odd'?"
    ),
    (
      #"{"odd": 20}"#, #"{"odd": 0}"#, "/pretrainingSteps/odd",
      "expected a positive number of updates, found 0"
    ),
    (#"["later"]"#, #"["latter"]"#, "/without/0", "unknown row 'latter'; did you mean 'later'?"),
    (
      #""seeds": 2,"#, #""seeds": 2, "minutes": {"odd": 0},"#, "/minutes/odd",
      "expected a positive estimate, found 0.0"
    ),
  ])
  func refused(piece: String, by other: String, pointer: String, reason: String) throws {
    let changed = try #require(replacing(piece, by: other, in: Self.quick))
    let (grid, document) = try Self.grid(changed)
    let error = #expect(throws: JSONError.self) {
      try grid.check(in: document, against: GridTests.names)
    }
    #expect(error?.pointer == "/scales/small/quick\(pointer)" && error?.reason == reason)
  }
}
