/// Why a text isn't strict JSON, and where.
struct ScanFailure: Error {
  /// Byte offset of the culprit.
  var offset: Int
  /// What was expected and what was found.
  var reason: String
  /// Names and indices that lead to the culprit, innermost first.
  var path: [String] = []
}

/// A strict skim of a JSON text: checks everything, keeps nothing.
///
/// It runs before json-c, finds the first fault in reading order, and says what it is in terms of
/// what the writer of the file did. ``Locator`` uses the same code to skip values.
/// - Complexity: linear in the text; names are checked for repeats by hash.
struct Scanner {
  let text: [UInt8]
  /// The next byte to look at.
  var offset = 0
  /// Where integers end that don't fit in 64 bits, in order.
  var largeIntegerEnds: [Int] = []
  /// How many arrays and objects are open.
  private var depth = 0

  init(_ text: [UInt8]) { self.text = text }

  /// The byte at the offset, or nil at the end.
  var next: UInt8? { offset < text.count ? text[offset] : nil }

  /// Checks that the whole text is one value.
  mutating func scanDocument() throws(ScanFailure) {
    if text.isEmpty { throw ScanFailure(offset: 0, reason: "the text is empty") }
    if text.starts(with: [0xEF, 0xBB, 0xBF]) {
      throw ScanFailure(offset: 0, reason: "the text begins with a byte order mark; remove it")
    }
    skipBlanks()
    if next == nil { throw ScanFailure(offset: 0, reason: "the text has nothing but blanks") }
    try scanValue()
    skipBlanks()
    if next != nil { throw failure("expected the end of the text, found \(found())") }
  }

  /// Moves past blanks.
  mutating func skipBlanks() {
    while offset < text.count {
      switch text[offset] {
      case 0x20, 0x09, 0x0A, 0x0D: offset += 1
      default: return
      }
    }
  }

  /// Moves past one value, which begins at the offset.
  mutating func scanValue() throws(ScanFailure) {
    switch next {
    case UInt8(ascii: "{"): try scanObject()
    case UInt8(ascii: "["): try scanArray()
    case UInt8(ascii: "\""): _ = try scanString(decoding: false)
    case UInt8(ascii: "-"), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): try scanNumber()
    case UInt8(ascii: "t") where takes("true"): break
    case UInt8(ascii: "f") where takes("false"): break
    case UInt8(ascii: "n") where takes("null"): break
    default: throw notAValue()
    }
  }

  /// Moves past `word` if it stands here and no letter follows.
  private mutating func takes(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard self.word(at: offset) == word.description else { return false }
    offset += count
    return true
  }

  /// An array, from its bracket.
  private mutating func scanArray() throws(ScanFailure) {
    try open()
    skipBlanks()
    if next == UInt8(ascii: "]") { return close() }
    var index = 0
    while true {
      do {
        try scanValue()
      } catch var failure {
        failure.path.append(String(index))
        throw failure
      }
      skipBlanks()
      if next == UInt8(ascii: "]") { return close() }
      guard next == UInt8(ascii: ",") else {
        throw failure("expected ',' or ']' after an array's element, found \(found())")
      }
      try comma(before: UInt8(ascii: "]"))
      index += 1
    }
  }

  /// An object, from its brace.
  private mutating func scanObject() throws(ScanFailure) {
    try open()
    skipBlanks()
    if next == UInt8(ascii: "}") { return close() }
    var names: Set<MemberName> = []
    while true {
      let start = offset
      let name = try scanName()
      if !names.insert(MemberName(name)).inserted {
        throw ScanFailure(
          offset: start, reason: "duplicate member \(name.quoted)", path: [name])
      }
      do {
        try scanValue()
      } catch var failure {
        failure.path.append(name)
        throw failure
      }
      skipBlanks()
      if next == UInt8(ascii: "}") { return close() }
      guard next == UInt8(ascii: ",") else {
        throw failure("expected ',' or '}' after an object's member, found \(found())")
      }
      try comma(before: UInt8(ascii: "}"))
    }
  }

  /// Moves past a name, its colon and the blanks around it, to the member's value.
  mutating func scanName() throws(ScanFailure) -> String {
    let start = offset
    guard next == UInt8(ascii: "\"") else {
      if next == UInt8(ascii: "'") { throw singleQuotes() }
      throw failure("expected a member's name in double quotes, found \(found())")
    }
    let name = try scanString(decoding: true)
    if name.utf8.contains(0) {
      throw ScanFailure(offset: start, reason: "a member's name can't contain U+0000")
    }
    skipBlanks()
    guard next == UInt8(ascii: ":") else {
      throw failure("expected ':' after the name \(name.quoted), found \(found())")
    }
    offset += 1
    skipBlanks()
    return name
  }

  /// Moves past a comma and the blanks behind it; `bracket` mustn't follow.
  private mutating func comma(before bracket: UInt8) throws(ScanFailure) {
    let comma = offset
    offset += 1
    skipBlanks()
    if next == bracket {
      let shown = Character(Unicode.Scalar(bracket))
      throw ScanFailure(offset: comma, reason: "a comma right before '\(shown)' isn't allowed")
    }
  }

  /// Moves into an array or object.
  private mutating func open() throws(ScanFailure) {
    guard depth < JSONDocument.maximumDepth else {
      throw failure("nested deeper than \(JSONDocument.maximumDepth) levels")
    }
    depth += 1
    offset += 1
  }

  /// Moves out of an array or object.
  private mutating func close() {
    depth -= 1
    offset += 1
  }
}
