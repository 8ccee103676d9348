public import JSONText
public import Vocabulary

/// One point of a grid, fully resolved: everything that can change its numbers.
///
/// Written by the harness, read by the worker process; ``CellAddress`` alone is not part of the id.
public struct Cell: Codable, Sendable, Equatable {
  /// The version of this layout; the worker refuses another.
  ///
  /// Of version 1, in which one digest stood for the whole science, finished records are still read.
  public static let currentSchema = 2

  /// Version of this layout.
  public var schema: Int
  /// Digest of everything below that can change the numbers; names the record's file.
  public var id: String
  /// Where the cell stands in its table; not part of the id.
  public var address: CellAddress
  /// The checkpoint.
  public var model: ModelReference
  /// The method and its options, as written in the grid and merged with the scale's overrides.
  public var method: MethodReference
  /// Bits label, such as `W4A4`, `W2A16g64`, or `FP`.
  public var bits: BitsLabel
  /// The text, its splits and windows.
  public var protocolSettings: EvaluationProtocol
  /// Master seed of all randomness.
  public var seed: UInt64
  /// OpenBLAS kernel set that the worker must find (`SkylakeX`, `Haswell`, …); part of the id.
  public var blasCore: String
  /// The code that makes the numbers.
  public var science: ScienceDigests
  /// What is measured beside the score; null means nothing.
  public var diagnostics: [CellDiagnostic]?

  /// A cell from its parts.
  public init(
    schema: Int = Cell.currentSchema, id: String, address: CellAddress, model: ModelReference,
    method: MethodReference, bits: BitsLabel, protocolSettings: EvaluationProtocol, seed: UInt64,
    blasCore: String, science: ScienceDigests, diagnostics: [CellDiagnostic]? = nil
  ) {
    self.schema = schema
    self.id = id
    self.address = address
    self.model = model
    self.method = method
    self.bits = bits
    self.protocolSettings = protocolSettings
    self.seed = seed
    self.blasCore = blasCore
    self.science = science
    self.diagnostics = diagnostics
  }

  enum CodingKeys: String, CodingKey {
    case schema, id, address, model, method, bits
    case protocolSettings = "protocol"
    case seed, blasCore, science, diagnostics
    /// Of version 1.
    case scienceDigest
  }

  /// Reads a cell; the one digest of version 1 stands for both.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    schema = try container.decode(Int.self, forKey: .schema)
    id = try container.decode(String.self, forKey: .id)
    address = try container.decode(CellAddress.self, forKey: .address)
    model = try container.decode(ModelReference.self, forKey: .model)
    method = try container.decode(MethodReference.self, forKey: .method)
    bits = try container.decode(BitsLabel.self, forKey: .bits)
    protocolSettings = try container.decode(EvaluationProtocol.self, forKey: .protocolSettings)
    seed = try container.decode(UInt64.self, forKey: .seed)
    blasCore = try container.decode(String.self, forKey: .blasCore)
    if schema == 1 {
      let digest = try container.decode(String.self, forKey: .scienceDigest)
      science = ScienceDigests(shared: digest, method: digest)
    } else {
      science = try container.decode(ScienceDigests.self, forKey: .science)
    }
    diagnostics = try container.decodeIfPresent([CellDiagnostic].self, forKey: .diagnostics)
  }

  /// Writes a cell as its version has it, so that an older one keeps its id.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(schema, forKey: .schema)
    try container.encode(id, forKey: .id)
    try container.encode(address, forKey: .address)
    try container.encode(model, forKey: .model)
    try container.encode(method, forKey: .method)
    try container.encode(bits, forKey: .bits)
    try container.encode(protocolSettings, forKey: .protocolSettings)
    try container.encode(seed, forKey: .seed)
    try container.encode(blasCore, forKey: .blasCore)
    if schema == 1 {
      try container.encode(science.shared, forKey: .scienceDigest)
    } else {
      try container.encode(science, forKey: .science)
    }
    try container.encodeIfPresent(diagnostics, forKey: .diagnostics)
  }
}

/// Where a cell stands: table, scale, row and column.
public struct CellAddress: Codable, Sendable, Equatable, Hashable {
  /// Table folder, such as `table2`.
  public var table: String
  /// `tiny`, `small`, `shape` or `paper`.
  public var scale: String
  /// Row key of the grid, such as `zeroqat`.
  public var row: String
  /// Column key of the grid, such as `ppl-w4a4`; a full-precision cell may serve several columns.
  public var column: String
  /// Seed number of this cell.
  public var seed: UInt64
  /// Task key of the grid, where the column averages over several fine-tunings; else null.
  public var task: String?

  /// An address from its parts.
  public init(
    table: String, scale: String, row: String, column: String, seed: UInt64, task: String? = nil
  ) {
    self.table = table
    self.scale = scale
    self.row = row
    self.column = column
    self.seed = seed
    self.task = task
  }
}

/// A checkpoint on disk.
public struct ModelReference: Codable, Sendable, Equatable {
  /// The name in `models/`, such as `smollm2-135m-instruct`.
  public var name: String
  /// A `.gguf` file, or a folder with `config.json`, safetensors and tokenizer files.
  public var path: String
  /// SHA-256 of the weights' bytes, lowercase hex (of the file, or of the sorted list of files' digests).
  public var digest: String
  /// SHA-256 of the tokenizer's files; equal to `digest` when the checkpoint carries the tokenizer.
  public var tokenizerDigest: String
  /// Channels that are made outliers when the weights are read; null for none.
  public var outliers: OutlierChannels?
  /// Whether weights are drawn instead of read; null for no.
  public var synthetic: Bool?

  /// A reference from its parts.
  public init(
    name: String, path: String, digest: String, tokenizerDigest: String,
    outliers: OutlierChannels? = nil, synthetic: Bool? = nil
  ) {
    self.name = name
    self.path = path
    self.digest = digest
    self.tokenizerDigest = tokenizerDigest
    self.outliers = outliers
    self.synthetic = synthetic
  }
}

/// Channels of the residual stream whose activations are made large without changing the model's function.
///
/// In every norm in front of linears the gains (and biases) of these channels are multiplied by the factor,
/// and the columns that read them divided by it.
public struct OutlierChannels: Codable, Sendable, Equatable {
  /// Indices of the channels.
  public var channels: [Int]
  /// The factor, a power of two, so that every product stays what it was to the last bit.
  public var factor: Int

  /// A transform from its parts.
  public init(channels: [Int], factor: Int) {
    self.channels = channels
    self.factor = factor
  }
}

/// A method by name, with its options.
public struct MethodReference: Codable, Sendable, Equatable {
  /// The registry's name, such as `zeroqat`.
  public var name: String
  /// Members for the method's own `Options` type; unknown ones are refused.
  public var options: JSON

  /// A reference from its parts.
  public init(name: String, options: JSON) {
    self.name = name
    self.options = options
  }
}

/// Which text is scored how; its id is part of every number.
public struct EvaluationProtocol: Codable, Sendable, Equatable {
  /// Protocol id, such as `books-512` or `wikitext2-2048`.
  public var id: String
  /// One source per split; without parts, as ``development`` then, for a method that looks at no text.
  public var train: TextSource
  /// Development text: the only one on which a method may choose anything.
  public var development: TextSource
  /// Test text: only ever scored.
  public var test: TextSource
  /// Tokens per window; windows don't overlap, the tail is dropped.
  public var windowTokens: Int
  /// How many windows of the test split are scored; null means all.
  public var testWindows: Int?
  /// How many windows of the development split are scored; null means all.
  public var developmentWindows: Int?
  /// Whether one BOS token opens the stream; without a default.
  public var bos: BeginningOfSequencePolicy
  /// Tasks that are scored, and perhaps trained on, beside the text; null means none.
  ///
  /// The text is what methods calibrate on; a task to fine-tune on takes its place in training.
  public var tasks: [TaskSource]?

  /// Whether there is no text but the one that is scored: the method looks at none.
  package var hasTestAlone: Bool { train.parts.isEmpty && development.parts.isEmpty }

  /// A protocol from its parts.
  public init(
    id: String, train: TextSource, development: TextSource, test: TextSource, windowTokens: Int,
    testWindows: Int?, developmentWindows: Int?, bos: BeginningOfSequencePolicy,
    tasks: [TaskSource]? = nil
  ) {
    self.id = id
    self.train = train
    self.development = development
    self.test = test
    self.windowTokens = windowTokens
    self.testWindows = testWindows
    self.developmentWindows = developmentWindows
    self.bos = bos
    self.tasks = tasks
  }
}

/// Text files (or parts of them) that become one token stream.
public struct TextSource: Codable, Sendable, Equatable {
  /// The parts, in order.
  public var parts: [TextPart]
  /// How parts are joined and lines treated.
  public var join: TextJoin

  /// A source from its parts.
  public init(parts: [TextPart], join: TextJoin) {
    self.parts = parts
    self.join = join
  }
}

/// A file, or a byte range of it.
public struct TextPart: Codable, Sendable, Equatable {
  /// Absolute path of the file on this machine; not part of a cell's id (its digest is).
  public var path: String
  /// SHA-256 of the whole file.
  public var digest: String
  /// How its bytes become text: `jsonl:text` (the member `text` of each line's JSON object, each with
  /// an LF) or null (as they are).
  public var form: TextForm?
  /// First byte of the part.
  public var from: Int
  /// One past the last byte; null means the end of the file.
  public var to: Int?
  /// The right option of every example of the part, from 0: which of several sources it is; null where rows
  /// say it themselves, and for text.
  public var answer: Int?

  /// A part from its fields.
  public init(
    path: String, digest: String, form: TextForm? = nil, from: Int = 0, to: Int? = nil,
    answer: Int? = nil
  ) {
    self.path = path
    self.digest = digest
    self.form = form
    self.from = from
    self.to = to
    self.answer = answer
  }
}
