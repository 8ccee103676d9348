/// How much of an answer's words another answer has.
///
/// > Source: Rajpurkar et al. 2016, arXiv:1606.05250, §6.1, and SQuAD's evaluation script: lower case,
///   no punctuation, no articles, white space as one space.
package enum AnswerWords {
  /// The words of a text that count.
  package static func of(_ text: String) -> [String] {
    let kept = text.lowercased().unicodeScalars.filter { !isPunctuation($0) }
    // An article stands between what isn't part of a word: "a—b" has one, "la" hasn't.
    var result = String.UnicodeScalarView()
    var rest = String(String.UnicodeScalarView(kept)).unicodeScalars[...]
    while let first = rest.first {
      let isWord = isWordPart(first)
      let run = rest.prefix { isWordPart($0) == isWord }
      if isWord, ["a", "an", "the"].contains(String(run)) {
        result.append(" ")
      } else {
        result.append(contentsOf: run)
      }
      rest = rest.dropFirst(run.count)
    }
    return result.split(whereSeparator: \.isStripped).map { String($0) }
  }

  /// A generated answer without white space at either end.
  package static func trimmed(_ text: String) -> String { text.trimmed }

  /// Largest F1 of the words of `text` with those of any of `references`, 0…1.
  ///
  /// F1 = 2pr/(p + r), with p the share of the text's words that the reference has, r the share of the
  /// reference's that the text has; 0 without a common word, also when neither has any.
  package static func f1(_ text: String, _ references: [String]) -> Double {
    let own = of(text)
    return references.map { reference in
      let other = of(reference)
      var left: [String: Int] = [:]
      for word in other { left[word, default: 0] += 1 }
      var common = 0
      for word in own where left[word, default: 0] > 0 {
        left[word, default: 0] -= 1
        common += 1
      }
      guard common > 0 else { return 0 }
      let (precision, recall) = (
        Double(common) / Double(own.count), Double(common) / Double(other.count)
      )
      return 2 * precision * recall / (precision + recall)
    }.max() ?? 0
  }

  /// 1 when the words of `text` are those of one of `references`, in order; else 0.
  package static func exactMatch(_ text: String, _ references: [String]) -> Double {
    let own = of(text)
    return references.contains { of($0) == own } ? 1 : 0
  }

  /// Letters, digits and the underscore: what Python's regular expressions call a word.
  private static func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
  }

  /// ASCII's punctuation, as Python's `string.punctuation` lists it.
  private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
    default: false
    }
  }
}
