import Glibc
import Harness
import JSONText
import Records
import System
import TestSupport
import Testing

/// `gate` and `accept` as a user has them: a table's cells, and a model of one's own.
@Suite struct GateTests {
  private let checkout: RealCheckout

  init() throws { checkout = try RealCheckout() }

  private var policy: String { checkout.root + "/gate.json" }

  private func write(_ text: String, _ name: String) throws {
    try writeDurably(Array(text.utf8), to: checkout.root + "/" + name)
  }

  private func gate(_ options: String...) throws -> (status: Int32, output: String) {
    try checkout("gate", [policy] + options)
  }

  private func accept(_ reason: String, _ options: String...) throws -> (
    status: Int32, output: String
  ) { try checkout("accept", [policy, "--reason", reason] + options) }

  /// Changes a fresh record's test windows, and all that follows from them.
  private func move(row: String = "rtn", _ rise: (Int) -> Double) throws -> () throws -> Void {
    try checkout.change(row: row, column: "ppl") { record in
      let index = try #require(
        record.scores.firstIndex { $0.split == "test" && $0.metric == "perplexity" })
      var windows: [Double] = []
      for (place, window) in record.scores[index].windowNLL.enumerated() {
        windows.append(try #require(window) + rise(place))
      }
      let n = Double(windows.count)
      let mean = windows.reduce(0, +) / n
      let squares = windows.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      record.scores[index].windowNLL = windows
      record.scores[index].meanNLL = mean
      record.scores[index].alternativeMeanNLL = nil
      record.scores[index].value = exp(mean)
      record.scores[index].standardErrorNLL = (squares / (n - 1) / n).squareRoot()
      for point in record.trajectory.indices
      where record.trajectory[point].step == record.zerothOrder?.bestDevelopmentStep {
        record.trajectory[point].testWindowNLL = windows
      }
    }
  }

  @Test("A table: 0 equal, 1 worse, 5 can't tell, 4 missing; and nothing committed is no pass")
  func aTable() throws {
    try write(
      #"{ "schema": 1, "gates": [{ "name": "mini", "table": "mini", "filter": "column=ppl" }] }"#,
      "gate.json")
    let empty = try gate()
    #expect(empty.status == 4, "\(empty.output)")
    #expect(empty.output.contains("1 cell: 0 pass, 0 worse, 0 inconclusive, 1 missing or stale."))
    #expect(
      empty.output.contains(
        "missing: no cell of mini at scale tiny, filter 'column=ppl' has a fresh record in '\(checkout.results)' "
          + "or a baseline; 'zeroqat run mini' measures them"), "\(empty.output)")
    #expect(try checkout("run", "mini").status == 0)
    let first = try gate()
    #expect(first.status == 4, "\(first.output)")
    #expect(
      first.output.contains("no baseline yet; 'zeroqat accept' keeps this record as the first"))
    #expect(try checkout("publish", "mini").status == 0)

    let same = try gate()
    #expect(same.status == 0, "\(same.output)")
    #expect(same.output.hasPrefix("# Gate "))
    #expect(same.output.contains("2 cells: 2 pass, 0 worse, 0 inconclusive, 0 missing or stale."))
    #expect(
      same.output.contains(
        "Self-test: +0.50 % perplexity planted into copies of 2 fresh records, 2 caught."))

    var undo = try move { _ in log(1.0051) }
    let worse = try gate(
      "--junit", checkout.root + "/gate.xml", "--gitlab", checkout.root + "/gl.json")
    #expect(worse.status == 1, "\(worse.output)")
    #expect(worse.output.contains("**regression** | +0.51 % perplexity, between +0.51 and +0.51"))
    #expect(worse.output.contains("## Where it is worse"))
    // Its text is on this machine, and is shown.
    let lines = worse.output.split(separator: "\n").filter {
      $0.hasPrefix("| rtn/ppl/seed 1 | perplexity | window")
    }
    #expect(lines.count == 3 && lines.allSatisfy { $0.contains("“") }, "\(lines)")
    let junit = String(decoding: try readFile(checkout.root + "/gate.xml"), as: UTF8.self)
    #expect(
      junit.contains(#"<testsuite name="mini" tests="2" failures="1" errors="0" skipped="0">"#))
    let findings = try JSONDocument(contentsOf: checkout.root + "/gl.json").root
    guard case .array(let list) = findings else { throw TestFailure("no list") }
    #expect(list.count == 1 && list[0]["severity"] == .string("critical"))
    // The same by a check with a margin; a larger one lets it pass.
    #expect(try checkout("check", "mini", "--margin", "0.005").status == 1)
    #expect(try checkout("check", "mini", "--margin", "0.006").status == 0)
    try undo()

    undo = try move { $0 % 2 == 0 ? 0.2 : -0.19 }
    let unclear = try gate()
    #expect(unclear.status == 5, "\(unclear.output)")
    #expect(
      unclear.output.hasPrefix("# Gate \(policy.replacing("_", with: "\\_")): inconclusive\n"))
    #expect(unclear.output.contains("**inconclusive**"))
    try undo()

    try removeTree(checkout.path(row: "rtn", column: "ppl"))
    let missing = try gate()
    #expect(missing.status == 4, "\(missing.output)")
    #expect(missing.output.contains("missing: there is no fresh record"))
  }

  @Test("Accepted baselines: reasons are kept, a slow drift is found, an edit is refused")
  func aRatchet() throws {
    try write(
      #"{ "schema": 1, "gates": [{ "name": "mini", "table": "mini", "filter": "row=rtn column=ppl" }] }"#,
      "gate.json")
    #expect(try checkout("run", "mini").status == 0)
    #expect(try accept(" ").status == 2)
    let start = try accept("the start")
    #expect(start.status == 0, "\(start.output)")
    #expect(start.output.contains("accepted mini/rtn.ppl.seed1.json: perplexity "))
    #expect(start.output.contains(", the first baseline\n"))
    #expect(try gate().status == 0)
    let nothing = try accept("again")
    #expect(nothing.status == 0)
    #expect(nothing.output == "nothing to accept: every baseline is what is fresh\n")

    let undo = try move { _ in log(1.003) }
    #expect(try gate().status == 0)
    let second = try accept("smaller files")
    #expect(second.status == 0 && second.output.contains(" became "))
    try undo()
    _ = try move { _ in 2 * log(1.003) }
    let drift = try gate()
    #expect(drift.status == 1, "\(drift.output)")
    #expect(drift.output.contains("| last | "))
    #expect(drift.output.contains("| first | "))
    #expect(drift.output.contains("**regression** | +0.60 % perplexity"))
    let ledger = try AcceptanceLedger(
      document: JSONDocument(contentsOf: checkout.root + "/baseline/accepted.json"))
    #expect(ledger.accepted.map(\.reason) == ["the start", "smaller files"])
    let figure = try #require(ledger.accepted[1].cells.first?.figures.first)
    #expect(figure.name == "perplexity" && figure.first == figure.before)
    #expect(try #require(figure.after) / #require(figure.before) > 1.0029)

    let last = checkout.root + "/baseline/mini/last/rtn.ppl.seed1.json"
    let bytes = try readFile(last)
    #expect(!String(decoding: bytes, as: UTF8.self).contains(checkout.root))
    try writeDurably(bytes + [UInt8(ascii: "\n")], to: last)
    let edited = try gate()
    #expect(edited.status == 2)
    #expect(
      edited.output
        == "\(last): error: expected the record that accepted.json names, found another; a baseline changes by "
        + "'zeroqat accept --reason' alone, so restore the folder as it was committed\n")
    try removeTree(last)
    #expect(try gate().output.contains("found no file; restore the folder"))
    try writeDurably(bytes, to: last)
    try writeDurably(bytes, to: checkout.root + "/baseline/mini/last/other.json")
    #expect(try gate().status == 2)
  }

  @Test("A model of one's own: stale where its files are others now")
  func aFolderOfRecords() throws {
    try write(
      #"{ "schema": 1, "gates": [{ "name": "own", "records": "results/eval/own" }] }"#, "gate.json")
    let model = checkout.root + "/cache/zeroqat/models/fixture"
    let text = checkout.root + "/own.txt"
    let words = (0..<200).map { "tree \($0) of water and \($0 % 7) sounds.\n" }.joined()
    try writeDurably(Array(words.utf8), to: text)
    func eval(_ options: String...) throws -> (status: Int32, output: String) {
      try checkout("eval", [model, "--text", text, "--window", "32"] + options)
    }
    #expect(try gate().status == 4)
    #expect(try eval().status == 0)
    #expect(try eval("--bits", "W4A16").status == 0)
    #expect(try accept("the start").status == 0)
    let same = try gate()
    #expect(same.status == 0, "\(same.output)")
    #expect(same.output.contains("2 cells: 2 pass"))
    #expect(same.output.contains("(tier 0): 2 cells"))
    // One of the two isn't measured any more: never forgotten.
    let records = try listFolder(checkout.root + "/results/eval/own").filter {
      $0.hasSuffix(".json")
    }
    #expect(records.count == 2)
    let kept = try readFile(checkout.root + "/results/eval/own/" + records[0])
    try removeTree(checkout.root + "/results/eval/own/" + records[0])
    let missing = try gate()
    #expect(missing.status == 4 && missing.output.contains("missing: there is no fresh record"))
    try writeDurably(kept, to: checkout.root + "/results/eval/own/" + records[0])

    // A file beside the weights that says what tokens a text has.
    try writeDurably(Array("{}".utf8), to: model + "/generation_config.json")
    let retokenized = try gate()
    #expect(retokenized.status == 4, "\(retokenized.output)")
    #expect(
      retokenized.output.contains(
        "stale: '\(model)' has another tokenizer than the model that was measured"))
    try removeTree(model + "/generation_config.json")
    #expect(try gate().status == 0)

    let config = model + "/config.json"
    let bytes = try readFile(config)
    try writeDurably(bytes + [UInt8(ascii: "\n")], to: config)
    let stale = try gate()
    #expect(stale.status == 4, "\(stale.output)")
    #expect(
      stale.output.contains("stale: '\(model)' has other bytes than the model that was measured"))
    // Measured again it is compared, and named as another model.
    #expect(try eval().status == 0)
    #expect(try eval("--bits", "W4A16").status == 0)
    let again = try gate()
    #expect(again.status == 0, "\(again.output)")
    #expect(again.output.contains("; another model than the baseline's"))
    try writeDurably(Array(words.dropLast(100).utf8), to: text)
    #expect(try gate().output.contains("has other bytes than the text that was scored"))
    try removeTree(text)
    let gone = try gate()
    #expect(gone.status == 4)
    #expect(gone.output.contains(#""elsewhere": true in the policy allows that"#))
    try write(
      #"{ "schema": 1, "gates": [{ "name": "own", "records": "results/eval/own", "elsewhere": true }] }"#,
      "gate.json")
    // Records of the model before are still there, and nobody can tell which is meant.
    try writeDurably(bytes, to: config)
    #expect(try gate().status == 0)
  }

  /// A policy over a folder of records, which two evaluations of one model are in.
  private func ownRecords() throws -> [String] {
    try write(
      #"{ "schema": 1, "gates": [{ "name": "own", "records": "results/eval/own" }] }"#, "gate.json")
    let model = checkout.root + "/cache/zeroqat/models/fixture"
    let words = (0..<200).map { "tree \($0) of water and \($0 % 7) sounds.\n" }.joined()
    try write(words, "own.txt")
    for bits in ["FP", "W4A16"] {
      let result = try checkout(
        "eval", model, "--text", checkout.root + "/own.txt", "--window", "32", "--bits", bits)
      #expect(result.status == 0, "\(result.output)")
    }
    let folder = checkout.root + "/results/eval/own"
    return try listFolder(folder).filter { $0.hasSuffix(".json") }.map { "\(folder)/\($0)" }
  }

  /// A copy of a record in its folder, of a model with another name.
  private func copy(_ path: String, as model: String, _ name: String) throws {
    var record = try checkout.record(at: path)
    record.cell.model.name = model
    record.cell.id = try record.cell.computedID
    try writeDurably(
      Array(try jsonText(of: record, style: .pretty).utf8), to: "\(parent(of: path))/\(name).json")
  }

  @Test("Of two records that claim a cell neither is accepted, and both files are named")
  func twoClaims() throws {
    let records = try ownRecords()
    var record = try checkout.record(at: records[0])
    record.measurement?.threads += 1
    let second = parent(of: records[0]) + "/zz.json"
    try writeDurably(Array(try jsonText(of: record, style: .pretty).utf8), to: second)
    let words =
      "2 fresh records claim this cell: '\(records[0])' and '\(second)'; remove what isn't meant"
    let refused = try accept("the start")
    #expect(refused.status == 2)
    #expect(refused.output.hasPrefix("error: fixture "), "\(refused.output)")
    #expect(refused.output.hasSuffix("\(words); nothing was accepted\n"), "\(refused.output)")
    #expect(FileStatus(of: checkout.root + "/baseline/accepted.json") == nil)
    let held = try gate()
    #expect(held.status == 4 && held.output.contains("2 cells: 0 pass"), "\(held.output)")
    #expect(held.output.contains("2 fresh records claim this cell"))
    try removeTree(second)
    #expect(try accept("the start").status == 0)
    #expect(try gate().status == 0)
  }

  @Test("Six acceptances at once: six entries")
  func acceptancesAtOnce() throws {
    let records = try ownRecords()
    for index in 0..<6 { try copy(records[0], as: "m\(index)=x", "m\(index)") }
    var output: [UInt8] = []
    // As a pipeline of several jobs would have it.
    let program = try BuiltProgram.path
    let script = (0..<6).map {
      "'\(program)' accept '\(policy)' --reason 'number \($0)' --filter 'm\($0)=x' --root '\(checkout.root)' --threads 1 &"
    }.joined(separator: "\n")
    let child = ChildProcess(
      executable: "/bin/sh", arguments: ["-c", script + "\nwait\n"],
      environment: [
        "PATH": "/usr/bin:/bin", "HOME": checkout.root, "XDG_CACHE_HOME": checkout.root + "/cache",
      ])
    let ending = try child.run(interruption: { (0, 0) }) { output += $0 }
    let text = String(decoding: output, as: UTF8.self)
    #expect(ending.exit == .status(0), "\(text)")
    let ledger = try AcceptanceLedger(
      document: JSONDocument(contentsOf: checkout.root + "/baseline/accepted.json"))
    #expect(
      ledger.accepted.map(\.reason).sorted() == (0..<6).map { "number \($0)" }, "\(text)")
    #expect(try accept("the others").status == 0)
    let held = try gate()
    #expect(held.status == 0 && held.output.contains("8 cells: 8 pass"), "\(held.output)")
    #expect(
      try listFolder(checkout.root + "/baseline/own/last").contains { $0.hasPrefix("m3%3Dx.") })
  }

  @Test("A gate without a record names its folder, beside gates that have some, too")
  func emptyGates() throws {
    _ = try ownRecords()
    #expect(try accept("the start").status == 0)
    try write(
      #"""
      { "schema": 1, "gates": [{ "name": "own", "records": "results/eval/own" },
        { "name": "none", "records": "results/elsewhere" }] }
      """#, "gate.json")
    let held = try gate()
    #expect(held.status == 4)
    #expect(
      held.output.contains(
        "missing: there is no record in '\(checkout.root)/results/elsewhere', as there is no such folder"
      ),
      "\(held.output)")
    #expect(held.output.contains("3 cells: 2 pass, 0 worse, 0 inconclusive, 1 missing or stale."))
  }

  @Test("A gate that was renamed doesn't forget its baselines")
  func renamedGates() throws {
    _ = try ownRecords()
    #expect(try accept("the start").status == 0)
    try write(
      #"{ "schema": 1, "gates": [{ "name": "owns", "records": "results/eval/own" }] }"#, "gate.json"
    )
    let words =
      "missing: no gate of the policy is called 'own', which has 2 baselines in '\(checkout.root)/baseline/own'; "
      + "did you mean 'owns'? Call the gate so again, or take them out: 'zeroqat accept POLICY --retire own --reason …'"
    let held = try gate()
    #expect(held.status == 4 && held.output.contains(words), "\(held.output)")
    let accepted = try accept("another name")
    #expect(accepted.status == 0)
    #expect(
      accepted.output.contains("not accepted: own: all cells: \(words)"), "\(accepted.output)")
    #expect(try gate().status == 4)
    #expect(try accept("another name", "--retire", "own", "--new-first").status == 2)
    let wrong = try accept("another name", "--retire", "ownd")
    #expect(wrong.status == 2)
    #expect(wrong.output.hasPrefix("error: there is no baseline of 'ownd'; did you mean 'own"))
    let retired = try accept("another name", "--retire", "own")
    #expect(retired.status == 0)
    #expect(retired.output.hasPrefix("taken out: own/fixture."), "\(retired.output)")
    #expect(try gate().status == 0)
  }

  @Test("A filter that is narrowed doesn't forget, either")
  func narrowedFilters() throws {
    let policy =
      #"{ "schema": 1, "gates": [{ "name": "mini", "table": "mini", "filter": "FILTER" }] }"#
    try write(policy.replacing("FILTER", with: "column=ppl"), "gate.json")
    #expect(try checkout("run", "mini").status == 0)
    #expect(try accept("the start").status == 0)
    try write(policy.replacing("FILTER", with: "row=rtn column=ppl"), "gate.json")
    let held = try gate()
    #expect(held.status == 4)
    #expect(
      held.output.contains(
        "missing: the grid has no such cell any more, or the filter 'row=rtn column=ppl' leaves it out"
      ),
      "\(held.output)")
  }

  @Test("What is written for others overwrites nothing that is read")
  func outputs() throws {
    let records = try ownRecords()
    #expect(try accept("the start").status == 0)
    let baseline = try #require(
      try listFolder(checkout.root + "/baseline/own/last").first.map {
        checkout.root + "/baseline/own/last/" + $0
      })
    let grid = checkout.table + "/grid.json"
    try write("{ \"schema\": 1 }", "other.json")
    for (option, file, why) in [
      ("--junit", policy, "'\(policy)' is what the command reads"),
      ("--gitlab", checkout.root + "/./gate.json", "'\(policy)' is what the command reads"),
      ("--junit", records[0], "it holds a record"), ("--gitlab", grid, "it holds a table's grid"),
      ("--junit", baseline, "'\(checkout.root)/baseline' is for accepted baselines alone"),
      (
        "--junit", checkout.root + "/baseline/gate.xml",
        "'\(checkout.root)/baseline' is for accepted baselines alone"
      ),
      ("--junit", checkout.root + "/results", "it is a folder"),
      (
        "--junit", checkout.root + "/other.json", "it holds a file with a schema that zeroqat reads"
      ),
    ] {
      let before = FileStatus(of: file)?.isRegular == true ? try readFile(file) : []
      let refused = try gate(option, file)
      #expect(refused.status == 2)
      #expect(
        refused.output == "error: \(option) '\(file)' isn't written to: \(why); name another file\n"
      )
      #expect(try before.isEmpty || readFile(file) == before)
    }
    let both = try gate(
      "--junit", checkout.root + "/a.xml", "--gitlab", checkout.root + "/a.xml")
    #expect(both.status == 2 && both.output.contains("'\(checkout.root)/a.xml' isn't written to: "))
    #expect(FileStatus(of: checkout.root + "/a.xml") == nil)
    // Its own report may be written again.
    for _ in 0..<2 {
      #expect(
        try gate("--junit", checkout.root + "/a/gate.xml", "--gitlab", checkout.root + "/g.json")
          .status == 0)
    }
    for arguments in [
      ["compare", records[0], records[1], "--output", records[0]],
      ["compare", records[0], records[0], "--output", records[1]],
      ["records", records[0], "--to", "csv", "--output", records[1]],
      ["check", "mini", "--junit", grid], ["render", "mini", "--output", records[0]],
      ["records", records[0], "--to", "lm-eval", "--output", records[1]],
    ] {
      let refused = try checkout(arguments[0], Array(arguments.dropFirst()))
      #expect(refused.status == 2, "\(arguments)")
      #expect(refused.output.contains("isn't written to: "), "\(arguments): \(refused.output)")
      #expect(refused.output.hasSuffix("; name another file\n"))
    }
  }

  @Test("A record of others with losses that nobody measured is refused with its place")
  func impossibleLosses() throws {
    let records = try ownRecords()
    let text = String(decoding: try readFile(records[0]), as: UTF8.self)
    let record = try checkout.record(at: records[0])
    let first = try #require(record.scores[0].windowNLL[0])
    for (new, words) in [
      ("-1.5", "expected a loss above 0 nats per token, found -1.5"),
      ("0", "expected a loss above 0 nats per token, found 0.0"),
      ("null", "expected a loss, as the score has a mean of all windows, found null"),
    ] {
      let edited = text.replacing("\(first)", with: new, maxReplacements: 1)
      #expect(edited != text)
      try writeDurably(Array(edited.utf8), to: records[0])
      for result in [
        try gate(), try accept("r"), try checkout("compare", records[0], records[1]),
        try checkout("records", records[0], "--to", "csv"),
      ] {
        #expect(result.status == 2)
        #expect(result.output.contains(records[0] + ":"), "\(result.output)")
        #expect(result.output.contains(words), "\(result.output)")
        #expect(
          result.output.contains("/scores/0/windowNLL/0"), "\(result.output)")
      }
    }
    let endless = text.replacing("\(first)", with: "1e999", maxReplacements: 1)
    try writeDurably(Array(endless.utf8), to: records[0])
    let result = try gate()
    #expect(result.status == 2 && result.output.contains(records[0] + ":"), "\(result.output)")
  }

  @Test("In GitHub Actions there is a summary and an annotation")
  func inGitHubActions() throws {
    try write(
      #"{ "schema": 1, "gates": [{ "name": "mini", "table": "mini", "filter": "row=rtn column=ppl" }] }"#,
      "gate.json")
    #expect(try checkout("run", "mini").status == 0)
    #expect(try checkout("publish", "mini").status == 0)
    _ = try move { _ in 0.01 }
    try write("before\n", "summary.md")
    var output: [UInt8] = []
    let child = ChildProcess(
      executable: try BuiltProgram.path,
      arguments: ["gate", policy, "--root", checkout.root],
      environment: [
        "PATH": "/usr/bin:/bin", "HOME": checkout.root, "XDG_CACHE_HOME": checkout.root + "/cache",
        "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": checkout.root + "/summary.md",
      ])
    let ending = try child.run(interruption: { (0, 0) }) { output += $0 }
    #expect(ending.exit == .status(1))
    let text = String(decoding: output, as: UTF8.self)
    #expect(text.contains("\n::error file="))
    #expect(
      text.contains("title=Gate%3A regression%3A rtn/ppl/seed 1::perplexity: +1.01 %25 perplexity"))
    let summary = String(decoding: try readFile(checkout.root + "/summary.md"), as: UTF8.self)
    #expect(summary.hasPrefix("before\n# Gate ") && summary.contains("**regression**"))
  }

  @Test("A policy that isn't one says where")
  func refused() throws {
    try write(#"{ "schema": 1, "gates": [{ "name": "a", "tabel": "mini" }] }"#, "gate.json")
    let unknown = try gate()
    #expect(unknown.status == 2)
    #expect(
      unknown.output.contains(
        "gate.json:1:41: error: unknown member 'tabel'; did you mean 'table'?"))
    try write(#"{ "schema": 1, "gates": [{ "name": "a", "table": "mini2" }] }"#, "gate.json")
    #expect(try gate().output.contains("unknown table 'mini2'; did you mean 'mini'?"))
    let none = try checkout("gate", checkout.root + "/nothing.json")
    #expect(none.status == 2 && none.output.contains("nothing.json"))
    #expect(try checkout("check", "mini", "--margin", "1.5").status == 2)
    #expect(try checkout("check", "--all", "--margin", "0.1").status == 2)
  }
}

/// Why a test can't go on.
private struct TestFailure: Error {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}
