extension JSONDocument {
  /// The document that a file is without all but one member of its outermost object; nil where that member isn't
  /// found.
  ///
  /// For large files of which a small part is wanted: what stands before the member is looked through for strings and
  /// brackets alone, what stands behind it isn't. Places in errors are those of the file. A name that the file writes
  /// with escapes isn't found.
  ///
  /// - Throws: ``JSONError`` for a file that can't be read, or a member that isn't JSON.
  public init?(contentsOf path: String, member name: String) throws(JSONError) {
    var text = try jsonBytes(of: path)
    guard let range = Self.range(of: Array("\"\(name)\"".utf8), in: text) else { return nil }
    let newline = UInt8(ascii: "\n")
    for index in 0..<range.lowerBound where text[index] != newline { text[index] = 0x20 }
    text.removeSubrange(range.upperBound...)
    guard let first = text[..<range.lowerBound].firstIndex(of: 0x20) else { return nil }
    text[first] = UInt8(ascii: "{")
    try self.init(text: text + [UInt8(ascii: "}")], file: path)
  }

  /// Where a member of the outermost object stands, from its name's quote to the end of its value.
  private static func range(of quoted: [UInt8], in text: [UInt8]) -> Range<Int>? {
    var (depth, index) = (0, 0)
    var start: Int?
    while index < text.count {
      switch text[index] {
      case UInt8(ascii: "\""):
        let end = endOfString(from: index, in: text)
        if start == nil, depth == 1, end - index == quoted.count,
          text[index..<end].elementsEqual(quoted),
          text[end...].first(where: { !isSpace($0) }) == UInt8(ascii: ":")
        {
          start = index
        }
        index = end
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth == 0 { return start.map { $0..<index } }
      case UInt8(ascii: ","):
        if depth == 1, let start { return start..<index }
      default: break
      }
      index += 1
    }
    return nil
  }

  /// The place behind a string's closing quote, or the text's end.
  private static func endOfString(from quote: Int, in text: [UInt8]) -> Int {
    var index = quote + 1
    while index < text.count {
      switch text[index] {
      case UInt8(ascii: "\""): return index + 1
      case UInt8(ascii: "\\"): index += 2
      default: index += 1
      }
    }
    return text.count
  }

  private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
}
