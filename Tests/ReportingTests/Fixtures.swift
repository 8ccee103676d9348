import JSONText
import Records
import TestSupport
import Vocabulary

/// Hand-made inputs: a small Table 2 with every kind of entry.
enum Fixtures {
  /// Mean NLL per window of the plain model; the spread between windows is far larger than what
  /// separates the methods, as on real text.
  static let windows = [3.21, 3.58, 2.97, 3.44, 3.09, 3.67, 3.30, 3.15, 3.51, 3.26]
  /// What differs from window to window beside a method's shift; sums to zero.
  static let wobble = [0.01, -0.02, 0.015, -0.005, 0.0, 0.02, -0.01, -0.015, 0.005, 0.0]

  static let grid = Grid(
    table: "table2", title: "Table 2: quantized pre-training and fine-tuning",
    rows: [
      GridRow(key: "full-precision", label: "Full precision", method: "full-precision"),
      GridRow(key: "rtn", label: "RTN", method: "rtn"),
      GridRow(key: "smoothquant", label: "SmoothQuant", method: "smoothquant"),
      GridRow(key: "omniquant", label: "OmniQuant", method: "omniquant", planned: true),
      GridRow(key: "zeroqat", label: "ZeroQAT", method: "zeroqat"),
    ],
    columns: [
      GridColumn(key: "ppl-w6a6", label: "PPL W6A6 ↓", metric: .perplexity, bits: "W6A6"),
      GridColumn(key: "ppl-w2a16", label: "PPL W2A16 ↓", metric: .perplexity, bits: "W2A16"),
      GridColumn(key: "ppl-w4a4", label: "PPL W4A4 ↓", metric: .perplexity, bits: "W4A4"),
      GridColumn(
        key: "acc-w4a4", label: "Acc W4A4 ↑", metric: .accuracy, bits: "W4A4",
        notRun: "fine-tuning not built yet"),
    ],
    scales: GridScales(
      small: GridScale(
        model: "toy", protocols: ["books-512"], seed: 1, testWindows: 10, developmentWindows: 10),
      paper: GridScale(model: "llama-2-7b", protocols: ["wikitext2-2048"], seed: 1)))

  static let model = ModelManifest(
    name: "toy", label: "Toy-135M (dequantized Q4_1)", architecture: .llama, licence: "MIT",
    environment: "ZEROQAT_TOY", bos: .none,
    anchors: [
      Anchor(
        protocolID: "books-512", testWindows: 10, perplexity: 27.60, relativeTolerance: 0.001,
        source: "an independent implementation")
    ])

  static let text = DatasetManifest(
    name: "books", label: "public-domain books", licence: "public domain",
    environment: "ZEROQAT_BOOKS", files: [], join: .plain, splits: [])

  static let paper = PaperTable(
    table: "table2",
    paper: PaperReference(
      id: "arXiv:2509.00031", version: "v2", title: "A title", model: "Llama-2-7B"),
    captionNote: "What the accuracy averages over is not known.",
    footnotes: [PaperFootnote(mark: "‡", text: "the method was not meant for this setting")],
    cells: [
      paperCell("full-precision", "ppl-w6a6", "5.47"),
      paperCell("full-precision", "ppl-w4a4", "5.47"),
      paperCell("smoothquant", "ppl-w6a6", "6.20"),
      paperCell("smoothquant", "ppl-w2a16", "100.23", ["‡"]),
      paperCell("smoothquant", "ppl-w4a4", "83.12"),
      paperCell("omniquant", "ppl-w4a4", "14.26"),
      paperCell("zeroqat", "ppl-w6a6", "5.76"),
      paperCell("zeroqat", "ppl-w2a16", "29.61"),
      paperCell("zeroqat", "ppl-w4a4", "12.95"),
      paperCell("zeroqat", "acc-w4a4", "55.7"),
    ])

  /// The paper's numbers of W4A4 alone.
  static var w4a4Paper: PaperTable {
    var paper = paper
    paper.cells.removeAll { $0.column != "ppl-w4a4" }
    return paper
  }

  static func paperCell(
    _ row: String, _ column: String, _ value: String, _ marks: [String] = []
  ) -> PaperCell {
    PaperCell(
      row: row, column: column, value: value, footnotes: marks, source: "notes",
      confidence: .secondary)
  }

  /// Windows of a method: the plain ones, shifted, with a wobble of that size.
  static func shifted(_ shift: Double, wobble size: Double = 1) -> [Double] {
    zip(windows, wobble).map { $0 + shift + size * $1 }
  }

  static func cell(
    _ row: String, _ column: String, bits: BitsLabel, seed: UInt64 = 1, options: JSON = .object([])
  ) -> Cell {
    let source = { (name: String, to: Int) in
      TextSource(
        parts: [
          TextPart(path: "/home/someone/texts/\(name)", digest: "d1", from: 0, to: to)
        ], join: .plain)
    }
    return Cell(
      id: hex("\(row) \(column) \(seed)"),
      address: CellAddress(table: "table2", scale: "small", row: row, column: column, seed: seed),
      model: ModelReference(
        name: "toy", path: "/home/someone/toy.gguf", digest: hex("model"),
        tokenizerDigest: hex("tokenizer")),
      method: MethodReference(name: row, options: options), bits: bits,
      protocolSettings: EvaluationProtocol(
        id: "books-512", train: source("train.txt", 1000), development: source("dev.txt", 500),
        test: source("test.txt", 700), windowTokens: 512, testWindows: 10, developmentWindows: 10,
        bos: .none),
      seed: seed, blasCore: "SkylakeX",
      science: ScienceDigests(shared: hex("science"), method: hex("method")))
  }

  static func score(
    _ windows: [Double], split: String = "test", alternative: Double? = nil
  ) -> Score {
    let mean = windows.reduce(0, +) / Double(windows.count)
    let squares = windows.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let n = Double(windows.count)
    return Score(
      split: split, metric: "perplexity", value: exponential(mean), meanNLL: mean,
      standardErrorNLL: n > 1 ? (squares / (n - 1) / n).squareRoot() : nil, windowNLL: windows,
      scoredTokens: windows.count * 511, alternativeMeanNLL: alternative.map { mean + $0 })
  }

  static func measurement(seconds: Double, mebibytes: Int) -> Measurement {
    Measurement(
      phases: [
        Phase(name: "load", wallSeconds: 1.5, peakResidentBytes: nil),
        Phase(name: "quantize", wallSeconds: 2.25, peakResidentBytes: nil),
        Phase(name: "evaluate", wallSeconds: seconds, peakResidentBytes: nil),
      ], wallSeconds: seconds + 3.75, peakResidentBytes: mebibytes << 20, anonymousBytes: 0,
      fileBytes: 0, peakLiveTensorBytes: (mebibytes - 40) << 20, analyticBytes: 700 << 20,
      threads: 2, blasCore: "SkylakeX", processor: "Example CPU @ 2.50GHz", processors: 2,
      operatingSystem: "Linux 6.1, Debian 12", compiler: "Swift 6.3.1", commit: "abc1234",
      startedAt: "2026-11-21T20:00:00Z")
  }

  static func record(
    _ row: String, _ column: String, bits: BitsLabel, windows: [Double], seed: UInt64 = 1,
    alternative: Double? = nil, events: [String] = [], options: JSON = .object([])
  ) -> RunRecord {
    RunRecord(
      cell: cell(row, column, bits: bits, seed: seed, options: options), status: .finished,
      scores: [score(windows, alternative: alternative)],
      digests: [NamedText("tokens.test", hex("tokens"))], events: events,
      measurement: measurement(seconds: 10, mebibytes: 640))
  }

  /// A trained record: starts at `start`, ends a little off the chosen step's `chosen` windows.
  static func trained(
    _ column: String, bits: BitsLabel, start: [Double], chosen: [Double], seed: UInt64 = 1,
    alternative: Double? = nil
  ) -> RunRecord {
    var record = record(
      "zeroqat", column, bits: bits, windows: chosen, seed: seed, alternative: alternative,
      options: .object([JSON.Member("directions", .integer(1))]))
    let later = chosen.map { $0 + 0.01 }
    let lucky = chosen.map { $0 - 0.005 }
    record.trajectory = [
      TrajectoryPoint(step: 0, developmentWindowNLL: start, testWindowNLL: start),
      TrajectoryPoint(step: 50, developmentWindowNLL: later, testWindowNLL: lucky),
      TrajectoryPoint(step: 100, developmentWindowNLL: lucky, testWindowNLL: chosen),
      TrajectoryPoint(step: 150, developmentWindowNLL: later, testWindowNLL: later),
    ]
    record.selection = CheckpointSelection(of: 100, among: record.trajectory)
    record.zerothOrder = ZerothOrderSummary(
      steps: 150, forwards: 300, tokens: 307_200, epsilon: 1e-3, learningRate: 5e-7,
      trainableParameters: 106_168_320, meanAbsoluteDifference: 0.0213,
      largestAbsoluteDifference: 0.31, clippedShare: 0.02, rootMeanSquareGradient: 14.2,
      bestDevelopmentStep: 100, probeLosses: [])
    record.facts = [NamedNumber("alpha", 0.5, unit: "")]
    return record
  }

  /// A record without scores.
  static func ended(
    _ row: String, _ column: String, bits: BitsLabel, status: RunStatus, reason: String
  ) -> RunRecord {
    RunRecord(cell: cell(row, column, bits: bits), status: status, reason: reason)
  }

  /// The full set: every kind of entry is there.
  static var records: [RunRecord] {
    [
      record("full-precision", "ppl-w6a6", bits: "FP", windows: windows),
      record("rtn", "ppl-w6a6", bits: "W6A6", windows: shifted(0.20), alternative: 0.012),
      record("rtn", "ppl-w2a16", bits: "W2A16", windows: shifted(9.5, wobble: 20)),
      ended(
        "rtn", "ppl-w4a4", bits: "W4A4", status: .diverged,
        reason: "the loss is NaN from layer 7 on"),
      record(
        "smoothquant", "ppl-w6a6", bits: "W6A6", windows: shifted(0.10),
        events: ["a window of calibration was dropped"]),
      ended(
        "smoothquant", "ppl-w2a16", bits: "W2A16", status: .failed,
        reason: "cannot read '/home/someone/texts/train.txt': no such file"),
      record("smoothquant", "ppl-w4a4", bits: "W4A4", windows: shifted(3.9, wobble: 2)),
      trained(
        "ppl-w6a6", bits: "W6A6", start: shifted(0.1005, wobble: 0.8),
        chosen: shifted(0.1002, wobble: 0.5)),
      trained(
        "ppl-w2a16", bits: "W2A16", start: shifted(6, wobble: 3),
        chosen: shifted(5.8, wobble: 2)),
      trained(
        "ppl-w4a4", bits: "W4A4", start: shifted(1.5, wobble: 3),
        chosen: shifted(1.2, wobble: 2), alternative: -0.031),
    ]
  }

  static let notRun = [
    CellAddress(
      table: "table2", scale: "small", row: "omniquant", column: "ppl-w6a6", seed: 1):
      "method not built yet",
    CellAddress(
      table: "table2", scale: "small", row: "omniquant", column: "ppl-w2a16", seed: 1):
      "method not built yet",
    CellAddress(
      table: "table2", scale: "small", row: "omniquant", column: "ppl-w4a4", seed: 1):
      "method not built yet",
  ]

  /// 64 hex digits that depend on `text`.
  static func hex(_ text: String) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let digits = String(hash, radix: 16)
    return String(repeating: String(repeating: "0", count: 16 - digits.count) + digits, count: 4)
  }
}
