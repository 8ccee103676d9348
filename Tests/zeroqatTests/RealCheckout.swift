import Glibc
import Harness
import JSONText
import Records
import System
import TestSupport
import Testing

/// A small checkout whose cells are really run: a random model, a text, three tasks, two rows.
///
/// One table, `mini`, with a column for every kind of figure: perplexity, memory and time of the process, a
/// task that is only answered (accuracy plain and by length), one that is trained on, one with F1. A cell
/// takes a fraction of a second.
struct RealCheckout {
  private let fixture: CellFixture

  /// The checkout.
  var root: String { fixture.folder.path }
  /// The folder of the table.
  var table: String { root + "/tables/mini" }
  /// The folder of fresh records.
  var results: String { root + "/results/mini/tiny" }

  private static let zeroqat = """
    { "steps": 3, "learningRate": 1e-4, "epsilon": 1e-3, "batchWindows": 1, "batchExamples": 2,
      "calibrationWindows": 2, "checkpointEvery": 1 }
    """

  private static let later = """
    { "quantizer": "rtn", "steps": 3, "learningRate": 1e-4, "epsilon": 1e-3 }
    """

  private static let grid = """
    {
      "schema": 1, "table": "mini", "title": "Mini",
      "texts": { "quiz": "Quiz", "mood": "Mood", "ask": "Questions" },
      "rows": [
        {
          "key": "rtn", "label": "RTN", "method": "rtn",
          "finetuning": { "method": "mezo-ptq", "options": \(later), "notRun": "not here" }
        },
        { "key": "zo", "label": "ZeroQAT", "method": "zeroqat", "options": \(zeroqat) }
      ],
      "columns": [
        { "key": "ppl", "label": "PPL", "metric": "perplexity", "bits": "W4A4" },
        { "key": "memory", "label": "GiB", "metric": "peak_memory", "bits": "W4A4" },
        { "key": "time", "label": "s", "metric": "update_time", "bits": "W4A4" },
        { "key": "quiz", "label": "Quiz", "metric": "accuracy", "bits": "W4A4", "tasks": ["quiz"] },
        { "key": "norm", "label": "Quiz", "metric": "acc_norm", "bits": "W4A4", "tasks": ["quiz"] },
        {
          "key": "mood", "label": "Mood", "metric": "accuracy", "bits": "W4A4", "tasks": ["mood"],
          "stage": "finetuning"
        },
        {
          "key": "ask", "label": "F1", "metric": "f1", "bits": "W4A4", "tasks": ["ask"],
          "stage": "finetuning"
        }
      ],
      "scales": {
        "tiny": {
          "model": "fixture", "protocols": ["text-32"],
          "texts": { "quiz": ["quizzes-quiz"], "mood": ["mood"], "ask": ["ask"] },
          "seed": 1, "testWindows": 4, "developmentWindows": 3
        }
      }
    }
    """

  private static let model = """
    {
      "schema": 1, "name": "fixture", "label": "Fixture", "architecture": "llama",
      "licence": "none", "environment": "ZEROQAT_FIXTURE", "files": [], "bos": "none", "anchors": []
    }
    """

  private static let text = """
    {
      "schema": 1, "name": "text", "label": "Text", "licence": "none",
      "environment": "ZEROQAT_TEXT", "files": [{ "name": "text.txt" }], "join": "plain",
      "splits": [
        {
          "name": "bytes", "train": [{ "file": "text.txt", "from": 0, "to": 3000 }],
          "development": [{ "file": "text.txt", "from": 3000, "to": 4000 }],
          "test": [{ "file": "text.txt", "from": 4000 }]
        }
      ]
    }
    """

  /// A dataset of one task; `splits` are the members of its one split.
  private static func dataset(
    _ name: String, task: String, _ format: String, use: String, files: [String], splits: String,
    examples: Int = 40
  ) -> String {
    """
    {
      "schema": 1, "name": "\(name)", "label": "\(name)", "licence": "none",
      "environment": "ZEROQAT_\(name.uppercased())",
      "files": [\(files.map { "{ \"name\": \"\($0)\" }" }.joined(separator: ", "))],
      "tasks": [
        {
          "name": "\(task)", "label": "\(task)", "format": "\(format)", "use": "\(use)",
          "splits": [{ "name": "own", \(splits) }],
          "examples": { "train": 8, "development": 4, "test": \(examples) }, "contextTokens": 96
        }
      ]
    }
    """
  }

  /// A checkout with everything in place; nothing has run.
  init() throws {
    fixture = try CellFixture()
    let cache = "cache/zeroqat"
    for folder in [
      "tables/mini", "models/fixture", "datasets/text", "datasets/quizzes", "datasets/mood",
      "datasets/ask", cache + "/models", cache + "/datasets/text", cache + "/datasets/quizzes",
      cache + "/datasets/mood", cache + "/datasets/ask",
    ] { try makeFolder(fixture.folder.path(folder)) }
    func write(_ text: String, _ name: String) throws { try fixture.folder.write(text, to: name) }
    try moveFile(fixture.folder.path("model"), to: fixture.folder.path(cache + "/models/fixture"))
    try moveFile(
      fixture.folder.path("text.txt"), to: fixture.folder.path(cache + "/datasets/text/text.txt"))
    try write(Self.grid, "tables/mini/grid.json")
    try write(Self.model, "models/fixture/manifest.json")
    try write(Self.text, "datasets/text/manifest.json")
    try write(
      Self.dataset(
        "quizzes", task: "quiz", "piqa", use: "zero-shot", files: ["quiz.jsonl"],
        splits: #""test": [{ "file": "quiz.jsonl" }]"#), "datasets/quizzes/manifest.json")
    try write(
      Self.dataset(
        "mood", task: "mood", "sst2", use: "fine-tuning", files: ["train.tsv", "test.tsv"],
        splits: #""train": [{ "file": "train.tsv" }], "test": [{ "file": "test.tsv" }]"#),
      "datasets/mood/manifest.json")
    try write(
      Self.dataset(
        "ask", task: "ask", "squad", use: "fine-tuning", files: ["train.json", "test.json"],
        splits: #""train": [{ "file": "train.json" }], "test": [{ "file": "test.json" }]"#,
        // Answers are generated token by token, which takes its time.
        examples: 12), "datasets/ask/manifest.json")
    try write(
      (0..<40).map {
        #"{ "goal": "count to \#($0)", "sol1": "one tree", "sol2": "go on", "label": \#($0 % 2) }"#
      }.joined(separator: "\n") + "\n", cache + "/datasets/quizzes/quiz.jsonl")
    for (name, first) in [("train", 100), ("test", 200)] {
      let lines = (0..<40).map { "tree \(first + $0) of water\t\($0 % 2)" }
      try write(
        "sentence\tlabel\n" + lines.joined(separator: "\n") + "\n",
        cache + "/datasets/mood/\(name).tsv")
      let questions = (0..<40).map {
        #"{ "question": "Which \#(first + $0)?", "answers": [{ "text": "tree" }] }"#
      }
      try write(
        """
        {"data": [{"title": "A", "paragraphs": [{"context": "one tree", "qas": [
        \(questions.joined(separator: ",\n"))
        ]}]}]}
        """, cache + "/datasets/ask/\(name).json")
    }
  }

  /// Runs the program on the table to its end: its status, and both of its outputs.
  func callAsFunction(_ command: String, _ options: String...) throws -> (
    status: Int32, output: String
  ) {
    try self(command, options)
  }

  /// The same with the options in a list.
  func callAsFunction(_ command: String, _ options: [String]) throws -> (
    status: Int32, output: String
  ) {
    let takesThreads = !["inspect", "doctor", "records"].contains(command)
    return try run(
      BuiltProgram.path,
      [command, "--root", root] + (takesThreads ? ["--threads", "1"] : []) + options)
  }

  /// Runs the program, here with one thread, to its end: its status, and its standard output alone.
  func onlyStandardOutput(_ arguments: [String]) throws -> (status: Int32, output: String) {
    try run(
      "/bin/sh",
      ["-c", #"exec "$@" 2>/dev/null"#, "sh", BuiltProgram.path] + arguments
        + ["--root", root, "--threads", "1"])
  }

  private func run(_ program: String, _ arguments: [String]) throws -> (
    status: Int32, output: String
  ) {
    var output: [UInt8] = []
    var environment = [
      "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": root, "XDG_CACHE_HOME": root + "/cache",
    ]
    for name in ["ASAN_OPTIONS", "UBSAN_OPTIONS"] {
      if let value = getenv(name) { environment[name] = String(cString: value) }
    }
    let child = ChildProcess(
      executable: program, arguments: arguments, environment: environment)
    let ending = try child.run(interruption: { (0, 0) }) { output += $0 }
    let text = String(decoding: output, as: UTF8.self)
    guard case .status(let status) = ending.exit else { return (-1, text) }
    return (status, text)
  }

  /// Paths of the fresh records of a row and column.
  func path(row: String, column: String) throws -> String {
    try #require(
      try listFolder(results).filter { $0.hasSuffix(".json") }.map { "\(results)/\($0)" }.first {
        let address = try record(at: $0).cell.address
        return address.row == row && address.column == column
      }, "no record of \(row), \(column)")
  }

  /// The record in a file.
  func record(at path: String) throws -> RunRecord {
    try JSONDocument(contentsOf: path).decode(RunRecord.self)
  }

  /// Changes the fresh record of a row and column, and returns what undoes it.
  func change(row: String, column: String, _ change: (inout RunRecord) throws -> Void) throws
    -> () throws -> Void
  {
    let path = try path(row: row, column: column)
    let before = try readFile(path)
    var record = try record(at: path)
    try change(&record)
    try writeDurably(Array(try jsonText(of: record, style: .pretty).utf8), to: path)
    return { try writeDurably(before, to: path) }
  }
}
