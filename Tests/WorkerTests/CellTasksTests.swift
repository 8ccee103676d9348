import Glibc
import JSONText
import Records
import TestSupport
import Testing
import Vocabulary
import Worker

/// Cells with tasks, from their files to their records.
@Suite("A worker's tasks", .serialized)
struct CellTasksTests {
  private let fixture: CellFixture
  private var folder: TemporaryFolder { fixture.folder }

  init() throws {
    fixture = try CellFixture()
    var random = SplitMix64(seed: 9)
    func sentence() -> String {
      let words = ["one", "tree", "of", "water", "sound", "seven"]
      return (0..<4).map { _ in words[Int(random.next() % 6)] }.joined(separator: " ")
    }
    var rows = "sentence\tlabel\n"
    for _ in 0..<60 { rows += "\(sentence())\t\(random.next() % 2)\n" }
    try folder.write(rows, to: "train.tsv")
    rows = "sentence\tlabel\n"
    for _ in 0..<12 { rows += "\(sentence())\t\(random.next() % 2)\n" }
    try folder.write(rows, to: "dev.tsv")
    rows = ""
    for _ in 0..<7 {
      rows +=
        #"{"goal": "\#(sentence())", "sol1": "\#(sentence())", "sol2": "one", "label": \#(random.next() % 2)}"#
        + "\n"
    }
    try folder.write(rows, to: "piqa.jsonl")
    try folder.write(
      """
      {"data": [{"title": "T", "paragraphs": [{"context": "one tree.", "qas": [
        \((0..<9).map {
          #"{"question": "who \#($0)?", "answers": [{"text": "tree"}, {"text": "\#($0)"}]}"#
        }.joined(separator: ",\n"))]}]}]}
      """, to: "squad.json")
  }

  private func parts(_ file: String) -> String {
    #"[{ "path": "\#(folder.path(file))", "digest": "\#(fixture.digest(of: folder.path(file)))", "from": 0, "to": null }]"#
  }

  private func fineTuning(
    _ examples: String = #"{ "train": 20, "development": 6, "test": 10 }"#,
    context: String = "null", format: String = "sst2", train: String = "train.tsv",
    test: String? = "dev.tsv"
  ) -> String {
    """
    { "name": "quiz", "format": "\(format)", "use": "fine-tuning", "train": \(parts(train)),
      "test": \(test.map(parts) ?? "[]"), "examples": \(examples), "sampleSeed": 0,
      "contextTokens": \(context) }
    """
  }

  private func zeroShot(_ file: String = "piqa.jsonl", format: String = "piqa") -> String {
    """
    { "name": "suite-piqa", "format": "\(format)", "use": "zero-shot", "train": [],
      "test": \(parts(file)), "examples": {}, "sampleSeed": 0 }
    """
  }

  private func settings(
    _ tasks: [String], _ method: String = "rtn", _ options: String = "{}", bits: String = "W8A8"
  ) -> CellFixture.Settings {
    var settings = CellFixture.Settings(method, options, bits: bits)
    settings.tasks = "[\(tasks.joined(separator: ", "))]"
    return settings
  }

  private func run(_ settings: CellFixture.Settings, keepsLog: Bool = false) throws -> RunRecord {
    if !keepsLog { unlink(folder.path("work/replay.log")) }
    let specification = try folder.write(fixture.cell(settings), to: "cell.json")
    try runCell(
      specification: specification, output: folder.path("record.json"), threads: 2,
      workFolder: folder.path("work"))
    return try JSONDocument(contentsOf: folder.path("record.json")).decode(RunRecord.self)
  }

  @Test("Zero-shot tasks are scored beside the text")
  func zeroShotScores() throws {
    let record = try run(settings([zeroShot()]))
    #expect(record.status == .finished, "\(record.reason ?? "")")
    #expect(
      record.scores.map { "\($0.split) \($0.task ?? "-") \($0.metric)" } == [
        "test - perplexity", "development - perplexity", "test suite-piqa accuracy",
        "test suite-piqa acc_norm",
      ])
    for score in record.scores.suffix(2) {
      let outcomes = try #require(score.outcomes)
      #expect(outcomes.count == 7 && outcomes.allSatisfy { $0 == 0 || $0 == 1 })
      #expect(score.value == outcomes.reduce(0, +) / 7)
      let p = try #require(score.value)
      #expect(abs((score.standardError ?? 0) - (p * (1 - p) / 6).squareRoot()) < 1e-12)
      #expect(score.windowNLL.isEmpty && score.meanNLL == nil && score.scoredTokens > 14)
    }
    #expect(record.digests.map(\.name).contains("examples.suite-piqa.test"))
  }

  @Test("A method that doesn't train is scored on the task it was given")
  func postTraining() throws {
    let record = try run(settings([fineTuning(), zeroShot()]))
    #expect(record.status == .finished, "\(record.reason ?? "")")
    #expect(
      record.scores.map { "\($0.split) \($0.task ?? "-") \($0.metric)" } == [
        "test quiz accuracy", "development quiz accuracy", "test suite-piqa accuracy",
        "test suite-piqa acc_norm",
      ])
    #expect(record.scores[0].outcomes?.count == 10 && record.scores[1].outcomes?.count == 6)
    #expect(record.scores[0].meanLoss ?? 0 > 0.1)
    #expect(
      record.digests.map(\.name).filter { $0.hasPrefix("examples") } == [
        "examples.quiz.train", "examples.quiz.development", "examples.quiz.test",
        "examples.suite-piqa.test",
      ])
    #expect(record.trajectory.isEmpty && record.events.isEmpty)
  }

  private static let training = """
    { "steps": 6, "learningRate": 1e-3, "epsilon": 1e-3, "checkpointEvery": 2, "batchExamples": 4 }
    """

  @Test(
    "Fine-tuning by forwards alone: trajectory, the choice by development loss, and a resumed run")
  func fineTuned() throws {
    let settings = settings(
      [fineTuning(), zeroShot()], "zeroqat", Self.training, bits: "W8A16")
    let record = try run(settings)
    #expect(record.status == .finished, "\(record.reason ?? "")")
    #expect(record.trajectory.map(\.step) == [0, 2, 4, 6])
    let losses = try record.trajectory.map { try #require($0.developmentTask?.meanLoss) }
    let summary = try #require(record.zerothOrder)
    let best = try #require(record.trajectory.firstIndex { $0.step == summary.bestDevelopmentStep })
    #expect(losses[best] == losses.min())
    #expect(Set(losses).count == 4)
    // Test examples are scored where the step is the best so far, and nowhere else.
    for (index, point) in record.trajectory.enumerated() {
      #expect((point.testTask != nil) == losses[..<index].allSatisfy { losses[index] < $0 })
      #expect(point.developmentWindowNLL.isEmpty && point.testWindowNLL.isEmpty)
    }
    #expect(record.scores[0].meanLoss == record.trajectory[best].testTask?.meanLoss)
    #expect(record.scores[1].meanLoss == losses[best])
    #expect(record.scores[1].value == record.trajectory[best].developmentTask?.value)
    #expect(summary.steps == 6 && summary.forwards == 12 && summary.tokens > 6 * 4 * 2)
    #expect(record.scores.count == 4)

    // The journal is there: everything is replayed, and nothing comes out otherwise.
    var again = try run(settings, keepsLog: true)
    #expect(again.measurement?.resumes == 1)
    again.measurement = record.measurement
    #expect(again == record)

    // Other examples to train on, other losses; the same examples to choose on, the same start.
    let other = try run(
      self.settings(
        [fineTuning(#"{ "train": 7, "development": 6, "test": 10 }"#)], "zeroqat", Self.training,
        bits: "W8A16"))
    #expect(other.trajectory[0].developmentTask == record.trajectory[0].developmentTask)
    #expect(other.zerothOrder?.probeLosses != summary.probeLosses)
  }

  @Test(
    "Fine-tuning by backpropagation learns the right answers, and is chosen and scored in the same way"
  )
  func backpropagation() throws {
    let options = """
      { "steps": 12, "learningRate": 3e-3, "checkpointEvery": 4, "batchWindows": 5 }
      """
    let record = try run(settings([fineTuning()], "ste-qat", options))
    #expect(record.status == .finished, "\(record.reason ?? "")")
    #expect(record.trajectory.map(\.step) == [0, 4, 8, 12])
    #expect(record.trajectory.allSatisfy { $0.developmentTask?.metric == "accuracy" })
    let losses = ["first", "last"].map { step in
      record.facts.first { $0.name == "training loss, \(step) step" }?.value ?? .nan
    }
    #expect(losses[1] < losses[0])
    #expect(record.scores.map(\.metric) == ["accuracy", "accuracy"])
    let refused = try run(
      settings(
        [fineTuning()], "ste-qat", #"{ "steps": 1, "learningRate": 1, "batchWindows": 21 }"#))
    #expect(
      refused.reason
        == "option 'batchWindows': expected at most the 20 examples to train on, found 21")
  }

  @Test("Training on answers' tokens, scoring generated ones")
  func generated() throws {
    let task = fineTuning(
      #"{ "train": 4, "development": 2, "test": 3 }"#, format: "squad", train: "squad.json",
      test: nil)
    let record = try run(
      settings(
        [task], "zeroqat",
        #"{ "steps": 2, "learningRate": 1e-3, "epsilon": 1e-3, "batchExamples": 2 }"#,
        bits: "W8A16"))
    #expect(record.status == .finished, "\(record.reason ?? "")")
    #expect(
      record.scores.map { "\($0.split) \($0.metric) \($0.outcomes?.count ?? -1)" } == [
        "test f1 3", "test exact-match 3",
      ])
    #expect(record.trajectory.map { $0.developmentTask?.value } == [nil, nil])
    #expect(record.trajectory.allSatisfy { $0.developmentTask?.metric == "f1" })
    var again = try run(
      settings(
        [task], "zeroqat",
        #"{ "steps": 2, "learningRate": 1e-3, "epsilon": 1e-3, "batchExamples": 2 }"#,
        bits: "W8A16"), keepsLog: true)
    again.measurement = record.measurement
    #expect(again == record)
  }

  @Test("Long prompts and small sets are counted")
  func oddities() throws {
    let record = try run(
      settings([fineTuning(#"{ "train": 20, "development": 6, "test": 99 }"#, context: "24")]))
    #expect(record.status == .finished, "\(record.reason ?? "")")
    #expect(record.events[0].hasPrefix("quiz train: "))
    #expect(
      record.events[0].hasSuffix(
        " of 20 examples are longer than 24 tokens and were cut at the left"))
    #expect(record.events.contains("quiz test: 12 examples, there are no 99"))
    let fact = try #require(
      record.facts.first { $0.name == "truncated examples of quiz train" })
    #expect(fact.value > 5 && fact.unit == "examples")
  }

  @Test("What can't be had is a failed cell with its reason")
  func failures() throws {
    func expect(_ tasks: [String], _ reason: String) throws {
      let record = try run(settings(tasks))
      #expect(record.status == .failed)
      #expect(record.reason == reason.replacing("$", with: folder.path))
      #expect(record.scores.isEmpty && record.measurement != nil)
    }
    try folder.write("sentence\tlabel\n", to: "empty.tsv")
    try folder.write("sentence\tlabel\nx\t7\n", to: "label.tsv")
    try expect(
      [fineTuning(train: "absent.tsv")],
      "$/absent.tsv: error: can't open: No such file or directory")
    try expect(
      [fineTuning(train: "empty.tsv")],
      "$/empty.tsv: error: expected at least one example, found none")
    try expect(
      [fineTuning(train: "label.tsv")],
      "$/label.tsv:2: error: expected a label from 0 to 1 in 'label', found '7'")
    try expect(
      [fineTuning(#"{ "train": 90, "development": 6, "test": 10, "mayBeFewer": false }"#)],
      "the train split is too short: 90 examples were asked for, 54 are there")
    try expect(
      [fineTuning(format: "sst9")],
      "format of quiz: expected 'sst2' or 'snippets' or 'source' or 'rte' or 'cb' or 'boolq' or 'copa' or 'squad', found 'sst9'"
    )
    try expect(
      [zeroShot(format: "sst2")],
      "format of suite-piqa: expected 'piqa' or 'arc-easy' or 'arc-challenge' or 'hellaswag' or 'winogrande', found 'sst2'"
    )
    try expect([fineTuning(context: "1")], "tokens of the context: expected at least 2, found 1")
    try expect(
      [fineTuning(context: "5")],
      "a continuation of 9 tokens leaves no room for its context: the model reads 5 tokens")
    let record = try run(
      settings(
        [fineTuning()], "zeroqat",
        #"{ "steps": 1, "learningRate": 1e-3, "epsilon": 1e-3, "batchExamples": 21 }"#))
    #expect(record.status == .failed)
    #expect(
      record.reason
        == "option 'batchExamples': expected 1 to 20, the examples to train on, found 21")
  }
}
