/// Writes a JSON value as text.
struct JSONWriter {
  /// What has been written.
  private(set) var text: [UInt8] = []
  private let style: JSONStyle
  private var path: [String] = []

  init(style: JSONStyle) { self.style = style }

  /// An array of strings stays on one line up to this many bytes.
  private static let lineLimit = 80

  /// Writes a whole document; numbers whose text isn't JSON are refused.
  mutating func writeDocument(_ value: JSON) throws(JSONError) {
    try write(value, indent: 0)
    if style == .pretty { text.append(UInt8(ascii: "\n")) }
  }

  private mutating func write(_ value: JSON, indent: Int) throws(JSONError) {
    switch value {
    case .null: text += "null".utf8
    case .bool(let value): text += (value ? "true" : "false").utf8
    case .integer(let value): text += String(value).utf8
    case .number(let value, let digits): try write(value, digits)
    case .string(let value): Self.append(value, to: &text)
    case .array(let values): try write(values, indent: indent)
    case .object(let members): try write(members, indent: indent)
    }
  }

  private mutating func write(_ values: [JSON], indent: Int) throws(JSONError) {
    if values.isEmpty { return text += "[]".utf8 }
    try checkDepth()
    let isBroken = style == .pretty && !Self.fitsOneLine(values)
    text.append(UInt8(ascii: "["))
    for (index, value) in values.enumerated() {
      if index > 0 { text += (isBroken || style != .pretty ? "," : ", ").utf8 }
      if isBroken { newline(indent + 1) }
      path.append(String(index))
      try write(value, indent: indent + 1)
      path.removeLast()
    }
    if isBroken { newline(indent) }
    text.append(UInt8(ascii: "]"))
  }

  private mutating func write(_ members: [JSON.Member], indent: Int) throws(JSONError) {
    if members.isEmpty { return text += "{}".utf8 }
    try checkDepth()
    let isPretty = style == .pretty
    let ordered =
      style == .canonical
      ? members.sorted { MemberName($0.name) < MemberName($1.name) } : members
    text.append(UInt8(ascii: "{"))
    for (index, member) in ordered.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      if isPretty { newline(indent + 1) }
      Self.append(member.name, to: &text)
      text += (isPretty ? ": " : ":").utf8
      path.append(member.name)
      try write(member.value, indent: indent + 1)
      path.removeLast()
    }
    if isPretty { newline(indent) }
    text.append(UInt8(ascii: "}"))
  }

  private mutating func write(_ value: Double, _ digits: String) throws(JSONError) {
    // The case is public, so its text may be anything.
    var scanner = Scanner(Array(digits.utf8))
    do {
      try scanner.scanNumber()
    } catch {
      throw failure("\(digits.quoted) isn't the text of a JSON number")
    }
    guard scanner.next == nil else {
      throw failure("\(digits.quoted) isn't the text of a JSON number")
    }
    guard style == .canonical, UInt64(digits) == nil else { return text += digits.utf8 }
    // Up to 2⁵³ a whole double is exactly one integer. Minus zero stays apart from zero.
    if let whole = Int64(exactly: value), whole.magnitude <= 1 << 53,
      whole != 0 || value.sign == .plus
    {
      text += String(whole).utf8
    } else {
      text += value.description.utf8
    }
  }

  private func checkDepth() throws(JSONError) {
    guard path.count < JSONDocument.maximumDepth else {
      throw failure("nested deeper than \(JSONDocument.maximumDepth) levels")
    }
  }

  private func failure(_ reason: String) -> JSONError {
    JSONError(
      file: "", line: 0, column: 0, pointer: JSONPointer.text(of: path), reason: reason)
  }

  private mutating func newline(_ indent: Int) {
    text.append(UInt8(ascii: "\n"))
    text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * indent))
  }

  /// Whether an array is written on one line: numbers always, strings while they are short.
  private static func fitsOneLine(_ values: [JSON]) -> Bool {
    var bytes = 0
    for value in values {
      switch value {
      case .null, .bool, .integer, .number: break
      case .string(let text): bytes += text.utf8.count + 4
      case .array, .object: return false
      }
    }
    return bytes <= lineLimit
  }

  /// `string` between double quotes, escaped.
  static func quoted(_ string: String) -> String {
    var text: [UInt8] = []
    append(string, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  private static func append(_ string: String, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""): text += #"\""#.utf8
      case UInt8(ascii: "\\"): text += #"\\"#.utf8
      case 0x08: text += #"\b"#.utf8
      case 0x09: text += #"\t"#.utf8
      case 0x0A: text += #"\n"#.utf8
      case 0x0C: text += #"\f"#.utf8
      case 0x0D: text += #"\r"#.utf8
      case 0..<0x20:
        let digits = String(byte, radix: 16)
        text += (#"\u"# + String(repeating: "0", count: 4 - digits.utf8.count) + digits).utf8
      default: text.append(byte)
      }
    }
    text.append(UInt8(ascii: "\""))
  }
}
