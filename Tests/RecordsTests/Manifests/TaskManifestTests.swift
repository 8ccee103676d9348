import JSONText
import Records
import TestSupport
import Testing
import Vocabulary

/// Manifests of tasks, and tasks of cells and records.
@Suite struct TaskManifestTests {
  static let manifest = """
    {
      "schema": 1, "name": "quiz", "label": "Quiz", "licence": "none", "environment": "ZEROQAT_QUIZ",
      "files": [{ "name": "train.tsv" }, { "name": "dev.tsv", "bytes": 9 }],
      "tasks": [
        {
          "name": "quiz", "label": "Quiz", "format": "sst2", "use": "fine-tuning",
          "splits": [
            { "name": "own", "train": [{ "file": "train.tsv" }], "test": [{ "file": "dev.tsv" }] }
          ],
          "examples": { "train": 1000, "development": 500, "test": 1000 }, "contextTokens": 2048
        },
        {
          "name": "blind", "label": "Blind", "format": "piqa", "use": "zero-shot",
          "splits": [{ "name": "own", "test": [{ "file": "dev.tsv" }] }]
        }
      ]
    }
    """

  @Test func reads() throws {
    let (manifest, document) = try ManifestTests.dataset(Self.manifest)
    try manifest.check(in: document, folder: "quiz")
    #expect(manifest.join == nil && manifest.splits.isEmpty)
    #expect(
      manifest.tasks[0].examples == ExampleCounts(train: 1000, development: 500, test: 1000))
    #expect(manifest.tasks[1].examples == ExampleCounts())
    #expect(manifest.tasks[1].splits[0].fileNames == ["dev.tsv"])
  }

  @Test(arguments: [
    (
      #""tasks": ["#, #""join": "plain", "tasks": ["#, "/splits",
      "a dataset needs a way to split it"
    ),
    (
      #"{ "name": "own", "test": [{ "file": "dev.tsv" }] }"#,
      #"{ "name": "own", "test": [{ "file": "dev.tsv", "answer": 0 }] }"#,
      "/tasks/1/splits/0/test", "expected a part for every answer, found none for 1"
    ),
    (
      #"{ "name": "own", "test": [{ "file": "dev.tsv" }] }"#,
      #"{ "name": "own", "test": [{ "file": "dev.tsv", "from": 1, "answer": 1 }, { "file": "dev.tsv", "to": 1 }] }"#,
      "/tasks/1/splits/0/test/1",
      "expected 'answer', an index from 0, as other parts of the task have it, found none"
    ),
    (
      #"{ "name": "own", "test": [{ "file": "dev.tsv" }] }"#,
      #"{ "name": "own", "test": [{ "file": "dev.tsv" }], "development": [{ "file": "dev.tsv" }] }"#,
      "/tasks/1/splits/0", "parts overlap: 'dev.tsv' from byte 0 is in two of them"
    ),
    (
      #""name": "blind""#, #""name": "quiz""#, "/tasks/1/name",
      "the task 'quiz' is listed twice"
    ),
    (
      #"[{ "name": "own", "test": [{ "file": "dev.tsv" }] }]"#, "[]", "/tasks/1/splits",
      "a task needs a way to split it"
    ),
    (
      #""train": [{ "file": "train.tsv" }], "test""#, #""test""#, "/tasks/0/splits/0",
      "a task for fine-tuning needs a file in 'train'"
    ),
    (
      #"{ "name": "own", "test": [{ "file": "dev.tsv" }] }"#, #"{ "name": "own" }"#,
      "/tasks/1/splits/0", "a task for zero-shot needs a file in 'test'"
    ),
    (
      #"[{ "file": "train.tsv" }]"#, #"[{ "file": "trian.tsv" }]"#,
      "/tasks/0/splits/0/train/0/file", "unknown file 'trian.tsv'; did you mean 'train.tsv'?"
    ),
    (
      #""train": [{ "file": "train.tsv" }]"#, #""train": [{ "file": "dev.tsv", "from": 3 }]"#,
      "/tasks/0/splits/0", "parts overlap: 'dev.tsv' from byte 3 is in two of them"
    ),
    (
      #""development": 500"#, #""development": 0"#, "/tasks/0/examples/development",
      "expected a positive number of examples, found 0"
    ),
    (
      #""contextTokens": 2048"#, #""contextTokens": -1"#, "/tasks/0/contextTokens",
      "expected a positive number of tokens, found -1"
    ),
  ])
  func refuses(piece: String, other: String, pointer: String, reason: String) throws {
    let (manifest, document) = try ManifestTests.dataset(
      try #require(replacing(piece, by: other, in: Self.manifest)))
    let error = #expect(throws: JSONError.self) { try manifest.check(in: document, folder: "quiz") }
    #expect(error?.pointer == pointer)
    #expect(error?.reason == reason)
  }

  @Test func countsOfAScaleReplaceThoseOfTheManifest() {
    let own = ExampleCounts(train: 1000, development: 500, test: 1000)
    #expect(own.replaced(by: nil) == own)
    #expect(
      own.replaced(by: ExampleCounts(test: 64))
        == ExampleCounts(train: 1000, development: 500, test: 64, mayBeFewer: false))
  }

  private static let task = TaskSource(
    name: "quiz", format: "sst2", use: .fineTuning, train: [TextPart(path: "/q/t", digest: "d")],
    development: [TextPart(path: "/q/u", digest: "f")], test: [TextPart(path: "/q/v", digest: "e")],
    examples: ExampleCounts(train: 5, test: 3),
    contextTokens: 64)

  @Test func cellsKeepTheirTasks() throws {
    var cell = CellCheckTests.sample
    cell.protocolSettings.tasks = [Self.task]
    let text = try jsonText(of: cell, style: .pretty)
    let document = try JSONDocument(text: Array(text.utf8), file: "cell.json")
    #expect(try document.decode(Cell.self) == cell)
    try cell.check(in: document)
  }

  static let damages: [(@Sendable (inout [TaskSource]) -> Void, String, String)] = [
    ({ $0[1].name = "quiz" }, "/protocol/tasks/1/name", "the task 'quiz' is listed twice"),
    (
      { $0[1].use = .fineTuning }, "/protocol/tasks/1/use",
      "expected one task to fine-tune on, found 'quiz' and 'blind'"
    ),
    ({ $0[0].train = [] }, "/protocol/tasks/0/train", "expected at least one part"),
    ({ $0[1].test = [] }, "/protocol/tasks/1/test", "expected at least one part"),
    (
      { $0[0].examples.test = 0 }, "/protocol/tasks/0/examples/test",
      "expected a positive number of examples, found 0"
    ),
    (
      { $0[0].train[0].from = -1 }, "/protocol/tasks/0/train/0",
      "expected a range of bytes, found -1..<\(Int.max)"
    ),
  ]

  @Test(arguments: damages.indices) func cellsRefuse(index: Int) throws {
    let (damage, pointer, reason) = Self.damages[index]
    var cell = CellCheckTests.sample
    var other = Self.task
    (other.name, other.use) = ("blind", .zeroShot)
    var tasks = [Self.task, other]
    damage(&tasks)
    cell.protocolSettings.tasks = tasks
    let text = try jsonText(of: cell, style: .pretty)
    let document = try JSONDocument(text: Array(text.utf8), file: "cell.json")
    let error = #expect(throws: JSONError.self) { try cell.check(in: document) }
    #expect(error?.pointer == pointer)
    #expect(error?.reason == reason)
  }

  @Test func recordsKeepOutcomes() throws {
    var record = RunRecord(cell: CellCheckTests.sample, status: .finished)
    record.cell.protocolSettings.tasks = [Self.task]
    record.scores = [
      Score(
        split: "test", metric: "perplexity", value: 2, meanNLL: 0.7, standardErrorNLL: nil,
        windowNLL: [0.7], scoredTokens: 7),
      Score(
        split: "test", task: "quiz", metric: "accuracy", value: 0.5, standardError: 0.5,
        outcomes: [0, 1], scoredTokens: 4, meanLoss: 0.7),
      Score(
        split: "development", task: "quiz", metric: "accuracy", value: 1, standardError: nil,
        outcomes: [1], scoredTokens: 2),
    ]
    record.trajectory = [
      TrajectoryPoint(
        step: 0, developmentTask: TaskPoint(metric: "accuracy", value: 1, meanLoss: 0.7),
        testTask: nil)
    ]
    let text = try jsonText(of: record, style: .pretty)
    let again = try JSONDocument(text: Array(text.utf8), file: "r").decode(RunRecord.self)
    #expect(again == record)
    #expect(again.score(.accuracy, task: "quiz")?.outcomes == [0, 1])
    #expect(again.score(.accuracy, split: "development", task: "quiz")?.value == 1)
    #expect(again.score(.accuracy) == nil)
    #expect(again.score(.perplexity)?.value == 2)
    #expect(again.scoredTasks == ["quiz"])
    // Where files lie is nobody's business.
    let published = record.withoutFolders.cell.protocolSettings.tasks
    #expect(published?[0].train[0].path == "t" && published?[0].test[0].path == "v")
    #expect(published?[0].development?[0].path == "u")
  }
}
