package import JSONText

extension RunRecord {
  /// Holds a finished record's scores to what they are made of; a number that was edited shows here.
  ///
  /// Nothing is asked of other cells: their scores may be cut short, or there are none.
  ///
  /// - Parameter document: The text that the record was decoded from.
  /// - Throws: ``JSONError`` at the first figure that its windows or examples contradict.
  package func check(in document: JSONDocument) throws(JSONError) {
    guard status == .finished else { return }
    for (index, score) in scores.enumerated() {
      guard let wrong = contradiction(in: score) else { continue }
      throw document.error(
        at: "/scores/\(index)/\(wrong.member)",
        "expected \(wrong.expected) by the \(wrong.basis), found \(wrong.found); "
          + "the record was edited or damaged")
    }
  }
}
