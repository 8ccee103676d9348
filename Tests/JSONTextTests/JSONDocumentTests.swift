import JSONText
import Testing

/// Pointers: decoding part of a document, and pointing at a value afterwards.
struct JSONDocumentTests {
  static let text = #"{"a/b":{"c~d":[10,{"x":"y"},[]]},"":{"":7},"0":[5]}"#

  @Test(arguments: [
    ("/a~1b/c~0d/0", 10), ("//", 7), ("/0/0", 5),
  ])
  func decodesPart(pointer: String, value: Int) throws {
    #expect(try document(Self.text).decode(Int.self, at: pointer) == value)
  }

  @Test(arguments: [
    ("/a~1b/c~0d/0", "1:16 /a~1b/c~0d/0", #"expected a string, found the integer 10"#),
    ("/a~1b/c~0d/1", "1:19 /a~1b/c~0d/1", "expected a string, found an object of 1 member"),
    ("/a~1c", "1:1 ", "there is no member 'a/c'; did you mean 'a/b'?"),
    ("/a~1b/x", "1:8 /a~1b", "there is no member 'x'; known: 'c~d'"),
    ("/0/1", "1:48 /0", "there is no element '1' in an array of 1 element"),
    ("/0/00", "1:48 /0", "there is no element '00' in an array of 1 element"),
    ("/0/-1", "1:48 /0", "there is no element '-1' in an array of 1 element"),
    (
      "/0/99999999999999999999", "1:48 /0",
      "there is no element '99999999999999999999' in an array of 1 element"
    ),
    ("/0/0/x", "1:49 /0/0", "there is no 'x' inside the integer 5"),
    ("a", "1:1 ", "'a' isn't a JSON pointer"),
    ("/~2", "1:1 ", "'/~2' isn't a JSON pointer"),
    ("/~", "1:1 ", "'/~' isn't a JSON pointer"),
  ])
  func refusesPart(pointer: String, place: String, reason: String) throws {
    let document = try document(Self.text)
    let error = #expect(throws: JSONError.self) { try document.decode(String.self, at: pointer) }
    guard let error else { return }
    #expect("\(error.line):\(error.column) \(error.pointer)" == place)
    #expect(error.reason == reason)
  }

  @Test func pathOfAPartIsAbsolute() throws {
    struct Point: Decodable { var x: Int }
    #expect(
      try refusal(Self.text, as: Point.self, at: "/a~1b/c~0d/1") == """
        t.json:1:24: error: expected an integer, found the string "y"
          = at /a~1b/c~0d/1/x
        1 | {"a/b":{"c~d":[10,{"x":"y"},[]]},"":{"":7},"0":[5]}
          |                        ^
        """)
  }

  /// For checks after decoding; a value that isn't there is pointed at through the one around it.
  @Test func errorsAfterDecoding() throws {
    let document = try document("{\n  \"model\": {\n    \"name\": \"opt\"\n  }\n}\n")
    #expect(
      document.error(at: "/model/name", "unknown model 'opt'").description == """
        t.json:3:13: error: unknown model 'opt'
          = at /model/name
        3 |     "name": "opt"
          |             ^
        """)
    #expect(
      document.error(at: "/model/bits", "needs bits").description == """
        t.json:2:12: error: needs bits
          = at /model/bits
        2 |   "model": {
          |            ^
        """)
    let outside = document.error(at: "", "no")
    #expect("\(outside.line):\(outside.column)\(outside.pointer)" == "1:1")
  }

  @Test func subscripts() throws {
    let root = try document(Self.text).root
    #expect(root["a/b"]?["c~d"] != nil)
    #expect(root["b"] == nil)
    #expect(root["0"]?["0"] == nil)
  }
}
