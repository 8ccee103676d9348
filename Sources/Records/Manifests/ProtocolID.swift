/// Which text in windows of how many tokens: `books-512` is the dataset `books`, 512 tokens each.
package struct ProtocolID: Sendable, Equatable, CustomStringConvertible {
  /// The folder in `datasets/`.
  package let dataset: String
  /// Tokens per window.
  package let windowTokens: Int

  /// Reads an id.
  ///
  /// - Throws: ``ProtocolIDError`` when it hasn't that form, or the dataset isn't one of `datasets`.
  package init(_ text: String, datasets: [String]) throws(ProtocolIDError) {
    guard let hyphen = text.lastIndex(of: "-"), hyphen != text.startIndex,
      let tokens = Int(text[text.index(after: hyphen)...]), (2...65_536).contains(tokens),
      String(tokens) == text[text.index(after: hyphen)...]
    else {
      throw ProtocolIDError(
        id: text,
        reason: "expected a dataset, a hyphen and 2 to 65536 tokens per window, as in 'books-512'")
    }
    dataset = String(text[..<hyphen])
    windowTokens = tokens
    guard datasets.contains(dataset) else {
      throw ProtocolIDError(
        id: text,
        reason: "there is no dataset '\(dataset)'; \(suggestion(for: dataset, among: datasets))")
    }
  }

  /// The id as tables write it.
  package var description: String { "\(dataset)-\(windowTokens)" }
}

/// A text that isn't a protocol id.
package struct ProtocolIDError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The text.
  package let id: String
  /// What is wrong with it.
  package let reason: String

  /// An error from its parts.
  package init(id: String, reason: String) {
    self.id = id
    self.reason = reason
  }

  /// One sentence for the user.
  package var description: String { "bad protocol id '\(id)': \(reason)" }
}
