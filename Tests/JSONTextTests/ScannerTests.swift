import JSONText
import Testing

/// Every way in which a text isn't strict JSON, with place and wording.
struct ScannerTests {
  /// One faulty text and the error it gives: `line:column pointer reason`.
  struct Fault: Sendable, CustomTestStringConvertible {
    var text: String
    var place: String
    var reason: String
    var testDescription: String { text }

    init(_ text: String, _ place: String, _ reason: String) {
      self.text = text
      self.place = place
      self.reason = reason
    }
  }

  static let structure: [Fault] = [
    Fault("", "1:1 ", "the text is empty"),
    Fault(" \n\t", "1:1 ", "the text has nothing but blanks"),
    Fault("\u{FEFF}{}", "1:1 ", "the text begins with a byte order mark; remove it"),
    Fault("[", "1:2 /0", "expected a value, found the end of the text"),
    Fault("[1,", "1:4 /1", "expected a value, found the end of the text"),
    Fault("[1", "1:3 ", "expected ',' or ']' after an array's element, found the end of the text"),
    Fault("[4 8]", "1:4 ", "expected ',' or ']' after an array's element, found '8'"),
    Fault("[1}", "1:3 ", "expected ',' or ']' after an array's element, found '}'"),
    Fault("[1,\n 2,\n]", "2:3 ", "a comma right before ']' isn't allowed"),
    Fault("[,1]", "1:2 /0", "expected a value, found ','"),
    Fault(#"{"a":1,}"#, "1:7 ", "a comma right before '}' isn't allowed"),
    Fault(
      #"{"a":1 "b":2}"#, "1:8 ", "expected ',' or '}' after an object's member, found a string"),
    Fault(#"{"a" 1}"#, "1:6 ", "expected ':' after the name 'a', found '1'"),
    Fault(#"{"a":}"#, "1:6 /a", "expected a value, found '}'"),
    Fault("{", "1:2 ", "expected a member's name in double quotes, found the end of the text"),
    Fault("{a:1}", "1:2 ", "expected a member's name in double quotes, found 'a'"),
    Fault("{1:1}", "1:2 ", "expected a member's name in double quotes, found '1'"),
    Fault("{}{}", "1:3 ", "expected the end of the text, found '{'"),
    Fault("{}\n// done", "2:1 ", "expected the end of the text, found '/'"),
    Fault("1 2", "1:3 ", "expected the end of the text, found '2'"),
    Fault("[1, // one\n2]", "1:5 /1", "expected a value, found '/'; JSON has no comments"),
    Fault("[# one\n1]", "1:2 /0", "expected a value, found '#'; JSON has no comments"),
    Fault("[\u{e9}]", "1:2 /0", "expected a value, found 'é'"),
    Fault("[\u{0}]", "1:2 /0", "expected a value, found the control character U+0000"),
    Fault(#"{"a":{"b":[1,{"c/d":x}]}}"#, "1:21 /a/b/1/c~1d", "expected a value, found 'x'"),
  ]

  static let words: [Fault] = [
    Fault("['a']", "1:2 /0", "JSON strings stand in double quotes, not in single ones"),
    Fault("{'a':1}", "1:2 ", "JSON strings stand in double quotes, not in single ones"),
    Fault("[NaN]", "1:2 /0", "NaN isn't a JSON number; write null"),
    Fault("[nan]", "1:2 /0", "nan isn't a JSON number; write null"),
    Fault("[Infinity]", "1:2 /0", "Infinity isn't a JSON number; write null"),
    Fault("[-Infinity]", "1:2 /0", "-Infinity isn't a JSON number; write null"),
    Fault("[True]", "1:2 /0", "expected a value, found 'True'; did you mean 'true'?"),
    Fault("[FALSE]", "1:2 /0", "expected a value, found 'FALSE'; did you mean 'false'?"),
    Fault("[None]", "1:2 /0", "expected a value, found 'None'; did you mean 'null'?"),
    Fault("[nul]", "1:2 /0", "expected a value, found 'nul'"),
    Fault("[nullx]", "1:2 /0", "expected a value, found 'nullx'"),
    Fault(#"{"a":1,"a":2}"#, "1:8 /a", "duplicate member 'a'"),
    Fault(#"{"a":1,"\u0061":2}"#, "1:8 /a", "duplicate member 'a'"),
    Fault(#"[{"x":{"a":1,"b":2,"a":3}}]"#, "1:20 /0/x/a", "duplicate member 'a'"),
    Fault(#"{"a\u0000b":1}"#, "1:2 ", "a member's name can't contain U+0000"),
  ]

  static let numbers: [Fault] = [
    Fault("[01]", "1:2 /0", "a number can't begin with zeros"),
    Fault("[-012]", "1:2 /0", "a number can't begin with zeros"),
    Fault("[+1]", "1:2 /0", "a number can't begin with '+'"),
    Fault("[.5]", "1:2 /0", "a number can't begin with '.'"),
    Fault("[1.]", "1:4 /0", "expected a digit after '.', found ']'"),
    Fault("[1e]", "1:4 /0", "expected a digit in the exponent, found ']'"),
    Fault("[1e+]", "1:5 /0", "expected a digit in the exponent, found ']'"),
    Fault("[-]", "1:3 /0", "expected a digit after '-', found ']'"),
    Fault("-", "1:2 ", "expected a digit after '-', found the end of the text"),
    Fault("[0x10]", "1:3 ", "expected ',' or ']' after an array's element, found 'x10'"),
    Fault("[1_000]", "1:3 ", "expected ',' or ']' after an array's element, found '_000'"),
    Fault(
      "[\(String(repeating: "9", count: 400))]", "1:2 /0",
      "the number '\(String(repeating: "9", count: 60))…' is too large for a double"),
    Fault("[1e999]", "1:2 /0", "the number '1e999' is too large for a double"),
    Fault("[-1e999]", "1:2 /0", "the number '-1e999' is too large for a double"),
    Fault("[1e-999]", "1:2 /0", "the number '1e-999' is too small for a double"),
  ]

  static let strings: [Fault] = [
    Fault(#"["abc"#, "1:2 /0", "the text ends inside this string"),
    Fault(#"["abc\"#, "1:6 /0", #"'\' can't be followed by the end of the text"#),
    Fault(#"["a\xb"]"#, "1:4 /0", #"'\' can't be followed by 'xb'"#),
    Fault(#"["\'"]"#, "1:3 /0", #"'\' can't be followed by a single quote"#),
    Fault(#"["\u12g4"]"#, "1:3 /0", #"'\u' needs four hexadecimal digits"#),
    Fault(#"["\u12"#, "1:3 /0", #"'\u' needs four hexadecimal digits"#),
    Fault(
      #"["\ud800"]"#, "1:3 /0", #"'\ud800' is half of a surrogate pair; the other half is missing"#),
    Fault(
      #"["\ud800\u0041"]"#, "1:3 /0",
      #"'\ud800' is half of a surrogate pair; the other half is missing"#),
    Fault(
      #"["\udc00"]"#, "1:3 /0", #"'\udc00' is half of a surrogate pair; the other half is missing"#),
    Fault("[\"a\nb\"]", "1:4 /0", "a line break (U+000A) has to be escaped inside a string"),
    Fault("[\"a\tb\"]", "1:4 /0", "a tab (U+0009) has to be escaped inside a string"),
    Fault(
      "[\"\u{1b}\"]", "1:3 /0",
      "the control character U+001B has to be escaped inside a string"),
  ]

  @Test(arguments: structure + words + numbers + strings)
  func faultIsNamed(fault: Fault) {
    let error = #expect(throws: JSONError.self) { try document(fault.text) }
    guard let error else { return }
    #expect("\(error.line):\(error.column) \(error.pointer)" == fault.place)
    #expect(error.reason == fault.reason)
    #expect(error.file == "t.json")
  }

  /// Overlong forms, surrogates, code points beyond U+10FFFF, stray and missing continuations.
  @Test(
    arguments: [
      ([0xFF], "ff"), ([0x80], "80"), ([0xC0, 0xAF], "c0"), ([0xC3], "c3"), ([0xC3, 0x41], "c3"),
      ([0xE0, 0x80, 0x80], "e0"), ([0xED, 0xA0, 0x80], "ed"), ([0xE2, 0x82], "e2"),
      ([0xF0, 0x80, 0x80, 0x80], "f0"), ([0xF4, 0x90, 0x80, 0x80], "f4"),
      ([0xF5, 0x80, 0x80, 0x80], "f5"),
    ] as [([UInt8], String)])
  func badUTF8(bytes: [UInt8], shown: String) {
    let head = Array("{\"a\": \"é".utf8)
    let error = #expect(throws: JSONError.self) {
      try JSONDocument(text: head + bytes + Array("\"}".utf8), file: "t.json")
    }
    #expect(error?.reason == "the byte 0x\(shown) isn't valid UTF-8 here")
    #expect(error?.line == 1)
    #expect(error?.column == 10)
    #expect(error?.pointer == "/a")
  }

  @Test func badByteOutsideAString() {
    let error = #expect(throws: JSONError.self) {
      try JSONDocument(text: [0x5B, 0xFF, 0x5D], file: "t.json")
    }
    #expect(error?.reason == "expected a value, found the byte 0xff")
  }

  @Test func nestingHasALimit() throws {
    func nested(_ levels: Int) -> String {
      String(repeating: #"[{"a":"#, count: levels / 2) + "1"
        + String(repeating: "}]", count: levels / 2)
    }
    #expect(JSONDocument.maximumDepth == 512)
    let deepest = try document(nested(512))
    #expect(try jsonText(of: deepest.root, style: .compact) == nested(512))
    #expect(try jsonText(of: deepest.decode(JSON.self), style: .compact) == nested(512))
    let error = #expect(throws: JSONError.self) { try document(nested(514)) }
    #expect(error?.reason == "nested deeper than 512 levels")
    #expect(error?.column == 256 * 6 + 1)
    // No stack is spent on what is refused.
    let abyss = String(repeating: "[", count: 1_000_000)
    #expect(throws: JSONError.self) { try document(abyss) }
  }

  @Test func unicodeEscapes() throws {
    let text = #"{"\u00e9\ud83d\ude00":"\"\\\/\b\f\n\r\t\u0000A\u20AC"}"#
    guard case .object(let members) = try document(text).root else {
      Issue.record("not an object")
      return
    }
    #expect(members == [JSON.Member("é😀", .string("\"\\/\u{8}\u{c}\n\r\t\u{0}A€"))])
  }

  /// Swift's strings are equal when canonically equivalent; names in JSON aren't.
  @Test func namesDifferByCodePoints() throws {
    let composed = "\u{e9}"
    let decomposed = "e\u{301}"
    let document = try document(#"{"\#(composed)":1,"\#(decomposed)":2}"#)
    #expect(document.root[composed] == .integer(1))
    #expect(document.root[decomposed] == .integer(2))
    #expect(try document.decode(Int.self, at: "/\(decomposed)") == 2)
  }

  @Test func scalarsAtTheTop() throws {
    #expect(try document(" null\n").root == .null)
    #expect(try document("true").root == .bool(true))
    #expect(try document("-7").root == .integer(-7))
    #expect(try document("0.10").root == .number(0.1, text: "0.10"))
    #expect(try document("0e999").root == .number(0, text: "0e999"))
    #expect(try document(#""x""#).root == .string("x"))
  }

  @Test func largestIntegers() throws {
    #expect(try document("9223372036854775807").root == .integer(.max))
    #expect(try document("-9223372036854775808").root == .integer(.min))
    let digits = "9223372036854775808"
    #expect(try document(digits).root == .number(0x1p63, text: digits))
    #expect(try document(digits).decode(UInt64.self) == 1 << 63)
    #expect(try document("18446744073709551615").decode(UInt64.self) == .max)
  }

  /// The hub's files have 10³⁰ as a double prints it where a text may be as long as it likes.
  @Test func integersBeyondSixtyFourBitsKeepTheirDigits() throws {
    let digits = "1000000000000000019884624838656"
    let found = try document("[7, \(digits), -\(digits), 18446744073709551616, 1e0]")
    #expect(
      found.root
        == .array([
          .integer(7), .number(1e30, text: digits), .number(-1e30, text: "-" + digits),
          .number(0x1p64, text: "18446744073709551616"), .number(1, text: "1e0"),
        ]))
    // One that fits keeps an exponent of its own, or writing it would make an integer of it.
    let own = "1844233728733372816e0"
    #expect(
      try document("[\(own), -9]").root
        == .array([.number(1_844_233_728_733_372_928, text: own), .integer(-9)]))
    #expect(try found.decode(Int128.self, at: "/1") == Int128(digits))
    let error = #expect(throws: JSONError.self) { try found.decode(Int.self, at: "/2") }
    #expect(
      error?.reason
        == "the integer -\(digits) is out of range for Int "
        + "(-9223372036854775808 to 9223372036854775807)")
    #expect(error?.column == 38)
  }
}
