import Harness
import JSONText
import Records
import System
import TestSupport
import Testing

/// Protocols with tasks: which text goes with them, which files, and what is said where they are missing.
@Suite struct TaskProtocolTests {
  private let sample: SampleCheckout

  /// A checkout with a dataset of two zero-shot tasks and one to fine-tune on; no file is there yet.
  init() throws {
    sample = try SampleCheckout()
    for name in ["quizzes", "mood"] { try makeFolder(sample.folder.path("datasets/\(name)")) }
    try sample.folder.write(
      """
      {
        "schema": 1, "name": "quizzes", "label": "Quizzes", "licence": "none",
        "environment": "ZEROQAT_QUIZZES", "files": [{ "name": "a.jsonl" }, { "name": "b.jsonl" }],
        "tasks": [
          {
            "name": "a", "label": "A", "format": "piqa", "use": "zero-shot",
            "splits": [{ "name": "own", "test": [{ "file": "a.jsonl" }] }]
          },
          {
            "name": "b", "label": "B", "format": "piqa", "use": "zero-shot",
            "splits": [{ "name": "own", "test": [{ "file": "b.jsonl" }] }]
          }
        ]
      }
      """, to: "datasets/quizzes/manifest.json")
    try sample.folder.write(
      """
      {
        "schema": 1, "name": "mood", "label": "Mood", "licence": "none",
        "environment": "ZEROQAT_MOOD", "files": [{ "name": "all.tsv" }, { "name": "dev.tsv" }],
        "tasks": [
          {
            "name": "mood", "label": "Mood", "format": "sst2", "use": "fine-tuning",
            "splits": [
              { "name": "two", "train": [{ "file": "all.tsv" }], "test": [{ "file": "dev.tsv" }] },
              { "name": "one", "train": [{ "file": "all.tsv" }] }
            ],
            "examples": { "train": 10, "development": 5 }, "contextTokens": 64
          }
        ]
      }
      """, to: "datasets/mood/manifest.json")
  }

  private func put(_ name: String, in dataset: String) throws {
    try makeFolder(sample.cacheHome + "/zeroqat/datasets/\(dataset)")
    try sample.folder.write("rows", to: "cache/zeroqat/datasets/\(dataset)/\(name)")
  }

  private func settings(_ id: String) throws -> EvaluationProtocol {
    let plan = try Fixture(sample).plan(protocolID: id)
    return try #require(plan.entries.compactMap(\.cell).first).protocolSettings
  }

  @Test func tasksTakeTheTextOfTheScale() throws {
    try put("all.tsv", in: "mood")
    let own = try settings("mood")
    #expect(own.id == "verse-8+mood")
    #expect(own.windowTokens == 8 && own.train.parts.count == 1)
    let task = try #require(own.tasks?.first)
    #expect(own.tasks?.count == 1)
    #expect(task.name == "mood" && task.format == "sst2" && task.use == .fineTuning)
    #expect(task.train.map(\.path) == [sample.cacheHome + "/zeroqat/datasets/mood/all.tsv"])
    // The second way to split it, because the first one's file isn't there.
    #expect(task.test.isEmpty)
    #expect(task.examples == ExampleCounts(train: 10, development: 5))
    #expect(task.contextTokens == 64)
    #expect(try settings("verse-4+mood").id == "verse-4+mood")
    try put("dev.tsv", in: "mood")
    #expect(try settings("mood").tasks?.first?.test.count == 1)
  }

  @Test func aSuiteIsItsTasksThatAreThere() throws {
    let plan = try Fixture(sample).plan(protocolID: "quizzes")
    #expect(plan.entries.allSatisfy { $0.cell == nil })
    #expect(
      plan.description.contains(
        "dataset quizzes isn't on this machine; ZEROQAT_QUIZZES can name your copy"))
    try put("b.jsonl", in: "quizzes")
    #expect(try settings("quizzes").tasks?.map(\.name) == ["quizzes-b"])
    #expect(try settings("quizzes").id == "verse-8+quizzes-b")
    let missing = try Fixture(sample).plan(protocolID: "quizzes-a")
    #expect(missing.entries.allSatisfy { $0.cell == nil })
    try put("a.jsonl", in: "quizzes")
    #expect(try settings("quizzes").tasks?.map(\.name) == ["quizzes-a", "quizzes-b"])
    try put("all.tsv", in: "mood")
    #expect(try settings("quizzes-b+mood").id == "verse-8+quizzes-b+mood")
  }

  @Test func idsDependOnTasks() throws {
    try put("all.tsv", in: "mood")
    let plan = try Fixture(sample).plan(protocolID: "mood")
    let cell = try #require(plan.entries.compactMap(\.cell).first)
    var other = cell
    other.protocolSettings.tasks?[0].train[0].path = "/elsewhere"
    #expect(try other.computedID == cell.id)
    let changes: [@Sendable (inout TaskSource) -> Void] = [
      { $0.name = "m" }, { $0.format = "m" }, { $0.use = .zeroShot },
      { $0.train[0].digest = "m" }, { $0.train[0].from = 1 }, { $0.examples.train = 11 },
      { $0.examples.test = 1 }, { $0.examples.mayBeFewer = false }, { $0.sampleSeed = 1 },
      { $0.contextTokens = nil },
    ]
    var ids: Set = [cell.id]
    for change in changes {
      var other = cell
      if var task = other.protocolSettings.tasks?[0] {
        change(&task)
        other.protocolSettings.tasks = [task]
      }
      ids.insert(try other.computedID)
    }
    #expect(ids.count == changes.count + 1)
  }

  @Test func countsComeFromTheScale() throws {
    try put("all.tsv", in: "mood")
    try sample.folder.write(
      SampleCheckout.grid(scale: #", "examples": { "test": 7 }"#), to: "tables/sample/grid.json")
    #expect(
      try settings("mood").tasks?.first?.examples
        == ExampleCounts(train: 10, development: 5, test: 7, mayBeFewer: false))
  }

  @Test(arguments: [
    (
      "verse",
      "expected a dataset, a hyphen and 2 to 65536 tokens per window, as in 'books-512'; "
        + "'verse' is text and has no tasks"
    ),
    ("quizzes-c", "the dataset 'quizzes' has no task 'c'; known: 'a', 'b'"),
    ("mood-8", "'mood' has tasks and no text to cut into windows"),
  ])
  func refuses(id: String, reason: String) throws {
    let error = #expect(throws: ProtocolIDError.self) {
      try Fixture(sample).plan(protocolID: id)
    }
    #expect(error?.reason == reason)
  }

  /// The sample's grid with other protocols, and with what stands for a text and for a task.
  private func grid(
    protocols: String = #"["verse-8"]"#, verse: String = #"["verse-4"]"#,
    quiz: String = #"["quizzes-a", "verse-8+mood"]"#
  ) throws -> String {
    var text = try replaced(
      "\"rows\": [", by: #""texts": { "v": "Verse", "q": "Quiz" }, "rows": ["#,
      in: SampleCheckout.grid(scale: #", "texts": { "v": \#(verse), "q": \#(quiz) }"#))
    text = try replaced(#"["verse-8"], "seed""#, by: #"\#(protocols), "seed""#, in: text)
    text = try replaced(#""bits": "W8A8""#, by: #""bits": "W8A8", "text": "v""#, in: text)
    return try replaced(#""notRun": "no tasks yet""#, by: #""tasks": ["q"]"#, in: text)
  }

  private func error(_ grid: String) throws -> JSONError? {
    try sample.folder.write(grid, to: "tables/sample/grid.json")
    let error = #expect(throws: JSONError.self) { try Fixture(sample).plan() }
    #expect(error?.file == sample.gridPath)
    #expect((error?.line ?? 0) > 1)
    return error
  }

  @Test(arguments: [
    (
      #"["mood"]"#, "/scales/small/protocols/0",
      "the scale's 'protocols' name no text to calibrate on; name one, as in 'books-512+mood'"
    ),
    (
      #"["verse-8", "verse"]"#, "/scales/small/protocols/1",
      "bad protocol id 'verse': expected a dataset, a hyphen and 2 to 65536 tokens per window, as "
        + "in 'books-512'; 'verse' is text and has no tasks"
    ),
    (
      #"["verse--5"]"#, "/scales/small/protocols/0",
      "bad protocol id 'verse--5': expected a dataset, a hyphen and 2 to 65536 tokens per window, "
        + "as in 'books-512'; 'verse' is text and has no tasks"
    ),
    (
      #"["quizzes-foo"]"#, "/scales/small/protocols/0",
      "bad protocol id 'quizzes-foo': the dataset 'quizzes' has no task 'foo'; known: 'a', 'b'"
    ),
    (
      #"["verse-8", "mood-8"]"#, "/scales/small/protocols/1",
      "bad protocol id 'mood-8': 'mood' has tasks and no text to cut into windows"
    ),
  ])
  func protocolsOfAGridAreRefusedInIt(protocols: String, pointer: String, reason: String) throws {
    let found = try error(grid(protocols: protocols))
    #expect(found?.pointer == pointer)
    #expect(found?.reason == reason)
  }

  @Test func aTextDoesNotStandForATask() throws {
    try sample.folder.write(grid(), to: "tables/sample/grid.json")
    #expect(throws: Never.self) { try Fixture(sample).plan() }
    var found = try error(grid(quiz: #"["mood", "verse-8"]"#))
    #expect(found?.pointer == "/scales/small/texts/q/1")
    #expect(
      found?.reason == "expected a task, found the text 'verse-8'; tasks: 'mood', 'quizzes'")
    found = try error(grid(verse: #"["mood"]"#))
    #expect(found?.pointer == "/scales/small/texts/v/0")
    #expect(found?.reason == "expected a text, as in 'books-512', found the task 'mood'")
  }
}
