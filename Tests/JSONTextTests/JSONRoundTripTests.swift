import JSONText
import Testing

/// What is written is read back as the same value, and what is read is written back unchanged.
struct JSONRoundTripTests {
  static let values: [JSON] = [
    .null, .bool(true), .bool(false), .integer(0), .integer(-1), .integer(.max), .integer(.min),
    .number(0x1p64, text: "18446744073709551615"),
    .number(48.3, text: "48.30"), .number(1e-5, text: "1E-5"), .number(-0.0, text: "-0.0"),
    .string(""), .string("a\u{0}b\"\\/\u{8}\u{c}\n\r\t\u{1f}\u{7f}é\u{2028}😀"),
    .array([]), .object([]),
    .array([.integer(1), .null, .array([.string("x"), .object([])])]),
    .object([
      .init("z", .integer(1)), .init("", .null), .init("a/b~c", .array([.bool(true)])),
      .init("é", .integer(2)), .init("e\u{301}", .integer(3)),
    ]),
  ]

  @Test(arguments: values, [JSONStyle.pretty, .compact])
  func valueSurvives(value: JSON, style: JSONStyle) throws {
    let text = try jsonText(of: value, style: style)
    let document = try JSONDocument(text: Array(text.utf8), file: "x.json")
    #expect(document.root == value)
    #expect(try document.decode(JSON.self) == value)
    #expect(try jsonText(of: document.root, style: style) == text)
  }

  @Test func orderAndNumberTextAreKept() throws {
    let text = #"{"z":1,"a":48.30,"m":[1.0,1e3,-0.0,18446744073709551616,-9223372036854775808]}"#
    let document = try JSONDocument(text: Array(text.utf8), file: "x.json")
    #expect(try jsonText(of: document.root, style: .compact) == text)
    #expect(try jsonText(of: document.decode(JSON.self), style: .compact) == text)
  }
}
