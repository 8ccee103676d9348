import Checkpoints
import Tokenizers
import Transformers

/// The tokenizer that a checkpoint carries, or that lies beside it, and how it was found.
struct ModelTokenizer {
  /// The tokenizer.
  let tokenizer: any Tokenizer
  /// Kind, cut and marks, each with where it was read; one line.
  let description: String
  /// What a reader of the ids should know.
  let notes: [String]

  /// The tokenizer of the model at `path`, whose checkpoint is open.
  ///
  /// - Throws: ``WorkerError``, ``Tokenizers/TokenizerError``, or ``Checkpoints/CheckpointError`` for a GGUF
  ///   file's metadata.
  init(_ path: String, _ checkpoint: any Checkpoint) throws {
    if let synthetic = checkpoint as? SyntheticCheckpoint {
      guard let tokenizer = ByteTokenizer(vocabularySize: synthetic.vocabularySize) else {
        throw WorkerError.noTokenizer(path: path)
      }
      self.init(tokenizer: tokenizer, description: "bytes, as weights are drawn", notes: [])
    } else if let file = checkpoint as? GGUFFile {
      try self.init(file)
    } else {
      guard let folder = try TokenizerFolder(path) else {
        throw WorkerError.noTokenizer(path: path)
      }
      self.init(
        tokenizer: folder.tokenizer, description: folder.description, notes: folder.notes)
    }
  }

  private init(tokenizer: any Tokenizer, description: String, notes: [String]) {
    self.tokenizer = tokenizer
    self.description = description
    self.notes = notes
  }

  /// The tokenizer in a GGUF file: byte-level BPE whose cut `tokenizer.ggml.pre` names.
  private init(_ file: GGUFFile) throws {
    let kind = try file.string("tokenizer.ggml.model")
    guard kind == "gpt2" else {
      throw WorkerError.unsupportedTokenizer(path: file.path, kind: kind)
    }
    let pre = try Self.cutName(of: file)
    guard let cut = PreTokenizer.allCases.first(where: { $0.ggufName == pre }) else {
      throw WorkerError.unsupportedTokenizer(path: file.path, kind: "\(kind)/\(pre)")
    }
    if try file.bool("tokenizer.ggml.add_space_prefix", default: false) {
      throw CheckpointError(
        .unsupported, in: file.path, at: .key("tokenizer.ggml.add_space_prefix"),
        "expected false, found true: no space is put in front of byte-level text here")
    }
    func mark(_ name: String) throws -> Int32? {
      let key = "tokenizer.ggml.\(name)_token_id"
      guard file.metadata[key] != nil else { return nil }
      return try Int32(clamping: file.integer(key))
    }
    let tokenizer = try ByteLevelBPE(
      tokens: file.strings("tokenizer.ggml.tokens"),
      merges: file.strings("tokenizer.ggml.merges"),
      types: file.metadata["tokenizer.ggml.token_type"] == nil
        ? nil : file.integers("tokenizer.ggml.token_type"),
      preTokenizer: cut, beginningOfSequence: mark("bos"), endOfSequence: mark("eos"),
      file: file.path)
    self.init(
      tokenizer: tokenizer,
      description:
        "byte-level BPE, cut as \(cut.words) (tokenizer.ggml.pre), marks: tokenizer.ggml.*",
      notes: [])
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
}
