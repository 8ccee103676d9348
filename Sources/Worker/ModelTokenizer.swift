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
      self.init(
        tokenizer: tokenizer, description: "bytes, as weights are drawn", notes: [])
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

  init(tokenizer: any Tokenizer, description: String, notes: [String]) {
    self.tokenizer = tokenizer
    self.description = description
    self.notes = notes
  }
}
