extension PreTokens {
  /// Where the pre-token that starts at `start` ends under ``PreTokenizer/tekken``.
  func endByCase(from start: Int) -> Int {
    let first = kind(at: start)
    let second = start + first.length
    // `[^\r\n\p{L}\p{N}]?`: a mark or space may join the word behind it.
    if first.joins, let end = endOfWord(from: second) { return end }
    if let end = endOfWord(from: start) { return end }
    if first.joins, let end = endOfCapitals(from: second) { return end }
    if let end = endOfCapitals(from: start) { return end }
    switch first.class {
    // A letter is a word or a capital, and so was taken above.
    case .letter, .number:
      return second
    case .other:
      return endOfLinesAndSlashes(from: endOfOthers(from: second))
    case .space:
      if text[start] == UInt8(ascii: " "), second < text.count, kind(at: second).class == .other {
        return endOfLinesAndSlashes(from: endOfOthers(from: second))
      }
      return endOfSpacesOrLines(from: start)
    }
  }

  /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+` at `start`.
  private func endOfWord(from start: Int) -> Int? {
    var end = start
    // Where the last scalar of the capitals ends that may stand among the small ones, too.
    var shared: Int?
    while end < text.count {
      let next = kind(at: end)
      guard next.isCapital else { break }
      end += next.length
      if next.isSmall { shared = end }
    }
    let small = endOfSmall(from: end)
    return small > end ? small : shared
  }

  /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*` at `start`.
  private func endOfCapitals(from start: Int) -> Int? {
    var end = start
    while end < text.count {
      let next = kind(at: end)
      guard next.isCapital else { break }
      end += next.length
    }
    return end > start ? endOfSmall(from: end) : nil
  }

  private func endOfSmall(from start: Int) -> Int {
    var end = start
    while end < text.count {
      let next = kind(at: end)
      guard next.isSmall else { break }
      end += next.length
    }
    return end
  }

  /// `[^\s\p{L}\p{N}]*`.
  private func endOfOthers(from start: Int) -> Int {
    var end = start
    while end < text.count {
      let next = kind(at: end)
      guard next.class == .other else { break }
      end += next.length
    }
    return end
  }

  /// `[\r\n/]*`.
  private func endOfLinesAndSlashes(from start: Int) -> Int {
    var end = start
    while end < text.count, isLineEnd(at: end) || text[end] == UInt8(ascii: "/") { end += 1 }
    return end
  }

  /// Class and length of a scalar, and on which sides of a word it stands.
  private struct Kind {
    var `class`: ScalarClass
    var length: Int
    /// In `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`.
    var isCapital = false
    /// In `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`.
    var isSmall = false
    /// In `[^\r\n\p{L}\p{N}]`.
    var joins = false
  }

  private func kind(at index: Int) -> Kind {
    let (scalarClass, length) = scalar(at: index)
    var kind = Kind(class: scalarClass, length: length)
    switch scalarClass {
    case .number: return kind
    case .space:
      kind.joins = !isLineEnd(at: index)
      return kind
    case .letter: break
    case .other: kind.joins = true
    }
    let byte = text[index]
    if byte < 0x80 {
      if scalarClass == .letter {
        (kind.isCapital, kind.isSmall) = (byte & 0x20 == 0, byte & 0x20 != 0)
      }
      return kind
    }
    let decoded = decodedScalar(in: text, at: index)
    guard decoded.isWellFormed, let scalar = Unicode.Scalar(decoded.value) else { return kind }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .titlecaseLetter: kind.isCapital = true
    case .lowercaseLetter: kind.isSmall = true
    case .modifierLetter, .otherLetter, .nonspacingMark, .spacingMark, .enclosingMark:
      (kind.isCapital, kind.isSmall) = (true, true)
    default: break
    }
    return kind
  }
}
