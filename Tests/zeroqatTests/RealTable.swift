import Glibc
import Harness
import JSONText
import Records
import System
import TestSupport
import Testing

/// A table of two small models that the program itself measures: everything as a user has it.
struct RealTable {
  let folder: TemporaryFolder
  private let models: [(name: String, fixture: CellFixture)]

  static let grid = """
    {
      "schema": 1, "table": "real", "title": "Two models",
      "models": { "one": "One", "two": "Two" },
      "rows": [
        { "key": "fp", "label": "FP", "method": "full-precision" },
        { "key": "slow", "label": "Slow", "method": "dummy",
          "options": { "ballastMilliseconds": 3000 } },
        { "key": "rtn", "label": "RTN", "method": "rtn" }
      ],
      "columns": [
        { "key": "one", "label": "One", "metric": "perplexity", "bits": "W4A4", "model": "one" },
        { "key": "two", "label": "Two", "metric": "perplexity", "bits": "W4A4", "model": "two" }
      ],
      "scales": {
        "tiny": { "models": { "one": "one", "two": "two" }, "protocols": ["words-32"], "seed": 1,
          "testWindows": 4, "developmentWindows": 3 }
      }
    }
    """

  private static let dataset = """
    {
      "schema": 1, "name": "words", "label": "Words", "licence": "none",
      "environment": "ZEROQAT_WORDS", "files": [{ "name": "text.txt" }], "join": "plain",
      "splits": [{
        "name": "parts", "train": [{ "file": "text.txt", "from": 0, "to": 3000 }],
        "development": [{ "file": "text.txt", "from": 3100, "to": 4000 }],
        "test": [{ "file": "text.txt", "from": 4000 }]
      }]
    }
    """

  init(grid: String = RealTable.grid) throws {
    folder = try TemporaryFolder()
    models = [
      ("one", try CellFixture()), ("two", try CellFixture(tensors: CellFixture.tensors(seed: 5))),
    ]
    for inner in ["tables/real", "models/one", "models/two", "datasets/words"] {
      try makeFolder(folder.path(inner))
    }
    try folder.write(grid, to: "tables/real/grid.json")
    try folder.write(Self.dataset, to: "datasets/words/manifest.json")
    for (name, _) in models {
      try folder.write(
        """
        {
          "schema": 1, "name": "\(name)", "label": "\(name)", "architecture": "llama",
          "licence": "none", "environment": "ZEROQAT_MODEL_\(name.uppercased())", "files": [],
          "bos": "none", "anchors": []
        }
        """, to: "models/\(name)/manifest.json")
    }
  }

  /// The folder of a model.
  func model(_ name: String) -> String {
    models.first { $0.name == name }?.fixture.folder.path("model") ?? ""
  }

  /// The text's file.
  var text: String { models[0].fixture.folder.path("text.txt") }

  /// Runs the table; `meanwhile` is called again and again while it runs.
  func run(
    _ arguments: [String], variables: [String: String] = [:], meanwhile: () throws -> Void = {},
    interruption: () -> (count: Int, number: Int32) = { (0, 0) }
  ) throws -> (status: Int32, output: String) {
    var environment = [
      "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder.path,
      "XDG_CACHE_HOME": folder.path("cache"), "ZEROQAT_WORDS": parent(of: text),
      "ZEROQAT_MODEL_ONE": model("one"), "ZEROQAT_MODEL_TWO": model("two"),
    ].merging(variables) { $1 }
    for name in ["ASAN_OPTIONS", "UBSAN_OPTIONS"] {
      if let value = getenv(name) { environment[name] = String(cString: value) }
    }
    var failure: (any Error)?
    var output: [UInt8] = []
    let ending = try ChildProcess(
      executable: try BuiltProgram.path,
      arguments: ["run", "real", "--root", folder.path, "--threads", "1"] + arguments,
      environment: environment
    ).run(
      interruption: {
        do { if failure == nil { try meanwhile() } } catch { failure = error }
        return interruption()
      }, output: { output += $0 })
    if let failure { throw failure }
    let text = String(decoding: output, as: UTF8.self)
    switch ending.exit {
    case .status(let status): return (status, text)
    case .signal(let number): return (-number, text)
    }
  }

  /// The newest record of a row and column.
  func record(_ row: String, _ column: String) throws -> RunRecord {
    let results = folder.path("results/real/tiny")
    let names = try listFolder(results).filter { $0.hasSuffix(".json") }
    let records = try names.map { name in
      let path = "\(results)/\(name)"
      return (
        FileStatus(of: path)?.changedNanoseconds ?? 0,
        try JSONDocument(contentsOf: path).decode(RunRecord.self)
      )
    }.filter { $0.1.cell.address.row == row && $0.1.cell.address.column == column }
    return try #require(records.max { $0.0 < $1.0 }?.1)
  }

  /// The cells that workers were given and haven't ended, as text.
  func workSpecifications() -> [String] {
    let results = folder.path("results/real/tiny")
    let names = (try? listFolder(results)) ?? []
    return names.filter { $0.hasSuffix(".work") }.compactMap { name in
      (try? readFile("\(results)/\(name)/cell.json")).map { String(decoding: $0, as: UTF8.self) }
    }
  }

  /// Puts a file of the same size and time of modification in another's place.
  func replace(_ path: String, by edit: (inout [UInt8]) -> Void) throws {
    var status = stat()
    #expect(stat(path, &status) == 0)
    var bytes = try TemporaryFolder.bytes(of: path)
    let count = bytes.count
    edit(&bytes)
    #expect(bytes.count == count)
    let other = try folder.write(bytes, to: "other")
    #expect(utimensat(AT_FDCWD, other, [status.st_atim, status.st_mtim], 0) == 0)
    #expect(rename(other, path) == 0)
  }

  /// Gives a model other weights: the last one of its head is doubled.
  func replaceWeights(of name: String) throws {
    try replace(model(name) + "/model.safetensors") { bytes in
      // Float32 and little-endian: one more in the exponent.
      let last = bytes.count - 4
      var bits = bytes[last...].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      bits &+= 1 << 23
      for index in 0..<4 { bytes[last + index] = UInt8(truncatingIfNeeded: bits >> (8 * index)) }
    }
  }
}
