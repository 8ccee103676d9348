import JSONText
import Records
import TestSupport
import Testing
import Vocabulary

/// Grids that name several models, texts and tasks, and rows that name their bits.
@Suite struct GridPanelTests {
  static let names = KnownNames(
    models: ["tiny-a", "tiny-b"], datasets: ["verse", "prose"],
    methods: ["full-precision", "rtn", "train"])

  static let text = """
    {
      "schema": 1, "table": "wide", "title": "Wide",
      "models": { "a-7b": "A-7B", "b-7b": "B-7B", "b-13b": "B-13B" },
      "texts": { "wiki": "WikiText-2", "c4": "C4" },
      "reference": "train-w4",
      "rows": [
        { "key": "fp", "label": "FP", "method": "full-precision" },
        { "key": "rtn-w4", "label": "RTN", "method": "rtn", "bits": "W4A4" },
        { "key": "train-w4", "label": "Train", "method": "train", "bits": "W4A4", "seeds": [1, 2] },
        { "key": "train-w2", "label": "Train", "method": "train", "bits": "W2A16" }
      ],
      "columns": [
        { "key": "a-wiki", "label": "Wiki", "metric": "perplexity", "model": "a-7b", "text": "wiki" },
        { "key": "a-c4", "label": "C4", "metric": "perplexity", "model": "a-7b", "text": "c4" },
        { "key": "b-wiki", "label": "Wiki", "metric": "perplexity", "model": "b-7b", "text": "wiki" },
        { "key": "big-wiki", "label": "Wiki", "metric": "perplexity", "model": "b-13b",
          "text": "wiki" }
      ],
      "scales": {
        "tiny": {
          "models": { "a-7b": "tiny-a", "b-7b": "tiny-b" },
          "texts": { "wiki": ["verse-8", "prose-8"] }, "seeds": { "train-w2": [5, 6, 7] }
        }
      }
    }
    """

  static func grid(_ text: String = Self.text) throws -> (Grid, JSONDocument) {
    let document = try JSONDocument(text: Array(text.utf8), file: "grid.json")
    return (try document.decode(Grid.self), document)
  }

  @Test func acceptsAndSurvives() throws {
    let (grid, document) = try Self.grid()
    try grid.check(in: document, against: Self.names)
    #expect(try Self.grid(jsonText(of: grid, style: .pretty)).0 == grid)
  }

  @Test func bitsAreTheRowsAndSeedsTheScales() throws {
    let points = try Self.grid().0.points(at: .tiny)
    // 4 columns × (1 + 1 + 2 + 3 seeds): nothing is shared between panels.
    #expect(points.count == 4 * 7)
    #expect(points.filter { $0.address.row == "train-w2" }.map(\.bits).allSatisfy { $0 == "W2A16" })
    #expect(
      Set(points.filter { $0.address.row == "train-w2" }.map(\.address.seed)) == [5, 6, 7])
    #expect(points[0].bits == "FP")
  }

  @Test func whatHasNoStandInSaysSo() throws {
    let points = try Self.grid().0.points(at: .tiny).filter { $0.address.row == "rtn-w4" }
    #expect(
      points.map(\.notRun) == [
        nil, "no text stands for C4 at this scale", nil, "no model stands for B-13B at this scale",
      ])
  }

  @Test(arguments: [
    (
      #""bits": "W2A16" }"#, #""bits": "W9A9" }"#, "/rows/3/bits",
      "bad bits label 'W9A9': weights have 2, 3, 4, 6 or 8 bits, or 16; found 9"
    ),
    (
      #""method": "full-precision" }"#, #""method": "full-precision", "bits": "W4A4" }"#,
      "/rows/0/bits", "contradictory bits: the row 'fp' quantizes nothing; leave 'bits' out"
    ),
    (
      #""method": "rtn", "bits": "W4A4""#, #""method": "rtn", "bits": "FP""#, "/rows/1/bits",
      "contradictory bits: the row 'rtn-w4' quantizes, found FP"
    ),
    (
      #""method": "rtn", "bits": "W4A4""#, #""method": "rtn""#, "/rows/1",
      "neither the column 'a-wiki' nor the row 'rtn-w4' names bits"
    ),
    (
      #""key": "a-c4","#, #""key": "a-c4", "bits": "W4A4","#, "/columns/1/bits",
      "contradictory bits: the row 'rtn-w4' and the column 'a-c4' both name bits; "
        + "only one of them may"
    ),
    (
      #""model": "a-7b", "text": "c4""#, #""model": "a-8b", "text": "c4""#, "/columns/1/model",
      "unknown model 'a-8b'; did you mean 'a-7b'?"
    ),
    (
      #""text": "c4""#, #""text": "c5""#, "/columns/1/text",
      "unknown text 'c5'; did you mean 'c4'?"
    ),
    (
      #""metric": "perplexity", "model": "a-7b", "text": "c4""#,
      #""metric": "accuracy", "model": "a-7b", "text": "c4""#, "/columns/1",
      "the metric 'accuracy' is of tasks; expected at least one in 'tasks'"
    ),
    (
      #""text": "c4" }"#, #""text": "c4", "tasks": ["wiki"] }"#, "/columns/1/tasks",
      "perplexity is of a text, not of tasks; leave 'tasks' out"
    ),
    (
      #""metric": "perplexity", "model": "a-7b", "text": "c4""#,
      #""metric": "f1", "model": "a-7b", "tasks": ["c4", "c4"]"#, "/columns/1/tasks/1",
      "the task 'c4' is listed twice"
    ),
    (
      #""reference": "train-w4""#, #""reference": "tran-w4""#, "/reference",
      "unknown row 'tran-w4'; did you mean 'train-w4'?"
    ),
    (
      #""b-7b": "tiny-b""#, #""b-8b": "tiny-b""#, "/scales/tiny/models/b-8b",
      "unknown model 'b-8b'; did you mean 'b-7b'?"
    ),
    (
      #""b-7b": "tiny-b""#, #""b-7b": "tiny-c""#, "/scales/tiny/models/b-7b",
      "unknown model 'tiny-c'; did you mean 'tiny-a'?"
    ),
    (
      #"["verse-8", "prose-8"]"#, #"["verse-8", "poetry-8"]"#, "/scales/tiny/texts/wiki/1",
      "bad protocol id 'poetry-8': there is no dataset 'poetry'; known: 'verse', 'prose'"
    ),
    (
      #"["verse-8", "prose-8"]"#, "[]", "/scales/tiny/texts/wiki",
      "expected at least one protocol, found an empty list"
    ),
    (
      #""texts": { "wiki": ["verse"#, #""texts": { "wikki": ["verse"#,
      "/scales/tiny/texts/wikki", "unknown text 'wikki'; did you mean 'wiki'?"
    ),
    (
      #"[5, 6, 7]"#, "[5, 6, 5]", "/scales/tiny/seeds/train-w2/2", "seed 5 is listed twice"
    ),
    (
      #"{ "train-w2": [5"#, #"{ "trainw2": [5"#, "/scales/tiny/seeds/trainw2",
      "unknown row 'trainw2'; did you mean 'train-w2'?"
    ),
    (
      #""c4": "C4" }"#, #""c4": "" }"#, "/texts/c4",
      "expected the printed name, found an empty string"
    ),
  ])
  func refuses(piece: String, other: String, pointer: String, reason: String) throws {
    let text = try #require(replacing(piece, by: other, in: Self.text))
    let error = #expect(throws: JSONError.self) {
      let (grid, document) = try Self.grid(text)
      try grid.check(in: document, against: Self.names)
    }
    #expect(error?.pointer == pointer)
    #expect(error?.reason == reason)
  }

  /// One model answers all tasks that it isn't trained on; each fine-tuning is a model of its own.
  @Test func tasksMakePanels() throws {
    let columns = ["x", "y"].flatMap { task in
      [
        GridColumn(
          key: "\(task)-acc", label: task, metric: .accuracy, bits: "W4A4", tasks: [task]),
        GridColumn(
          key: "\(task)-norm", label: task, metric: .accuracyNormalised, bits: "W4A4",
          tasks: [task]),
      ]
    }
    let tuned = GridColumn(
      key: "tuned", label: "mean", metric: .accuracy, bits: "W4A4", tasks: ["x", "y"],
      stage: .finetuning)
    let grid = Grid(
      table: "t", title: "T", rows: [GridRow(key: "r", label: "R", method: "rtn")],
      columns: columns + [tuned],
      scales: GridScales(
        tiny: GridScale(
          model: "tiny-a", protocols: ["verse-8", "prose-8"],
          texts: ["x": ["x1", "x2"], "y": ["y1"]])),
      texts: ["x": "X", "y": "Y"])
    let points = grid.points(at: .tiny)
    #expect(points.map(\.columns) == [columns.map(\.key), ["tuned"], ["tuned"]])
    #expect(points.map(\.address.task) == [nil, "x", "y"])
    #expect(points[0].panel.tasks == ["x", "y"])
    #expect(points[0].metrics == [.accuracy, .accuracyNormalised])
    let scale = try #require(grid.scales[.tiny])
    #expect(scale.protocols(for: points[0].panel) == ["verse-8", "prose-8"])
    #expect(scale.permits("prose-8+x1+y1", in: points[0].panel))
    #expect(scale.permits("prose-8+y1", in: points[0].panel))
    #expect(scale.permits("verse-8+x2", in: points[1].panel))
    #expect(!scale.permits("verse-8+y1", in: points[1].panel))
    #expect(!scale.permits("verse-8", in: points[1].panel))
    #expect(!scale.permits("verse-9+x2", in: points[1].panel))
    #expect(scale.permits("verse-8", in: GridPanel()))
    #expect(!scale.permits("verse-8+x1", in: GridPanel()))
  }

  /// A grid with a fine-tuning column, whose rows run another method there.
  static let tuned = """
    {
      "schema": 1, "table": "tuned", "title": "Tuned",
      "texts": { "one": "First task", "two": "Second task" },
      "rows": [
        {
          "key": "fp", "label": "FP", "method": "full-precision", "finetuning": { "method": "mezo" }
        },
        {
          "key": "rtn", "label": "RTN", "method": "rtn", "options": { "a": 1 },
          "finetuning": { "method": "train", "options": { "then": "rtn" } }
        },
        { "key": "train", "label": "Train", "method": "train" }
      ],
      "columns": [
        { "key": "ppl", "label": "PPL", "metric": "perplexity", "bits": "W2A16g128" },
        {
          "key": "acc", "label": "Acc", "metric": "accuracy", "bits": "W2A16g128",
          "tasks": ["one", "two"], "stage": "finetuning"
        }
      ],
      "scales": {
        "tiny": {
          "model": "tiny-a", "protocols": ["verse-8"], "texts": { "one": ["prose-8"] },
          "bits": { "W2A16g128": "W2A16g64" },
          "overrides": [{ "row": "rtn", "column": "acc", "options": { "steps": 3 } }]
        },
        "paper": { "notRun": "too large" }
      }
    }
    """
  static let tunedNames = KnownNames(
    models: ["tiny-a"], datasets: ["verse", "prose"],
    methods: ["full-precision", "mezo", "rtn", "train"],
    unquantized: ["full-precision", "mezo"])

  @Test func aRowMayFineTuneByAnotherMethod() throws {
    let (grid, document) = try Self.grid(Self.tuned)
    try grid.check(in: document, against: Self.tunedNames)
    #expect(try Self.grid(jsonText(of: grid, style: .pretty)).0 == grid)
    let points = grid.points(at: .tiny)
    #expect(
      points.map { "\($0.address.row) \($0.address.column) \($0.method.name) \($0.bits)" } == [
        "fp ppl full-precision FP", "fp acc mezo FP", "rtn ppl rtn W2A16g64",
        "rtn acc train W2A16g64", "train ppl train W2A16g64", "train acc train W2A16g64",
      ])
    #expect(points[2].method.options == .object([.init("a", .integer(1))]))
    #expect(
      points[3].method.options
        == .object([.init("then", .string("rtn")), .init("steps", .integer(3))]))
  }

  @Test func aScaleThatDoesNotRunYetMayNameWhatIsNotThereYet() throws {
    let text = try #require(
      replacing(
        #""notRun": "too large""#, by: #""notRun": "not yet", "model": "b", "protocols": ["c-8"]"#,
        in: Self.tuned))
    let (grid, document) = try Self.grid(text)
    try grid.check(in: document, against: Self.tunedNames)
    #expect(grid.points(at: .paper).allSatisfy { $0.notRun == "not yet" })
  }

  @Test func aRowSaysWhyItDoesNotFineTune() throws {
    let text = try #require(
      replacing(
        #""method": "train", "options": { "then": "rtn" }"#,
        by: #""method": "train", "notRun": "trains on text""#, in: Self.tuned))
    let points = try Self.grid(text).0.points(at: .tiny).filter { $0.address.row == "rtn" }
    #expect(points.map(\.notRun) == [nil, "trains on text"])
  }

  @Test func tasksThatNothingStandsForAreLeftOutWhereAnotherIsThere() throws {
    let points = try Self.grid(Self.tuned).0.points(at: .tiny).filter {
      $0.address.column == "acc"
    }
    #expect(points.map(\.panel.tasks) == [["one"], ["one"], ["one"]])
    #expect(points.allSatisfy { $0.notRun == nil })
    let none = try #require(
      replacing(#", "texts": { "one": ["prose-8"] }"#, by: "", in: Self.tuned))
    let bare = try Self.grid(none).0.points(at: .tiny).filter { $0.address.row == "rtn" }
    #expect(
      bare.map(\.notRun) == [
        nil, "no task stands for First task at this scale",
        "no task stands for Second task at this scale",
      ])
  }

  @Test(arguments: [
    (
      #""method": "mezo""#, #""method": "mzo""#, "/rows/0/finetuning/method",
      "unknown method 'mzo'; did you mean 'mezo'?"
    ),
    (
      #""method": "mezo""#, #""method": "train""#, "/rows/0/finetuning/method",
      "contradictory bits: the row 'fp' quantizes in one stage and not in the other"
    ),
    (
      #""method": "train", "options": { "then": "rtn" }"#, #""method": "mezo""#,
      "/rows/1/finetuning/method",
      "contradictory bits: the row 'rtn' quantizes in one stage and not in the other"
    ),
    (
      #"{ "then": "rtn" }"#, "3", "/rows/1/finetuning/options", "expected an object of options"
    ),
    (
      #"{ "W2A16g128": "W2A16g64" }"#, #"{ "W2A16": "W2A16g64" }"#, "/scales/tiny/bits/W2A16",
      "no row or column has the bits 'W2A16'; known: 'W2A16g128', 'W2A16g128'"
    ),
    (
      #"{ "W2A16g128": "W2A16g64" }"#, #"{ "W2A16g128": "FP" }"#, "/scales/tiny/bits/W2A16g128",
      "expected other bits to stand for 'W2A16g128', found 'FP'"
    ),
    (
      #"{ "W2A16g128": "W2A16g64" }"#, #"{ "W2A16g128": "W2" }"#, "/scales/tiny/bits/W2A16g128",
      "bad bits label 'W2': expected 'FP' or a label such as 'W4A4' or 'W2A16g64'"
    ),
  ])
  func refusesContradictionsBetweenStagesAndBits(
    piece: String, other: String, pointer: String, reason: String
  ) throws {
    let text = try #require(replacing(piece, by: other, in: Self.tuned))
    let error = #expect(throws: JSONError.self) {
      let (grid, document) = try Self.grid(text)
      try grid.check(in: document, against: Self.tunedNames)
    }
    #expect(error?.pointer == pointer)
    #expect(error?.reason == reason)
  }
}
