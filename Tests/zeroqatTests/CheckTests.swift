import Glibc
import Harness
import JSONText
import Records
import System
import TestSupport
import Testing

/// `run`, `publish` and `check` of a real grid with every kind of figure.
@Suite struct CheckTests {
  /// Changes outcomes and all that follows from them.
  private static func set(
    _ record: inout RunRecord, _ metric: String, _ outcome: (Int) -> Double
  ) throws {
    let index = try #require(
      record.scores.firstIndex { $0.split == "test" && $0.metric == metric })
    let count = try #require(record.scores[index].outcomes).count
    let outcomes = (0..<count).map(outcome)
    let mean = outcomes.reduce(0, +) / Double(count)
    let squares = outcomes.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    record.scores[index].outcomes = outcomes
    record.scores[index].value = mean
    record.scores[index].standardError =
      (squares / Double(count - 1) / Double(count)).squareRoot()
  }

  /// Raises all windows by `nats`, and all that follows from them.
  private static func raise(_ record: inout RunRecord, by nats: Double) throws {
    let index = try #require(
      record.scores.firstIndex { $0.split == "test" && $0.metric == "perplexity" })
    let windows = record.scores[index].windowNLL.map { $0.map { $0 + nats } }
    record.scores[index].windowNLL = windows
    record.scores[index].meanNLL = record.scores[index].meanNLL.map { $0 + nats }
    record.scores[index].alternativeMeanNLL = record.scores[index].alternativeMeanNLL.map {
      $0 + nats
    }
    record.scores[index].value = record.scores[index].meanNLL.map(exp)
    for point in record.trajectory.indices {
      record.trajectory[point].testWindowNLL =
        record.trajectory[point].testWindowNLL.map { $0.map { $0 + nats } }
    }
  }

  @Test("A quick run is held to the windows that the full one has of it, bit for bit")
  func aBeginning() throws {
    let checkout = try RealCheckout()
    let path = checkout.table + "/grid.json"
    let grid = String(decoding: try readFile(path), as: UTF8.self)
    let quick = grid.replacing(
      "\"testWindows\": 4,",
      with: """
        "quick": {"pretrainingSteps": {"zeroqat": 2}, "finetuningSteps": {"zeroqat": 2},
          "testWindows": 3, "testExamples": 5},
        """)
    #expect(quick != grid)
    try writeDurably(Array(quick.utf8), to: path)
    #expect(try checkout("run", "mini", "--budget", "full").status == 0)
    #expect(try checkout("publish", "mini").status == 0)
    let committed = CommittedRecords(root: checkout.root, table: "mini", scale: .tiny)
    // More windows than are taken, and not the first ones.
    let windows = try #require(
      committed.read().first { $0.cell.address.row == "rtn" }?.scores.first { $0.split == "test" }
    ).windowNLL.count
    #expect(windows > 6)
    try removeTree(checkout.root + "/results")
    #expect(try checkout("run", "mini").status == 0)
    let check = try checkout("check", "mini")
    #expect(check.status == 0, "\(check.output)")
    let line = try #require(
      check.output.split(separator: "\n").first {
        $0.hasPrefix("| rtn/ppl") && $0.contains("perplexity")
      })
    #expect(line.hasSuffix("| pass | identical |"), "\(line)")
    #expect(!check.output.contains("tolerance"), "\(check.output)")
  }

  @Test("Unchanged 0, worse 1, missing 4, empty 4; by the cell that the filter names")
  func aRealGrid() throws {
    let checkout = try RealCheckout()
    #expect(try checkout("check", "mini").status == 4)
    let run = try checkout("run", "mini")
    #expect(run.status == 0, "\(run.output)")
    // Nothing is committed yet: that is never a pass.
    let fresh = try checkout("check", "mini")
    #expect(fresh.status == 4 && fresh.output.contains("6 skipped (6 fresh only)"))
    // A random model answers and generates nothing right; these have something to lose.
    for row in ["rtn", "zo"] {
      _ = try checkout.change(row: row, column: "quiz") {
        try Self.set(&$0, "accuracy") { $0 < 30 ? 1 : 0 }
        try Self.set(&$0, "acc_norm") { $0 < 32 ? 1 : 0 }
      }
    }
    _ = try checkout.change(row: "zo", column: "mood") {
      try Self.set(&$0, "accuracy") { $0 < 30 ? 1 : 0 }
    }
    _ = try checkout.change(row: "zo", column: "ask") {
      try Self.set(&$0, "f1") { $0 % 2 == 0 ? 0.75 : 0.5 }
    }
    let published = try checkout("publish", "mini")
    #expect(published.status == 0, "\(published.output)")

    let unchanged = try checkout("check", "mini")
    #expect(unchanged.status == 0, "\(unchanged.output)")
    #expect(unchanged.output.contains("6 pass, 0 worse, 0 missing or stale, 0 skipped.\n"))
    let order = unchanged.output.split(separator: "\n").filter { $0.hasPrefix("| ") }
      .dropFirst(2).map { $0.split(separator: "|").prefix(2).joined(separator: "|") }
    #expect(
      order.map { $0.replacing(" ", with: "") } == [
        "rtn/ppl/seed1|perplexity", "rtn/ppl/seed1|peakmemory", "rtn/ppl/seed1|timeofanupdate",
        "rtn/quiz/seed1|perplexity", "rtn/quiz/seed1|accuracyofquizzes",
        "rtn/quiz/seed1|acc\\_normofquizzes",
        "zo/ppl/seed1|perplexity", "zo/ppl/seed1|peakmemory", "zo/ppl/seed1|timeofanupdate",
        "zo/quiz/seed1|perplexity", "zo/quiz/seed1|accuracyofquizzes",
        "zo/quiz/seed1|acc\\_normofquizzes",
        "zo/mood/seed1|accuracyofmood", "zo/ask/seed1|f1ofask",
        "zo/ask/seed1|exact-matchofask",
      ])

    typealias Plant = (String, String, String, (inout RunRecord) throws -> Void)
    let plants: [Plant] = [
      ("rtn", "ppl", "perplexity", { try Self.raise(&$0, by: 0.7) }),
      (
        "rtn", "quiz", "accuracy of quizzes",
        { try Self.set(&$0, "accuracy") { $0 < 5 ? 1 : 0 } }
      ),
      (
        "zo", "quiz", "acc\\_norm of quizzes",
        { try Self.set(&$0, "acc_norm") { $0 < 5 ? 1 : 0 } }
      ),
      ("zo", "mood", "accuracy of mood", { try Self.set(&$0, "accuracy") { $0 < 5 ? 1 : 0 } }),
      ("zo", "ask", "f1 of ask", { try Self.set(&$0, "f1") { $0 % 2 == 0 ? 0.5 : 0.25 } }),
      ("rtn", "ppl", "peak memory", { $0.measurement?.peakResidentBytes *= 2 }),
      (
        "zo", "ppl", "time of an update",
        {
          let updates = try #require($0.measurement?.updates)
          $0.measurement?.updates?.leastSeconds = 3 * updates.medianSeconds
          $0.measurement?.updates?.medianSeconds = 4 * updates.medianSeconds
          $0.measurement?.updates?.mostSeconds = 5 * updates.mostSeconds
        }
      ),
    ]
    for (row, column, figure, plant) in plants {
      let undo = try checkout.change(row: row, column: column, plant)
      let worse = try checkout("check", "mini")
      #expect(worse.status == 1, "\(figure): \(worse.output)")
      let failures = worse.output.split(separator: "\n").filter { $0.contains("**failure**") }
      #expect(failures.count == 1, "\(figure): \(failures)")
      #expect(failures[0].hasPrefix("| \(row)/\(column)/seed 1 | \(figure) | "))
      // Whoever looks at other cells sees nothing of it.
      #expect(try checkout("check", "mini", "--filter", "row=\(row) column=\(column)").status == 1)
      let others = row == "rtn" ? "row=zo" : "row=rtn"
      #expect(try checkout("check", "mini", "--filter", others).status == 0)
      try undo()
    }

    let one = try checkout("check", "mini", "--filter", "column=mood")
    #expect(one.status == 0)
    #expect(one.output.contains("1 pass, 0 worse, 0 missing or stale, 0 skipped.\n"))
    #expect(try checkout("check", "mini", "--filter", "column=nothing").status == 2)
    let all = try checkout("check", "--all", "--junit", checkout.root + "/all.xml")
    #expect(all.status == 0)
    #expect(all.output.hasPrefix("# Check of 1 table: all good\n"))
    #expect(
      all.output.contains("| mini | pass | 6 pass, 0 worse, 0 missing or stale, 0 skipped |"))
    #expect(
      String(decoding: try readFile(checkout.root + "/all.xml"), as: UTF8.self)
        .contains(#"<testsuite name="mini" tests="6" failures="0" errors="0" skipped="0">"#))
    #expect(try checkout("check", "--all", "--scale", "small").status == 4)
    #expect(try checkout("check", "mini", "--all").status == 2)

    try removeTree(checkout.path(row: "zo", column: "mood"))
    let missing = try checkout("check", "mini")
    #expect(missing.status == 4)
    #expect(missing.output.contains("5 pass, 0 worse, 1 missing or stale, 0 skipped.\n"))
    #expect(missing.output.contains("| **error** | missing: there is no fresh record |"))
    #expect(try checkout("check", "--all").status == 4)
    try removeTree(checkout.root + "/results")
    let empty = try checkout("check", "mini")
    #expect(empty.status == 4)
    #expect(empty.output.contains("0 pass, 0 worse, 6 missing or stale, 0 skipped.\n"))
  }

  /// The same cells run again, and not the same files compared with themselves.
  @Test func aSecondRunSaysTheSame() throws {
    let checkout = try RealCheckout()
    #expect(try checkout("run", "mini").status == 0)
    #expect(try checkout("publish", "mini").status == 0)
    try removeTree(checkout.root + "/results")
    #expect(try checkout("run", "mini").status == 0)
    let check = try checkout("check", "mini")
    #expect(check.status == 0, "\(check.output)")
    let scores = check.output.split(separator: "\n").filter {
      $0.contains("| perplexity |") || $0.contains(" of quiz") || $0.contains(" of mood |")
        || $0.contains(" of ask |")
    }
    #expect(scores.count == 11 && scores.allSatisfy { $0.hasSuffix("| pass | identical |") })
  }
}
