package import Vocabulary

/// What a model's own files say of it before any weight is read, where no manifest describes it.
package struct ModelFacts: Sendable, Equatable {
  /// The family that the model is of.
  package var architecture: Architecture
  /// Longest sequence, tokens.
  package var positions: Int
  /// Whether its tokenizer puts a beginning of sequence in front of a text; nil where no file says so.
  package var addsBeginning: Bool?

  /// Facts from their parts.
  package init(architecture: Architecture, positions: Int, addsBeginning: Bool?) {
    self.architecture = architecture
    self.positions = positions
    self.addsBeginning = addsBeginning
  }
}
