package import Statistics

extension PairedComparison {
  /// The probability in words, with what speaks against believing the difference.
  package var support: String {
    let phrase = NumberText.probabilityPhrase(probability)
    if probability >= Self.level { return "\(phrase), not significant" }
    return isSupported ? phrase : "\(phrase), but within the rounding floor"
  }
}
