import JSONText
import Tasks
import TestSupport
import Testing

/// The tasks that are trained on: wording, labels, and files that aren't of the task.
@Suite struct FineTuningTaskTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func examples(_ task: FineTuningTask, _ text: String) throws -> [OptionExample] {
    try task.examples(at: folder.write(text, to: "rows"))
  }

  /// Prompt with each option, a bar where scoring begins.
  private func texts(_ example: OptionExample) -> [String] {
    example.options.map { "\($0.context)|\($0.continuation)" }
  }

  @Test(
    "Every task is worded as MeZO words it",
    arguments: [
      (
        FineTuningTask.sst2, "sentence\tlabel\n a \"fine\" film \t1\n",
        ["a \"fine\" film It was| terrible", "a \"fine\" film It was| great"], 1
      ),
      (
        .snippets, "7\t-2.5\tdull .\r\n8\t0.9\tneither\r\n",
        ["dull . It was| terrible", "dull . It was| great"], 0
      ),
      (
        .rte, #"{"premise": "P.", "hypothesis": "H.", "label": "not_entailment", "idx": 3}"#,
        [
          "P.\nDoes this mean that \"H.\" is true? Yes or No?\n|Yes",
          "P.\nDoes this mean that \"H.\" is true? Yes or No?\n|No",
        ], 1
      ),
      (
        .cb, #"{"premise": "P.", "hypothesis": "h", "label": "neutral"}"#,
        ["Yes", "No", "Maybe"].map {
          "Suppose P. Can we infer that \"h\"? Yes, No, or Maybe?\n|\($0)"
        }, 2
      ),
      (
        .boolq, #"{"passage": "P.", "question": "is it", "label": false}"#,
        ["P. Is it?\n|Yes", "P. Is it?\n|No"], 1
      ),
      (
        .boolq, #"{"passage": "P.", "question": "É so?", "answer": true}"#,
        ["P. É so?\n|Yes", "P. É so?\n|No"], 0
      ),
      (
        .copa,
        #"{"premise": "It rained. ", "choice1": "I ran.", "choice2": "THEY ran.", "question": "effect", "label": 1}"#,
        ["It rained so| I ran.", "It rained so| they ran."], 1
      ),
      (
        .copa,
        #"{"premise": "He fell", "choice1": "A b", "choice2": "c", "question": "cause", "label": 0}"#,
        ["He fell because| a b", "He fell because| c"], 0
      ),
    ] as [(FineTuningTask, String, [String], Int)])
  func wording(task: FineTuningTask, file: String, expected: [String], answer: Int) throws {
    let found = try examples(task, file)
    #expect(found.map(texts) == [expected])
    #expect(found.map(\.answer) == [answer])
    #expect(found[0].references.isEmpty)
  }

  @Test("SQuAD's questions, each with all its answers")
  func squad() throws {
    let found = try examples(
      .squad,
      """
      {"version": "1.1", "data": [{"title": "T", "paragraphs": [{"context": "C.", "qas": [
        {"id": "1", "question": " Who? ", "answers": [{"text": "A", "answer_start": 0}, {"text": "B"}]},
        {"id": "2", "question": "When?", "answers": [{"text": "then"}]}]}]}]}
      """)
    #expect(
      found.map(texts) == [
        ["Title: T\nContext: C.\nQuestion: Who?\nAnswer:| A\n"],
        ["Title: T\nContext: C.\nQuestion: When?\nAnswer:| then\n"],
      ])
    #expect(found.map(\.references) == [["A", "B"], ["then"]])
  }

  @Test func lossesAreMeZOs() {
    #expect(
      FineTuningTask.allCases.filter { $0.loss == .tokens } == [.copa, .squad]
        && FineTuningTask.allCases.filter(\.isGenerated) == [.squad])
  }

  @Test(
    "Files that aren't of the task say where",
    arguments: [
      (
        FineTuningTask.sst2, "sentence\tlabel\nx\t2\n",
        "2: error: expected a label from 0 to 1 in 'label', found '2'"
      ),
      (
        .sst2, "text\tlabel\nx\t1\n",
        "2: error: expected a string in 'sentence', found no such member"
      ),
      (.snippets, "1\tx\ty\n", "1: error: expected a rating from -4 to 4, found 'x'"),
      (.snippets, "1\t4.5\ty\n", "1: error: expected a rating from -4 to 4, found '4.5'"),
      (.snippets, "1\t0.2\ty\n", " error: expected at least one example, found none"),
      (
        .rte, #"{"premise": "", "hypothesis": "", "label": "maybe"}"#,
        "1: error: expected 'label' to be one of entailment, not_entailment, found 'maybe'"
      ),
      (
        .cb, #"{"premise": "", "hypothesis": "", "label": 3}"#,
        "1: error: expected a label from 0 to 2 in 'label', found 3"
      ),
      (
        .boolq, #"{"passage": "", "question": "", "label": "yes"}"#,
        "1: error: expected true or false in 'label', found 'yes'"
      ),
      (
        .copa, #"{"premise": "", "choice1": "", "choice2": "", "question": "why", "label": 0}"#,
        "1: error: expected 'question' to be one of effect, cause, found 'why'"
      ),
      (.squad, "[]", "1: error: expected a list in 'data'"),
      (
        .squad,
        "{\"data\": [\n{\"title\": \"T\",\n\"paragraphs\": [{\"context\": 1, \"qas\": []}]}]}",
        "3: error: /data/0/paragraphs/0: expected a string in 'context'"
      ),
      (
        .squad,
        #"{"data": [{"title": "", "paragraphs": [{"context": "", "qas": [{"question": "", "answers": []}]}]}]}"#,
        "1: error: /data/0/paragraphs/0/qas/0/answers: expected at least one answer, found none"
      ),
    ])
  func badFiles(task: FineTuningTask, file: String, reason: String) throws {
    let error = try #require(throws: TaskError.self) { try examples(task, file) }
    #expect("\(error)" == "\(folder.path("rows")):\(reason)")
  }

  @Test(
    "The published files can be read whole",
    .needsTestData("sst2/train.tsv", "rte/train.jsonl", "superglue/cb_train.jsonl"),
    arguments: [
      (FineTuningTask.sst2, "sst2/train.tsv", 67_349), (.sst2, "sst2/dev.tsv", 872),
      (.rte, "rte/train.jsonl", 2490), (.rte, "rte/val.jsonl", 277),
      (.cb, "superglue/cb_train.jsonl", 250), (.cb, "superglue/cb_val.jsonl", 56),
      (.boolq, "superglue/boolq_train.jsonl", 9427), (.boolq, "superglue/boolq_val.jsonl", 3270),
      (.copa, "superglue/copa_train.jsonl", 400), (.copa, "superglue/copa_val.jsonl", 100),
    ])
  func published(task: FineTuningTask, file: String, count: Int) throws {
    let found = try task.examples(at: #require(TestData.path(file)))
    #expect(found.count == count)
    #expect(Set(found.map(\.answer)).count == found[0].options.count)
  }
}
