import Checkpoints
import Tokenizers

extension ModelTokenizer {
  /// The tokenizer in a GGUF file: SentencePiece's BPE (`llama`), or byte-level BPE (`gpt2`) whose cut
  /// `tokenizer.ggml.pre` names.
  ///
  /// - Throws: ``WorkerError``, ``Tokenizers/TokenizerError`` or ``Checkpoints/CheckpointError``.
  init(_ file: GGUFFile) throws {
    try Self.checkKeys(of: file)
    switch try file.string("tokenizer.ggml.model") {
    case "llama": try self.init(sentencePiece: file)
    case "gpt2": try self.init(byteLevel: file)
    case let kind: throw WorkerError.unsupportedTokenizer(path: file.path, kind: kind)
    }
  }

  /// `llama`: pieces with scores, and a space in front unless the file says otherwise.
  private init(sentencePiece file: GGUFFile) throws {
    self.init(
      tokenizer: try SentencePieceBPE(
        tokens: file.strings("tokenizer.ggml.tokens"),
        scores: file.floats("tokenizer.ggml.scores"),
        types: file.integers("tokenizer.ggml.token_type"),
        addsSpaceInFront: file.bool("tokenizer.ggml.add_space_prefix", default: true),
        beginningOfSequence: Self.mark("bos", of: file), endOfSequence: Self.mark("eos", of: file),
        file: file.path),
      description: "SentencePiece BPE, marks: tokenizer.ggml.*", notes: [])
  }

  /// `gpt2`: merges, and a cut that is named.
  private init(byteLevel file: GGUFFile) throws {
    let pre = try Self.cutName(of: file)
    guard let cut = PreTokenizer(ggufName: pre) else {
      throw WorkerError.unsupportedTokenizer(path: file.path, kind: "gpt2/\(pre)")
    }
    if try file.bool("tokenizer.ggml.add_space_prefix", default: false) {
      throw CheckpointError(
        .unsupported, in: file.path, at: .key("tokenizer.ggml.add_space_prefix"),
        "expected false, found true: no space is put in front of byte-level text here")
    }
    let tokenizer = try ByteLevelBPE(
      tokens: file.strings("tokenizer.ggml.tokens"),
      merges: file.strings("tokenizer.ggml.merges"),
      types: file.metadata["tokenizer.ggml.token_type"] == nil
        ? nil : file.integers("tokenizer.ggml.token_type"),
      preTokenizer: cut, beginningOfSequence: Self.mark("bos", of: file),
      endOfSequence: Self.mark("eos", of: file), file: file.path)
    self.init(
      tokenizer: tokenizer,
      description:
        "byte-level BPE, cut as \(cut.words) (tokenizer.ggml.pre), marks: tokenizer.ggml.*",
      notes: [])
  }

  /// Whether the file puts the mark of the beginning in front of a text; nil where it says nothing.
  ///
  /// > Source: llama.cpp, `llama-vocab.cpp`: without the key, SentencePiece's and LLaMA 3's do.
  static func beginning(_ file: GGUFFile) throws -> BeginningRule? {
    let key = "tokenizer.ggml.add_bos_token"
    if file.metadata[key] != nil {
      return BeginningRule(adds: try file.bool(key, default: false), source: key)
    }
    let hasMark = try mark("bos", of: file) != nil
    switch try file.string("tokenizer.ggml.model") {
    case "llama":
      return BeginningRule(
        adds: hasMark, source: "tokenizer.ggml.model \"llama\" without add_bos_token")
    case "gpt2" where file.metadata["tokenizer.ggml.pre"] != nil:
      let pre = try file.string("tokenizer.ggml.pre")
      guard PreTokenizer(ggufName: pre) == .llama3 else { return nil }
      return BeginningRule(
        adds: hasMark, source: "tokenizer.ggml.pre \"\(pre)\" without add_bos_token")
    default: return nil
    }
  }

  /// The id of a mark, if the file names one.
  private static func mark(_ name: String, of file: GGUFFile) throws -> Int32? {
    let key = "tokenizer.ggml.\(name)_token_id"
    guard file.metadata[key] != nil else { return nil }
    return try Int32(clamping: file.integer(key))
  }

  /// `tokenizer.ggml.pre`, which files from before 2024 lack: then nobody knows how text is cut.
  private static func cutName(of file: GGUFFile) throws -> String {
    guard file.metadata["tokenizer.ggml.pre"] != nil else {
      throw CheckpointError(
        .missing, in: file.path, at: .key("tokenizer.ggml.pre"),
        "no key says how text is cut; expected one of "
          + PreTokenizer.allCases.map { "\"\($0.ggufName)\"" }.joined(separator: ", ")
          + ": convert the model anew")
    }
    return try file.string("tokenizer.ggml.pre")
  }

  /// Sees that no key on text changes ids without being read: names of marks don't, nor do templates.
  private static func checkKeys(of file: GGUFFile) throws {
    let read: Set = [
      "model", "pre", "tokens", "scores", "token_type", "merges", "add_space_prefix",
      "token_type_count",
    ]
    let fixed = ["remove_extra_whitespaces": "extra white space is kept here"]
    for key in file.metadata.keys.sorted() where key.hasPrefix("tokenizer.ggml.") {
      let name = String(key.dropFirst("tokenizer.ggml.".count))
      let isMark = ["_token_id", "_token_ids"].contains(where: name.hasSuffix)
      let isPolicy = name.hasPrefix("add_") && name.hasSuffix("_token")
      if read.contains(name) || isMark || isPolicy { continue }
      guard let reason = fixed[name] else {
        throw CheckpointError(
          .unsupported, in: file.path, at: .key(key), "this key isn't read, and may change ids")
      }
      if try file.bool(key) {
        throw CheckpointError(
          .unsupported, in: file.path, at: .key(key), "expected false, found true: \(reason)")
      }
    }
  }
}
