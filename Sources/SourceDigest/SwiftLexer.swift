/// Cuts a Swift source into tokens; comments and white space are left out.
///
/// It knows what decides where a token ends, and nothing else of the language: nested comments, string
/// literals with raw delimiters, several lines and values inside them, regular expressions, numbers and
/// runs of operator characters.
///
/// > Source: The Swift Programming Language, "Lexical Structure".
struct SwiftLexer {
  private let bytes: ArraySlice<UInt8>
  private var index: Int
  private var tokens: [SourceToken] = []
  private var startsLine = true

  /// A lexer of `bytes`.
  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    index = bytes.startIndex
  }

  /// The tokens of `bytes`, in order.
  static func tokens(of bytes: ArraySlice<UInt8>) -> [SourceToken] {
    var lexer = SwiftLexer(bytes)
    while lexer.next() {}
    return lexer.tokens
  }

  private func peek(_ offset: Int = 0) -> UInt8 {
    let place = index + offset
    return place < bytes.endIndex && place >= bytes.startIndex ? bytes[place] : 0
  }

  private func stands(_ text: StaticString, at place: Int) -> Bool {
    place + text.utf8CodeUnitCount <= bytes.endIndex
      && text.withUTF8Buffer { bytes[place..<(place + $0.count)].elementsEqual($0) }
  }

  private mutating func next() -> Bool {
    skipSpaceAndComments()
    guard index < bytes.endIndex else { return false }
    let start = index
    let first = startsLine
    startsLine = false
    let byte = bytes[index]
    if SourceByte.isLetter(byte) || byte == UInt8(ascii: "`") {
      takeWord()
      push(.word, from: start, first)
    } else if SourceByte.isDigit(byte) {
      takeNumber()
      push(.number, from: start, first)
    } else if let inner = takeString() {
      push(.string, from: start, first, inner: inner)
    } else if takeRegularExpression() {
      push(.string, from: start, first)
    } else if Self.isOperator(byte) {
      takeOperator()
      push(.mark, from: start, first, spacing: spacing(of: start..<index))
    } else {
      index += 1
      push(.mark, from: start, first, spacing: spacingOfBracket(byte, first))
    }
    return true
  }

  private mutating func push(
    _ kind: SourceToken.Kind, from start: Int, _ first: Bool, spacing: UInt8 = 0,
    inner: [SourceToken] = []
  ) {
    tokens.append(
      SourceToken(kind, bytes[start..<index], spacing: spacing, startsLine: first, inner: inner))
  }

  // MARK: - White space

  private mutating func skipSpaceAndComments() {
    while index < bytes.endIndex {
      if SourceByte.isSpace(bytes[index]) {
        if bytes[index] == 10 || bytes[index] == 13 { startsLine = true }
        index += 1
      } else if stands("//", at: index) {
        while index < bytes.endIndex, bytes[index] != 10, bytes[index] != 13 { index += 1 }
      } else if stands("/*", at: index) {
        skipBlockComment()
      } else {
        return
      }
    }
  }

  private mutating func skipBlockComment() {
    var depth = 0
    repeat {
      if stands("/*", at: index) {
        depth += 1
        index += 2
      } else if stands("*/", at: index) {
        depth -= 1
        index += 2
      } else {
        if bytes[index] == 10 { startsLine = true }
        index += 1
      }
    } while depth > 0 && index < bytes.endIndex
    index = min(index, bytes.endIndex)
  }

  // MARK: - Words and numbers

  private mutating func takeWord() {
    if bytes[index] == UInt8(ascii: "`") {
      index += 1
      while index < bytes.endIndex, bytes[index] != UInt8(ascii: "`"), bytes[index] != 10 {
        index += 1
      }
      index = min(index + 1, bytes.endIndex)
    } else {
      while index < bytes.endIndex, SourceByte.isWord(bytes[index]) { index += 1 }
    }
  }

  private mutating func takeNumber() {
    let isHexadecimal = peek() == 48 && peek(1) == UInt8(ascii: "x")
    let exponents: [UInt8] = isHexadecimal ? Array("pP".utf8) : Array("eE".utf8)
    while index < bytes.endIndex {
      let byte = bytes[index]
      let isSign = byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
      if SourceByte.isWord(byte) && byte < 128 {
        index += 1
      } else if byte == UInt8(ascii: "."), SourceByte.isDigit(peek(1)) {
        index += 1
      } else if isSign, exponents.contains(peek(-1)), SourceByte.isDigit(peek(1)) {
        index += 1
      } else {
        return
      }
    }
  }

  // MARK: - Literals

  /// Takes a string literal that begins here; nil when none does.
  ///
  /// - Returns: The tokens of the values inside it.
  private mutating func takeString() -> [SourceToken]? {
    var hashes = 0
    while peek(hashes) == UInt8(ascii: "#") { hashes += 1 }
    guard peek(hashes) == UInt8(ascii: "\"") else { return nil }
    index += hashes
    let isLong = stands("\"\"\"", at: index)
    index += isLong ? 3 : 1
    var inner: [SourceToken] = []
    while index < bytes.endIndex {
      if bytes[index] == UInt8(ascii: "\\"), hasHashes(hashes, at: index + 1) {
        index += 1 + hashes
        if peek() == UInt8(ascii: "(") {
          inner += takeValue()
        } else if index < bytes.endIndex {
          index += 1
        }
      } else if isLong ? stands("\"\"\"", at: index) : bytes[index] == UInt8(ascii: "\""),
        hasHashes(hashes, at: index + (isLong ? 3 : 1))
      {
        index += (isLong ? 3 : 1) + hashes
        return inner
      } else if !isLong, bytes[index] == 10 {
        return inner
      } else {
        index += 1
      }
    }
    index = min(index, bytes.endIndex)
    return inner
  }

  private func hasHashes(_ count: Int, at place: Int) -> Bool {
    place + count <= bytes.endIndex
      && bytes[place..<(place + count)].allSatisfy { $0 == UInt8(ascii: "#") }
  }

  /// Takes `(…)` inside a string literal, whatever literals are in it.
  private mutating func takeValue() -> [SourceToken] {
    var lexer = SwiftLexer(bytes)
    lexer.index = index
    lexer.startsLine = false
    var depth = 0
    repeat {
      guard lexer.next(), let last = lexer.tokens.last else { break }
      if last.is("(") { depth += 1 }
      if last.is(")") { depth -= 1 }
    } while depth > 0
    index = lexer.index
    return lexer.tokens
  }

  /// Takes `/…/` or `#/…/#`, if one begins here.
  ///
  /// As the compiler does: a slash that an operand follows, with nothing to its left, and another on the line.
  private mutating func takeRegularExpression() -> Bool {
    var hashes = 0
    while peek(hashes) == UInt8(ascii: "#") { hashes += 1 }
    guard peek(hashes) == UInt8(ascii: "/") else { return false }
    if hashes == 0 {
      guard !isBoundOnTheLeft(index), !SourceByte.isSpace(peek(1)), peek(1) != 61 else {
        return false
      }
    }
    var place = index + hashes + 1
    while place < bytes.endIndex, hashes > 0 || bytes[place] != 10 {
      if bytes[place] == UInt8(ascii: "\\") {
        place += 2
      } else if bytes[place] == UInt8(ascii: "/"), hasHashes(hashes, at: place + 1) {
        index = place + 1 + hashes
        return true
      } else {
        place += 1
      }
    }
    return false
  }

  // MARK: - Operators

  private static func isOperator(_ byte: UInt8) -> Bool { operators[Int(byte)] }

  private static let operators: [Bool] = {
    var table = [Bool](repeating: false, count: 256)
    for byte in "/=-+!*%<>&|^~?.".utf8 { table[Int(byte)] = true }
    return table
  }()

  private mutating func takeOperator() {
    let mayHaveDots = bytes[index] == UInt8(ascii: ".")
    repeat {
      index += 1
    } while index < bytes.endIndex && Self.isOperator(bytes[index])
      && (mayHaveDots || bytes[index] != UInt8(ascii: "."))
      && !stands("//", at: index) && !stands("/*", at: index)
  }

  private func isBoundOnTheLeft(_ place: Int) -> Bool {
    guard place > bytes.startIndex else { return false }
    let before = bytes[place - 1]
    return !SourceByte.isSpace(before) && !"([{,;:".utf8.contains(before)
      && !(place >= bytes.startIndex + 2 && stands("*/", at: place - 2))
  }

  private func isBoundOnTheRight(_ place: Int) -> Bool {
    guard place < bytes.endIndex else { return false }
    return !SourceByte.isSpace(bytes[place]) && !")]},;:".utf8.contains(bytes[place])
      && !stands("//", at: place) && !stands("/*", at: place)
  }

  /// 1 for a prefix, 2 for a suffix, 0 between operands; 0 for operators that can be one only.
  private func spacing(of range: Range<Int>) -> UInt8 {
    guard !bytes[range].contains(where: { "<>=?.".utf8.contains($0) }) else { return 0 }
    switch (isBoundOnTheLeft(range.lowerBound), isBoundOnTheRight(range.upperBound)) {
    case (false, true): return 1
    case (true, false): return 2
    default: return 0
    }
  }

  /// 1 for a bracket that begins a line where it could have gone on with the line before.
  ///
  /// `f` and `(x)` on two lines are two statements, on one line they are a call.
  private func spacingOfBracket(_ byte: UInt8, _ first: Bool) -> UInt8 {
    guard first, byte == UInt8(ascii: "(") || byte == UInt8(ascii: "["), let last = tokens.last
    else { return 0 }
    let ends = last.kind != .mark || ")]}".utf8.contains(last.text.last ?? 0)
    return ends ? 1 : 0
  }
}
