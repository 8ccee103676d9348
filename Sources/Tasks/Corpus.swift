internal import Glibc
package import Tokenizers
package import Vocabulary

/// The three texts of one protocol, known to share no byte.
///
/// With the split types this is the whole firewall: ``Split`` keeps a text in its role, and this type
/// refuses a corpus in which the same bytes play two roles.
package struct Corpus: Sendable, Equatable {
  /// Text for fitting.
  package let training: TextSpecification
  /// Text for choosing.
  package let development: TextSpecification
  /// Text for reporting.
  package let test: TextSpecification

  /// A corpus of three texts.
  ///
  /// Compares byte ranges of files, by their resolved paths. It can't see that two files hold the same
  /// words.
  ///
  /// - Throws: ``TaskError/overlap(_:_:path:)`` when two splits read the same byte of a file.
  package init(
    training: TextSpecification, development: TextSpecification, test: TextSpecification
  ) throws(TaskError) {
    self.training = training
    self.development = development
    self.test = test
    let splits: [(name: String, ranges: [FileRange])] = [
      (TrainingSplit.name, training.parts.map(FileRange.init)),
      (DevelopmentSplit.name, development.parts.map(FileRange.init)),
      (TestSplit.name, test.parts.map(FileRange.init)),
    ]
    for (number, first) in splits.enumerated() {
      for second in splits[(number + 1)...] {
        for range in first.ranges {
          guard second.ranges.contains(where: range.overlaps) else { continue }
          throw .overlap(first.name, second.name, path: range.path)
        }
      }
    }
  }

  /// Token windows of one split.
  ///
  /// - Throws: ``TaskError``.
  package func stream<S: Split>(
    for split: S.Type, _ tokenizer: any Tokenizer, beginning: BeginningOfSequencePolicy
  ) throws(TaskError) -> TokenStream<S> {
    try TokenStream(S.text(of: self).assembled(), tokenizer, beginning: beginning)
  }
}

/// Bytes of a file, under the file's own name.
private struct FileRange {
  let path: String
  let resolvedPath: String
  let range: Range<Int>

  init(_ part: TextSpecification.Part) {
    path = part.path
    if let resolved = realpath(part.path, nil) {
      resolvedPath = String(cString: resolved)
      free(resolved)
    } else {
      // Reading the part will say what is wrong with it.
      resolvedPath = part.path
    }
    range = part.from..<max(part.from, part.to ?? Int.max)
  }

  func overlaps(_ other: FileRange) -> Bool {
    resolvedPath == other.resolvedPath && range.overlaps(other.range)
  }
}
