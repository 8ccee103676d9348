/// Tokens that were added to a vocabulary and are found in text before it is cut or merged.
///
/// At each place the longest of the tokens counts, the leftmost place first, without overlaps. Tokens that open
/// or close something (special ones) are plain text here, see ``Tokenizer``: they are found, so that no shorter
/// token is found inside them, and then left to the model. Some are looked for in the text as it is, the others
/// in what normalization makes of it.
///
/// > Source: the behaviour of the tokenizers package, 0.23, with `encode_special_tokens` set.
struct AddedTokens: Sendable {
  /// One such token.
  struct Token: Sendable {
    /// Its text, in UTF-8.
    var text: [UInt8]
    /// Its id.
    var id: Int32
    /// Whether it is plain text in a corpus.
    var isSpecial = false
    /// Whether it takes white space before it.
    var stripsLeft = false
    /// Whether it takes white space behind it.
    var stripsRight = false
    /// Whether it must not touch a letter, digit or underscore.
    var isSingleWord = false
    /// Whether it is looked for in the normalized text.
    var isNormalized = false
  }

  /// A stretch of text: one token, or what lies between tokens.
  enum Section {
    /// A token that was found.
    case token(Int32)
    /// Text between tokens, after normalization; never empty.
    case text([UInt8], Range<Int>, isStart: Bool)
  }

  private let plain: TokenFinder?
  private let normalized: TokenFinder?

  /// The tokens, of which those that are normalized are written as `normalize` leaves them; nil where none but
  /// special ones are there, so that all text is a single section.
  init?(_ tokens: [Token], normalize: ([UInt8]) -> [UInt8]) {
    guard tokens.contains(where: { !$0.isSpecial }) else { return nil }
    plain = TokenFinder(tokens.filter { !$0.isNormalized })
    // Of two that normalization makes one, a special one counts.
    let others = tokens.filter(\.isNormalized)
    normalized = TokenFinder(
      (others.filter(\.isSpecial) + others.filter { !$0.isSpecial }).map { token in
        var token = token
        token.text = normalize(token.text)
        return token
      })
  }

  /// Calls `body` with each section of `text`, in order; each stretch is normalized by itself.
  func forEachSection(
    of text: [UInt8], normalize: ([UInt8]) -> [UInt8], _ body: (Section) -> Void
  ) {
    for part in plain?.parts(of: text) ?? [TokenFinder.Part(range: 0..<text.count)] {
      if let id = part.id {
        body(.token(id))
        continue
      }
      guard !part.range.isEmpty else { continue }
      let isStart = part.range.lowerBound == 0
      let stretch = normalize(part.range.count == text.count ? text : Array(text[part.range]))
      for part in normalized?.parts(of: stretch)
        ?? [TokenFinder.Part(range: 0..<stretch.count)]
      {
        if let id = part.id {
          body(.token(id))
        } else if !part.range.isEmpty {
          body(.text(stretch, part.range, isStart: isStart && part.range.lowerBound == 0))
        }
      }
    }
  }
}

/// Finds the longest of some texts at each place of a text.
private struct TokenFinder: Sendable {
  /// A token, or text between tokens.
  struct Part {
    /// The token's id; nil for text.
    var id: Int32?
    /// The text between; for a token, with the white space it takes.
    var range: Range<Int>
  }

  private let tokens: [AddedTokens.Token]
  private let index: TextIndex
  /// Lengths of the tokens that begin with a byte, longest first.
  private let lengths: [[Int]]

  /// Nil when there are no tokens.
  init?(_ tokens: [AddedTokens.Token]) {
    let tokens = tokens.filter { !$0.text.isEmpty }
    guard !tokens.isEmpty else { return nil }
    self.tokens = tokens
    var texts = TokenTexts()
    var lengths = [Set<Int>](repeating: [], count: 256)
    for token in tokens {
      texts.append(token.text)
      if let first = token.text.first { lengths[Int(first)].insert(token.text.count) }
    }
    var index = TextIndex(texts)
    for place in tokens.indices { _ = index.insert(place) }
    self.index = index
    self.lengths = lengths.map { $0.sorted(by: >) }
  }

  /// The token at `start` of `text`.
  private func token(in text: [UInt8], at start: Int) -> AddedTokens.Token? {
    for length in lengths[Int(text[start])] where length <= text.count - start {
      if let found = index[text[start..<(start + length)]] { return tokens[Int(found)] }
    }
    return nil
  }

  /// The parts of `text`, in order; text between tokens is never empty.
  func parts(of text: [UInt8]) -> [Part] {
    var parts: [Part] = []
    // `taken` is where the last token with its white space ends, `position` where the search goes on.
    var (taken, position) = (0, 0)
    while position < text.count {
      guard let token = token(in: text, at: position) else {
        position += 1
        continue
      }
      var (start, end) = (position, position + token.text.count)
      position = end
      if token.isSpecial { continue }
      if token.isSingleWord, endsWithWord(text, start) || beginsWithWord(text, end) { continue }
      if token.stripsLeft { start = max(beginOfSpaces(text, start), taken) }
      if token.stripsRight { end = endOfSpaces(text, end) }
      if taken < start { parts.append(Part(range: taken..<start)) }
      parts.append(Part(id: token.id, range: min(start, end)..<end))
      taken = end
    }
    if taken < text.count { parts.append(Part(range: taken..<text.count)) }
    return parts
  }
}

/// Whether the scalar before `end` belongs to a word.
private func endsWithWord(_ text: [UInt8], _ end: Int) -> Bool {
  scalar(text, before: end).map(isWordScalar) ?? false
}

/// Whether the scalar at `start` belongs to a word.
private func beginsWithWord(_ text: [UInt8], _ start: Int) -> Bool {
  guard start < text.count else { return false }
  let decoded = decodedScalar(in: text, at: start)
  return decoded.isWellFormed && (Unicode.Scalar(decoded.value).map(isWordScalar) ?? false)
}

/// Where the white space before `end` begins.
private func beginOfSpaces(_ text: [UInt8], _ end: Int) -> Int {
  var start = end
  while let scalar = scalar(text, before: start), scalar.properties.isWhitespace {
    start -= UTF8.width(scalar)
  }
  return start
}

/// Where the white space at `start` ends.
private func endOfSpaces(_ text: [UInt8], _ start: Int) -> Int {
  var end = start
  while end < text.count {
    let decoded = decodedScalar(in: text, at: end)
    guard decoded.isWellFormed, Unicode.Scalar(decoded.value)?.properties.isWhitespace == true
    else { break }
    end += decoded.length
  }
  return end
}

/// The scalar that ends at `end`, if what stands there is well-formed.
private func scalar(_ text: [UInt8], before end: Int) -> Unicode.Scalar? {
  var start = end - 1
  while start > 0, end - start < 4, text[start] & 0xC0 == 0x80 { start -= 1 }
  guard start >= 0 else { return nil }
  let decoded = decodedScalar(in: text, at: start)
  guard decoded.isWellFormed, start + decoded.length == end else { return nil }
  return Unicode.Scalar(decoded.value)
}

/// What `\w` matches.
///
/// > Source: Unicode Technical Standard #18, annex C.
private func isWordScalar(_ scalar: Unicode.Scalar) -> Bool {
  let properties = scalar.properties
  if properties.isAlphabetic || properties.isJoinControl { return true }
  switch properties.generalCategory {
  case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
    return true
  default: return false
  }
}
