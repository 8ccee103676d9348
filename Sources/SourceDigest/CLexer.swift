/// Cuts a C source, a header or a module map into tokens; comments and white space are left out.
///
/// > Source: ISO/IEC 9899:2018, 5.1.1.2 (phases of translation) and 6.4 (lexical elements).
struct CLexer {
  private let bytes: [UInt8]
  private var index = 0
  private var tokens: [SourceToken] = []
  private var startsLine = true
  /// How many tokens of a directive have been taken; nil outside of directives.
  private var directive: Int?

  /// The tokens of `bytes`, in order.
  static func tokens(of bytes: ArraySlice<UInt8>) -> [SourceToken] {
    var lexer = CLexer(bytes: withoutSplices(bytes))
    while lexer.next() {}
    lexer.endDirective()
    return lexer.tokens
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  /// Phase 2: a backslash at the end of a line joins it with the next.
  private static func withoutSplices(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var joined: [UInt8] = []
    joined.reserveCapacity(bytes.count)
    var index = bytes.startIndex
    while index < bytes.endIndex {
      if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.endIndex {
        if bytes[index + 1] == 10 {
          index += 2
          continue
        }
        if bytes[index + 1] == 13, index + 2 < bytes.endIndex, bytes[index + 2] == 10 {
          index += 3
          continue
        }
      }
      joined.append(bytes[index])
      index += 1
    }
    return joined
  }

  private func peek(_ offset: Int = 0) -> UInt8 {
    index + offset < bytes.count ? bytes[index + offset] : 0
  }

  private func stands(_ text: StaticString) -> Bool {
    index + text.utf8CodeUnitCount <= bytes.count
      && text.withUTF8Buffer { bytes[index..<(index + $0.count)].elementsEqual($0) }
  }

  private mutating func next() -> Bool {
    let place = index
    skipSpaceAndComments()
    guard index < bytes.count else { return false }
    let start = index
    let first = startsLine
    startsLine = false
    let byte = bytes[index]
    if first, byte == UInt8(ascii: "#") { directive = 0 }
    var kind = SourceToken.Kind.mark
    var spacing: UInt8 = 0
    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
      takeLiteral(to: byte)
      kind = .string
    } else if byte == UInt8(ascii: "<"), isAfterInclude {
      takeLiteral(to: UInt8(ascii: ">"))
      kind = .string
    } else if SourceByte.isLetter(byte) {
      while index < bytes.count, SourceByte.isWord(bytes[index]) { index += 1 }
      kind = .word
    } else if SourceByte.isDigit(byte) || byte == UInt8(ascii: ".") && SourceByte.isDigit(peek(1)) {
      takeNumber()
      kind = .number
    } else {
      // The parameters of a macro follow its name without white space.
      if byte == UInt8(ascii: "("), directive == 3, place == start,
        tokens[tokens.count - 2].is("define")
      {
        spacing = 1
      }
      takeMark()
    }
    directive? += 1
    tokens.append(SourceToken(kind, bytes[start..<index], spacing: spacing, startsLine: first))
    return true
  }

  private var isAfterInclude: Bool { directive == 2 && tokens.last?.is("include") == true }

  private mutating func endDirective() {
    guard directive != nil else { return }
    directive = nil
    tokens.append(SourceToken(.endOfDirective, []))
  }

  private mutating func skipSpaceAndComments() {
    while index < bytes.count {
      if bytes[index] == 10 || bytes[index] == 13 {
        endDirective()
        startsLine = true
        index += 1
      } else if SourceByte.isSpace(bytes[index]) {
        index += 1
      } else if stands("//") {
        while index < bytes.count, bytes[index] != 10, bytes[index] != 13 { index += 1 }
      } else if stands("/*") {
        index += 2
        // A comment over several lines is one space: a directive goes on behind it.
        while index < bytes.count, !stands("*/") { index += 1 }
        index = min(index + 2, bytes.count)
      } else {
        return
      }
    }
  }

  private mutating func takeLiteral(to end: UInt8) {
    index += 1
    while index < bytes.count, bytes[index] != end, bytes[index] != 10 {
      index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    index = min(index + 1, bytes.count)
  }

  /// A preprocessing number (6.4.8).
  private mutating func takeNumber() {
    while index < bytes.count {
      let isSign = peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-")
      let isExponent = isSign && "eEpP".utf8.contains(bytes[index - 1])
      guard SourceByte.isWord(peek()) || peek() == UInt8(ascii: ".") || isExponent else { return }
      index += 1
    }
  }

  /// The longest punctuator (6.4.6).
  private mutating func takeMark() {
    for text: StaticString in ["...", "<<=", ">>="] where stands(text) {
      index += 3
      return
    }
    for text: StaticString in [
      "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "*=", "/=", "%=", "+=",
      "-=", "&=", "^=", "|=", "##",
    ] where stands(text) {
      index += 2
      return
    }
    index += 1
  }
}
