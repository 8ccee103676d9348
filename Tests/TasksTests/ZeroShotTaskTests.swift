import JSONText
import Tasks
import TestSupport
import Testing

/// Prompts of the zero-shot tasks: the reference's strings, every published form, every bad row.
@Suite struct ZeroShotTaskTests {
  private static let files: [(ZeroShotTask, vector: String, file: String)] = [
    (.piqa, "piqa", "zeroshot/piqa_valid.jsonl"),
    (.arcEasy, "arc_easy", "zeroshot/arc_easy_val.jsonl"),
    (.arcChallenge, "arc_challenge", "zeroshot/arc_challenge_val.jsonl"),
    (.hellaswag, "hellaswag", "zeroshot/hellaswag_val1000.jsonl"),
    (.winogrande, "winogrande", "zeroshot/winogrande_xl_val.jsonl"),
  ]

  @Test(
    "The first sixteen examples of each task are worded as the reference words them",
    .needsTestData(
      "zeroshot/piqa_valid.jsonl", "zeroshot/arc_easy_val.jsonl",
      "zeroshot/arc_challenge_val.jsonl", "zeroshot/hellaswag_val1000.jsonl",
      "zeroshot/winogrande_xl_val.jsonl"))
  func strings() throws {
    let requests = try JSONDocument(contentsOf: Vectors.path("lmeval.requests.json")).root
    for (task, vector, file) in Self.files {
      let examples = try task.examples(at: #require(TestData.path(file)))
      guard case .array(let expected) = requests[vector] else {
        Issue.record("no requests of \(vector)")
        continue
      }
      #expect(expected.count == 16)
      for (index, reference) in expected.enumerated() {
        guard case .array(let options) = reference["options"] else { continue }
        let example = examples[index]
        #expect(example.options.count == options.count)
        for (own, option) in zip(example.options, options) {
          #expect(option["context"] == .string(own.context), "\(vector) \(index)")
          #expect(option["continuation"] == .string(own.continuation), "\(vector) \(index)")
        }
        // The reference names WinoGrande's answer by the text that follows, which both options share.
        if task != .winogrande {
          #expect(reference["gold"] == .integer(Int64(example.answer)), "\(vector) \(index)")
        }
      }
    }
  }

  @Test(
    "Whole files can be read",
    .needsTestData(
      "zeroshot/piqa_valid.jsonl", "zeroshot/arc_easy_test.jsonl",
      "zeroshot/arc_challenge_test.jsonl", "zeroshot/hellaswag_val1000.jsonl",
      "zeroshot/winogrande_xl_val.jsonl"),
    arguments: [
      (ZeroShotTask.piqa, "piqa_valid", 1838), (.arcEasy, "arc_easy_test", 2376),
      (.arcEasy, "arc_easy_val", 570), (.arcChallenge, "arc_challenge_test", 1172),
      (.arcChallenge, "arc_challenge_val", 299), (.hellaswag, "hellaswag_val1000", 1000),
      (.winogrande, "winogrande_xl_val", 1267),
    ])
  func wholeFiles(task: ZeroShotTask, file: String, count: Int) throws {
    let examples = try task.examples(at: #require(TestData.path("zeroshot/\(file).jsonl")))
    #expect(examples.count == count)
    #expect(examples.allSatisfy { $0.options.indices.contains($0.answer) })
  }

  private func example(_ task: ZeroShotTask, _ row: String) throws -> OptionExample {
    let value = try JSONDocument(text: Array(row.utf8), file: "f.jsonl").root
    return try task.example(TaskRow(file: "f.jsonl", line: 7, value: value))
  }

  @Test("HellaSwag's own rows are cleaned as the reference cleans them")
  func hellaSwag() throws {
    let own = try example(
      .hellaswag,
      """
      {"ind": 4, "activity_label": "Home", "ctx_a": " [header] How to  sweep [title] Begin.",
       "ctx_b": "then THEY", "endings": ["  rest [substeps] now. ", "a[b]c", "[open", "x"],
       "label": "2", "source_id": "w"}
      """)
    // One of each two spaces goes, once: of three, two stay.
    #expect(own.options[0].context == "Home:  How to sweep. Begin. Then they")
    #expect(own.options.map(\.continuation) == [" rest now.", " ac", " [open", " x"])
    #expect(own.options.map(\.characters) == [9, 2, 5, 1])
    #expect(own.answer == 2)
  }

  @Test("ARC's nested form says the same as the flat one")
  func science() throws {
    let flat = try example(
      .arcEasy,
      #"{"question": "Why?", "choices": {"text": ["a", "b"], "label": ["1", "2"]}, "answerKey": "2"}"#
    )
    let nested = try example(
      .arcChallenge,
      """
      {"question": {"stem": "Why?", "choices": [{"text": "a", "label": "1"},
      {"text": "b", "label": "2"}]}, "answerKey": "2"}
      """)
    #expect(flat == nested)
    #expect(
      flat == OptionExample(context: "Question: Why?\nAnswer:", answers: ["a", "b"], answer: 1))
  }

  @Test("WinoGrande's options stand before what is scored")
  func pronoun() throws {
    let own = try example(
      .winogrande,
      #"{"sentence": "É said _  went. ", "option1": "Al", "option2": "Bob", "answer": "1"}"#)
    #expect(own.options.map(\.context) == ["É said Al", "É said Bob"])
    #expect(own.options.map(\.continuation) == [" went.", " went."])
    // Code points, not bytes.
    #expect(own.options.map(\.characters) == [9, 10])
  }

  @Test(
    "Rows that aren't of the task say what is wrong with them",
    arguments: [
      (
        ZeroShotTask.piqa, #"{"goal": "g", "sol1": "a", "sol2": "b", "label": 2}"#,
        "expected a label from 0 to 1 in 'label', found 2"
      ),
      (
        .piqa, #"{"goal": 3, "sol1": "a", "sol2": "b", "label": 0}"#,
        "expected a string in 'goal', found 3"
      ),
      (
        .piqa, #"{"goal": "g", "sol1": "a", "label": 0}"#,
        "expected a string in 'sol2', found no such member"
      ),
      (
        .arcEasy,
        #"{"question": "q", "choices": {"text": ["a", "b"], "label": ["A", "B"]}, "answerKey": "C"}"#,
        "expected 'answerKey' to be one of A, B, found 'C'"
      ),
      (
        .arcEasy,
        #"{"question": "q", "choices": {"text": ["a", "b"], "label": ["A", "B", "C"]}, "answerKey": "C"}"#,
        "expected at least 2 choices with a label each, found 2 texts and 3 labels"
      ),
      (
        .winogrande, #"{"sentence": "s", "option1": "a", "option2": "b", "answer": "1"}"#,
        "expected a '_' in 'sentence', found none"
      ),
      (
        .winogrande, #"{"sentence": "_", "option1": "a", "option2": "b", "answer": ""}"#,
        "expected a label from 1 to 2 in 'answer', found ''"
      ),
      (
        .hellaswag, #"{"query": "q", "choices": ["a"], "gold": 0}"#,
        "expected at least 2 entries in 'choices', found 1"
      ),
      (
        .hellaswag, #"{"query": "q", "choices": "ab", "gold": 0}"#,
        "expected a list of strings in 'choices'"
      ),
    ])
  func badRows(task: ZeroShotTask, row: String, reason: String) throws {
    let error = try #require(throws: TaskError.self) { try example(task, row) }
    #expect("\(error)" == "f.jsonl:7: error: \(reason)")
  }
}
