/// A byte offset of a text as line, column and excerpt.
struct TextPosition {
  /// Line, from 1.
  let line: Int
  /// Column in UTF-8 bytes, from 1.
  let column: Int
  /// The whole line, without its end.
  let excerpt: String

  /// The position of `offset`, which may be one past the end.
  init(offset: Int, in text: [UInt8]) {
    let newline = UInt8(ascii: "\n")
    let offset = min(max(offset, 0), text.count)
    var line = 1
    var start = 0
    for index in 0..<offset where text[index] == newline {
      line += 1
      start = index + 1
    }
    var end = text[offset...].firstIndex(of: newline) ?? text.count
    if end > start, text[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    self.line = line
    self.column = offset - start + 1
    let bytes = text[start..<max(start, end)]
    if let valid = String(validating: bytes, as: UTF8.self) {
      excerpt = valid
    } else {
      // One replacement byte per bad byte, so that the caret still stands below its column.
      excerpt = String(decoding: bytes.map { $0 < 0x80 ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }
  }
}
