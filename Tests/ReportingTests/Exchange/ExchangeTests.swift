import Foundation
import JSONText
import Records
import Reporting
import TestSupport
import Testing
import Vocabulary

/// Records in the forms of other programs, and what comes back from them.
@Suite struct ExchangeTests {
  private static let text = NamedRecord(
    "table2 (small): rtn/ppl-w4a4/seed 1",
    Fixtures.record("rtn", "ppl-w4a4", bits: "W4A4", windows: Fixtures.windows))

  /// A record of a task with a mark that CSV must quote.
  private static let task: NamedRecord = {
    var record = Fixtures.record("rtn", "acc-w4a4", bits: "W4A4", windows: Fixtures.windows)
    record.cell.model.name = #"my "model", v2"#
    let outcomes = [1.0, 0, 1, 1]
    record.scores = [
      Score(
        split: "test", task: "sst2", metric: "accuracy", value: 0.75, standardError: 0.25,
        outcomes: outcomes, scoredTokens: 12),
      Score(
        split: "test", task: "sst2", metric: "acc_norm", value: 0.75, standardError: 0.25,
        outcomes: outcomes, scoredTokens: 12),
      Score(
        split: "development", task: "sst2", metric: "accuracy", value: 0.5, standardError: nil,
        outcomes: [1, 0], scoredTokens: 6),
    ]
    return NamedRecord("table2 (small): rtn/acc-w4a4/seed 1", record)
  }()

  private static func parsed(_ text: String) throws -> JSONDocument {
    try JSONDocument(text: Array(text.utf8), file: "text")
  }

  @Test func csvHasALineForEachScore() throws {
    var ended = Self.text.record
    ended.scores = []
    ended.status = .failed
    let csv = try [Self.text, Self.task, NamedRecord("x", ended)].csv
    let lines = csv.split(separator: "\n")
    #expect(lines.count == 1 + 1 + 3 + 1)
    #expect(csv.hasSuffix("\n") && !csv.contains("\r"))
    let columns = lines[0].split(separator: ",").count
    #expect(lines[1].split(separator: ",", omittingEmptySubsequences: false).count == columns)
    #expect(lines[2].contains(#""my ""model"", v2""#))
    #expect(lines[2].contains(",test,sst2,accuracy,0.75,0.25,"))
    #expect(lines[5].contains(",failed,,,,,"))
    try expectSnapshot(csv, "records.csv")
  }

  @Test("No text is a formula to a spreadsheet, and every field reads back as what it was")
  func formulas() throws {
    /// The field of a line's column as RFC 4180 reads it, with the apostrophe taken away that the guide names.
    func models(_ name: String) throws -> (written: String, read: String) {
      var record = Self.text.record
      record.cell.model.name = name
      let line = try #require(try [NamedRecord("x", record)].csv.split(separator: "\n").last)
      // table,scale,row,column,place,seed, and then the model.
      let rest = line.split(separator: ",", maxSplits: 6, omittingEmptySubsequences: false)[6]
      guard rest.hasPrefix("\"") else {
        let field = String(rest.prefix { $0 != "," })
        return (field, field.hasPrefix("'") ? String(field.dropFirst()) : field)
      }
      let quoted = try #require(rest.range(of: "\",", options: [])?.lowerBound)
      let field = rest[rest.index(after: rest.startIndex)..<quoted].replacing("\"\"", with: "\"")
      return (
        String(rest[...quoted]), field.hasPrefix("'") ? String(field.dropFirst()) : String(field)
      )
    }
    for (name, written) in [
      ("=1+1", "'=1+1"), ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"), ("-a", "'-a"),
      ("@SUM(A1)", "'@SUM(A1)"), ("\tx", "\"'\tx\""), ("'quoted", "''quoted"), ("＝1", "'＝1"),
      ("=\"a\"", "\"'=\"\"a\"\"\""), ("a=b", "a=b"), ("-1.5", "-1.5"), ("model", "model"),
    ] {
      let found = try models(name)
      #expect(found.written == written, "\(name)")
      #expect(found.read == name)
    }
  }

  @Test func jsonLinesReadBackAsTheRecordsWithoutFolders() throws {
    let lines = try [Self.text, Self.task].jsonLines.split(separator: "\n")
    #expect(lines.count == 2)
    for (line, item) in zip(lines, [Self.text, Self.task]) {
      let read = try Self.parsed(String(line)).decode(RunRecord.self)
      #expect(read == item.record.withoutFolders)
      #expect(!line.contains("/home/someone"))
    }
  }

  @Test("What can't be written says why")
  func refused() throws {
    var record = Self.text.record
    record.status = .diverged
    #expect(throws: ExchangeError.noScore("x", status: "diverged")) {
      try NamedRecord("x", record).lmEvalResults()
    }
    #expect(
      ExchangeError.noScore("x", status: "diverged").description
        == "x: expected a finite test score, found none (diverged)")
    record = Self.text.record
    record.measurement?.startedAt = nil
    #expect(throws: ExchangeError.noTime("x")) {
      try EveryEvalEver(NamedRecord("x", record), organization: "me").text()
    }
    #expect(
      ExchangeError.noTime("x").description
        == "x: expected the time at which the record was made, found none")
  }

  @Test func timesAreSecondsSince1970() {
    #expect(unixSeconds(ofISO8601: "1970-01-01T00:00:00Z") == 0)
    #expect(unixSeconds(ofISO8601: "2000-03-01T00:00:00Z") == 951_868_800)
    #expect(unixSeconds(ofISO8601: "2024-02-29T12:34:56Z") == 1_709_210_096)
    for wrong in ["2024-02-29", "2024-02-29T12:34:56+01:00", "2024-13-01T00:00:00Z", ""] {
      #expect(unixSeconds(ofISO8601: wrong) == nil)
    }
  }

  // — lm-evaluation-harness —

  /// > Source: lm-evaluation-harness 0.4, `lm_eval/result_schema.py`: members of `EvalResults`.
  @Test func resultsHaveWhatTheHarnessWrites() throws {
    let root = try Self.parsed(Self.task.lmEvalResults()).root
    for (member, task) in [
      ("results", true), ("group_subtasks", true), ("configs", true), ("versions", true),
      ("n-shot", true), ("higher_is_better", true), ("n-samples", true), ("config", false),
      ("git_hash", false), ("date", false), ("model_source", false), ("model_name", false),
      ("model_name_sanitized", false), ("total_evaluation_time_seconds", false),
    ] {
      let value = try #require(root[member], "\(member)")
      if task { #expect(value["sst2"] != nil, "\(member)") }
    }
    #expect(root["results"]?["sst2"]?["acc,none"] == .number(0.75, text: "0.75"))
    #expect(root["results"]?["sst2"]?["acc_norm,none"] == .number(0.75, text: "0.75"))
    #expect(root["results"]?["sst2"]?["acc_stderr,none"] == .number(0.25, text: "0.25"))
    #expect(root["n-samples"]?["sst2"]?["effective"] == .integer(4))
    #expect(root["model_name_sanitized"] == .string("my--model---v2-W4A4-rtn"))
    let text = try Self.parsed(Self.text.lmEvalResults()).root
    #expect(text["results"]?["zeroqat_books-512"]?["perplexity,none"] != nil)
    #expect(text["higher_is_better"]?["zeroqat_books-512"]?["perplexity"] == .bool(false))
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    let read = try LMEvalResults(document: Self.parsed(Self.task.lmEvalResults()))
    #expect(read.model == #"my "model", v2-W4A4-rtn"#)
    #expect(read.figures.map(\.metric) == ["accuracy", "acc_norm"])
    #expect(read.figures.allSatisfy { $0.task == "sst2" && $0.examples == 4 && $0.value == 0.75 })
    #expect(read.figures.map(\.standardError) == [0.25, 0.25])
  }

  /// A file as the harness writes it, as far as it is read.
  private static func harness(
    results: String = #"{ "piqa": { "alias": "piqa", "acc,none": 0.8, "acc_stderr,none": 0.01 } }"#,
    shots: String = #"{ "piqa": 0 }"#,
    samples: String = #"{ "piqa": { "original": 4, "effective": 4 } }"#, limit: String = "null"
  ) -> String {
    """
    { "results": \(results), "group_subtasks": { "piqa": [] }, "n-shot": \(shots),
      "n-samples": \(samples), "config": { "model": "hf", "limit": \(limit) },
      "lm_eval_version": "0.4.9.2", "model_name": "someone/model", "start_time": 1.5 }
    """
  }

  @Test func aFileOfTheHarness() throws {
    let read = try LMEvalResults(document: Self.parsed(Self.harness()))
    #expect(read.model == "someone/model" && read.version == "0.4.9.2")
    #expect(read.figures.count == 1 && read.figures[0].value == 0.8)
    #expect(read.figures[0].standardError == 0.01)
    for none in ["\"N/A\"", "null"] {
      let text = Self.harness(
        results: #"{ "piqa": { "acc,none": 0.8, "acc_stderr,none": \#(none) } }"#)
      #expect(
        try LMEvalResults(document: Self.parsed(text)).figures.map(\.standardError) == [nil])
    }
  }

  @Test(arguments: [
    (
      #"{ "accuracy": 1 }"#,
      ": expected a results file of lm-evaluation-harness, with an object 'results'; it writes one "
        + "below --output_path"
    ),
    (
      harness(limit: "100"),
      "/config/limit: expected no limit, found one: the numbers are those of a part of each task"
    ),
    (
      harness(shots: #"{ "piqa": 5 }"#),
      "/n-shot/piqa: expected 0 shots, as the tables' tasks have, found 5"
    ),
    (harness(shots: "{}"), "/n-shot: expected how many shots 'piqa' had, found nothing"),
    (
      harness(samples: #"{ "piqa": { "original": 100, "effective": 4 } }"#),
      "/n-samples/piqa: expected all 100 examples, found 4: a shortened task isn't comparable"
    ),
    (
      harness(samples: "{}"), "/n-samples: expected how many examples 'piqa' had, found nothing"
    ),
    (
      harness(results: #"{ "piqa": { "acc,none": 80 } }"#),
      "/results/piqa/acc,none: expected a share from 0 to 1"
    ),
    (
      harness(results: #"{ "piqa": { "acc,none": 0.8, "acc_stderr,none": -0.01 } }"#),
      "/results/piqa/acc_stderr,none: expected a standard error from 0 to 0.5, or \"N/A\", found -0.01"
    ),
    (
      harness(results: #"{ "piqa": { "acc,none": 0.8, "acc_stderr,none": "none" } }"#),
      "/results/piqa/acc_stderr,none: expected a standard error from 0 to 0.5, or \"N/A\", found no number"
    ),
    (
      harness(results: #"{ "piqa": { "word_perplexity,none": 8.5 } }"#),
      "/results: expected acc, acc_norm, f1 or exact_match of a task, found none of these"
    ),
    (harness(results: #"{ "piqa": 0.8 }"#), "/results/piqa: expected an object of metrics"),
  ])
  func otherFilesAreRefused(text: String, words: String) throws {
    let document = try Self.parsed(text)
    do {
      _ = try LMEvalResults(document: document)
      Issue.record("it was read")
    } catch { #expect("\(error.pointer): \(error.reason)" == words) }
  }

  // — beside a table —

  private static func contents() throws -> TableContents {
    var record = task.record
    record.cell.address.column = "ppl-w4a4"
    record.scores += [Fixtures.score(Fixtures.windows)]
    return try TableContents(
      grid: Fixtures.grid, scale: .small, model: Fixtures.model, text: Fixtures.text,
      paper: Fixtures.w4a4Paper, records: [record])
  }

  @Test func anExternalModelStandsBesideTheTable() throws {
    let contents = try Self.contents()
    let external = try LMEvalResults(document: Self.parsed(Self.harness()))
    let section = try contents.externalSection(external, tasks: ["sst2": "piqa"])
    try expectSnapshot(section, "external.md")
  }

  @Test func whatDoesNotFitIsRefusedByName() throws {
    let contents = try Self.contents()
    func refusal(_ text: String, _ tasks: [String: String] = [:]) throws -> String? {
      let external = try LMEvalResults(document: Self.parsed(text))
      do {
        _ = try contents.externalSection(external, tasks: tasks)
        return nil
      } catch let error as ExternalColumnError { return error.description }
    }
    #expect(
      try refusal(Self.harness())
        == "nothing of the results file fits table2: tasks here 'sst2', there 'piqa'; "
        + "--external-task HERE=THERE says which is which")
    #expect(
      try refusal(Self.harness(), ["sst": "piqa"])
        == "the table's records have no task 'sst'; did you mean 'sst2'?")
    #expect(
      try refusal(Self.harness(), ["sst2": "pika"])
        == "the results file has no task 'pika'; did you mean 'piqa'?")
    #expect(
      try refusal(
        Self.harness(samples: #"{ "piqa": { "original": 9, "effective": 9 } }"#), ["sst2": "piqa"])
        == "'sst2' has 4 examples here and 9 in the results file: they aren't the same task")
  }

  // — Every Eval Ever —

  @Test(arguments: [text, task])
  func everyEvalEverFollowsItsSchema(item: NamedRecord) throws {
    let text = try EveryEvalEver(item, organization: "somebody").text()
    let complaints = EveryEvalEverSchema.complaints(of: try Self.parsed(text).root)
    #expect(complaints.isEmpty, "\(complaints)")
    #expect(text.contains(#""source_organization_name": "somebody""#))
    #expect(!text.contains("/home/someone"))
  }

  @Test("The schema's rules, as written down here, refuse what breaks them")
  func schemaRefuses() throws {
    let text = try EveryEvalEver(Self.task, organization: "me").text()
    for (old, new) in [
      (#""schema_version""#, #""schema_versions""#),
      (#""evaluation_run""#, #""evaluation""#), (#""other","#, #""someone","#),
      (#""lower_is_better": false"#, #""lower_is_better": "no""#),
      (#""max_score": 1"#, #""max_scores": 1"#), (#""score": 0.75"#, #""score": "0.75""#),
      (#""seed": "1""#, #""seed": 1"#), (#""source_type": "other""#, #""source_type": "url""#),
      (#""num_samples": 4"#, #""num_samples": 4.5"#),
    ] {
      let broken = text.replacing(old, with: new)
      #expect(broken != text, "\(old)")
      #expect(
        !EveryEvalEverSchema.complaints(of: try Self.parsed(broken).root).isEmpty, "\(old)")
    }
  }
}
