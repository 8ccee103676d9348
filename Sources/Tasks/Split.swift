/// What a text is for; the firewall between training, choosing and reporting.
///
/// Every type that holds text or scores carries its split as a type parameter, and nothing converts
/// one split into another. So a function that trains takes ``TokenWindows```<TrainingSplit>` and
/// can't be handed the test text; a function that chooses a checkpoint takes
/// ``WindowScores```<DevelopmentSplit>` and can't be handed a test score. Such a call doesn't compile.
/// That the three texts are three texts is ``Corpus``'s part.
package protocol Split: Sendable {
  /// The name in records: `train`, `development` or `test`.
  static var name: String { get }
  /// Which text of a corpus this split reads.
  static func text(of corpus: Corpus) -> TextSpecification
}

/// Text that parameters are fitted to, calibration included.
package enum TrainingSplit: Split {
  /// `train`.
  package static let name = "train"
  /// The corpus's training text.
  package static func text(of corpus: Corpus) -> TextSpecification { corpus.training }
}

/// Text on which anything is chosen: learning rates, checkpoints, options.
package enum DevelopmentSplit: Split {
  /// `development`.
  package static let name = "development"
  /// The corpus's development text.
  package static func text(of corpus: Corpus) -> TextSpecification { corpus.development }
}

/// Text that is scored and reported, and nothing else.
package enum TestSplit: Split {
  /// `test`.
  package static let name = "test"
  /// The corpus's test text.
  package static func text(of corpus: Corpus) -> TextSpecification { corpus.test }
}
