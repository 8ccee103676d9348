package import Vocabulary

/// What a model's own files say of it before any weight is read, where no manifest describes it.
package struct ModelFacts: Sendable, Equatable {
  /// The family that the model is of.
  package var architecture: Architecture
  /// Longest sequence, tokens.
  package var positions: Int
  /// Whether its tokenizer puts a beginning of sequence in front of a text; nil where no file says so.
  package var beginning: Beginning?
  /// The linears of a block, in the order in which they run.
  package var linears: [Linear]

  /// Facts from their parts.
  package init(
    architecture: Architecture, positions: Int, beginning: Beginning?, linears: [Linear]
  ) {
    self.architecture = architecture
    self.positions = positions
    self.beginning = beginning
    self.linears = linears
  }

  /// Whether a beginning of sequence is put in front of a text, and what says so.
  package struct Beginning: Sendable, Equatable {
    /// Whether it is.
    package var adds: Bool
    /// The member and the file that say so.
    package var source: String
    /// The member and the file that say otherwise, and aren't followed.
    package var overruled: String?

    /// What a file says, from its parts.
    package init(adds: Bool, source: String, overruled: String? = nil) {
      self.adds = adds
      self.source = source
      self.overruled = overruled
    }

    /// The policy that it stands for.
    package var policy: BeginningOfSequencePolicy { adds ? .once : .none }

    /// Who says so, for a reader.
    package var words: String {
      source
        + (overruled.map { ", which transformers follows; \($0) says otherwise" } ?? "")
    }
  }

  /// One of a block's linears.
  package struct Linear: Sendable, Equatable {
    /// The field's usual name, such as `down_proj`.
    package var name: String
    /// Columns of its weight.
    package var inputs: Int

    /// A linear from its parts.
    package init(name: String, inputs: Int) {
      self.name = name
      self.inputs = inputs
    }
  }
}
