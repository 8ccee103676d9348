import Checkpoints
import Tokenizers
import Transformers
import Vocabulary

/// What a model's files say of it: its shape, its tensors, its tokenizer; no weight is read.
package struct ModelInspection: Sendable, Equatable, CustomStringConvertible {
  /// Lines for a reader, without a newline at the end.
  package let description: String

  /// Opens the model at `path` as a cell would, and its tokenizer.
  ///
  /// - Throws: ``Checkpoints/CheckpointError`` for a file that is cut short, contradicts itself or lacks a
  ///   tensor, ``JSONText/JSONError`` for its configuration, ``Transformers/ModelError`` for an
  ///   architecture that isn't known, ``Tokenizers/TokenizerError`` or ``WorkerError`` for its tokenizer.
  package init(path: String) throws {
    let source = try ModelSource(path: path)
    let found = try ModelTokenizer(path, source.checkpoint)
    let tokenizer = found.tokenizer
    let c = source.configuration
    let parameters = source.checkpoint.tensors.reduce(0) { $0 + $1.elementCount }
    var lines = """
      \(c.architecture.rawValue), \(c.blocks) blocks of \(c.channels) channels, \(c.heads) heads of \
      \(c.headSize) (\(c.keyHeads) for keys), \(c.feedForward) feed-forward channels
      \(parameters) parameters in \(source.checkpoint.tensors.count) tensors, \
      \(c.linearParameters) of them in the blocks' linears
      \(c.positions) positions, vocabulary of \(c.vocabularySize), \
      \(c.tiesHead ? "tied" : "untied") head; the tokenizer has \(tokenizer.vocabularySize) ids
      \(found.description)
      """
    for note in source.notes + found.notes { lines += "\nnote: \(note)" }
    description = lines
    guard tokenizer.vocabularySize <= c.vocabularySize else {
      throw WorkerError.vocabularyTooLarge(
        path: path, tokenizer: tokenizer.vocabularySize, model: c.vocabularySize)
    }
  }
}
