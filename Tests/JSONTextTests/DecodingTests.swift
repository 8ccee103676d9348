import JSONText
import Testing

/// Types out of values, and the wording of everything that can be wrong.
struct DecodingTests {
  struct Options: Codable, Equatable {
    var seed: UInt64
    var rate: Double
    var name: String
    var isLight: Bool?
    var bits: [Int]?
    var split: Split?
  }

  enum Split: String, Codable, CaseIterable { case train, development, test }
  enum Status: String, Codable { case finished, failed }

  @Test func plainType() throws {
    let text = #"{"name":"a","rate":1,"seed":18446744073709551615,"bits":[4,8],"split":"test"}"#
    #expect(
      try document(text).decode(Options.self)
        == Options(
          seed: .max, rate: 1, name: "a", isLight: nil, bits: [4, 8], split: .test))
    #expect(
      try refusal(#"{"name":"a","rate":1e-3,"seed":0,"isLight":null}"#, as: Options.self) == nil)
  }

  /// Wrong members: what the first line and the pointer say.
  @Test(arguments: [
    (#"{"name":1,"rate":1,"seed":1}"#, "1:9 /name", "expected a string, found the integer 1"),
    (
      #"{"name":"","rate":"1","seed":1}"#, "1:19 /rate", #"expected a number, found the string "1""#
    ),
    (
      #"{"name":"","rate":1,"seed":1.5}"#, "1:28 /seed", "expected an integer, found the number 1.5"
    ),
    (#"{"name":"","rate":1,"seed":null}"#, "1:28 /seed", "expected an integer, found null"),
    (
      #"{"name":"","rate":1,"seed":-1}"#, "1:28 /seed",
      "the integer -1 is out of range for UInt64 (0 to 18446744073709551615)"
    ),
    (
      #"{"name":"","rate":1,"seed":1,"isLight":0}"#, "1:40 /isLight",
      "expected true or false, found the integer 0"
    ),
    (
      #"{"name":"","rate":1,"seed":1,"bits":4}"#, "1:37 /bits",
      "expected an array, found the integer 4"
    ),
    (
      #"{"name":"","rate":1,"seed":1,"bits":[4,[]]}"#, "1:40 /bits/1",
      "expected an integer, found an empty array"
    ),
    (
      #"{"name":"","rate":1,"seed":1,"bits":[true,{"a":1}]}"#, "1:38 /bits/0",
      "expected an integer, found true"
    ),
    (
      #"{"name":"","rate":[1,2],"seed":1}"#, "1:19 /rate",
      "expected a number, found an array of 2 elements"
    ),
    (
      #"{"name":{"a":1},"rate":1,"seed":1}"#, "1:9 /name",
      "expected a string, found an object of 1 member"
    ),
    (
      #"{"name":"","rate":1,"seed":1,"split":"developmnt"}"#, "1:38 /split",
      "unknown value 'developmnt'; did you mean 'development'?"
    ),
    (
      #"{"name":"","rate":1,"seed":1,"split":"x"}"#, "1:38 /split",
      "unknown value 'x'; known: 'train', 'development', 'test'"
    ),
    (
      #"{"name":"","rate":1,"seed":1,"split":3}"#, "1:38 /split",
      "expected a string, found the integer 3"
    ),
    (#"{"name":"","seed":1}"#, "1:1 ", "missing required member 'rate'"),
    (
      #"{"name":"","rate":1,"sed":1}"#, "1:1 ", "missing required member 'seed'; there is 'sed'"
    ),
    (
      #"{"name":"","rate":1,"seed":1,"bit":[]}"#, "1:30 /bit",
      "unknown member 'bit'; did you mean 'bits'?"
    ),
    (
      #"{"name":"","rate":1,"seed":1,"x":[]}"#, "1:30 /x",
      "unknown member 'x'; known: 'seed', 'rate', 'name', 'isLight', 'bits', 'split'"
    ),
    ("[]", "1:1 ", "expected an object, found an empty array"),
    (
      #""\#(String(repeating: "y", count: 50))""#, "1:1 ",
      #"expected an object, found the string "\#(String(repeating: "y", count: 40))"…"#
    ),
  ])
  func wrongMember(text: String, place: String, reason: String) throws {
    let document = try document(text)
    let error = #expect(throws: JSONError.self) { try document.decode(Options.self) }
    guard let error else { return }
    #expect("\(error.line):\(error.column) \(error.pointer)" == place)
    #expect(error.reason == reason)
    #expect(error.excerpt == text)
  }

  @Test func unknownMemberPointsAtItsName() throws {
    struct Run: Decodable { var seed: Int? }
    #expect(
      try refusal(#"{"seedd": 3}"#, as: Run.self) == """
        t.json:1:2: error: unknown member 'seedd'; did you mean 'seed'?
          = at /seedd
        1 | {"seedd": 3}
          |  ^
        """)
    struct Nothing: Decodable {
      init(from decoder: any Decoder) throws {
        _ = try decoder.container(keyedBy: CodingKeys.self)
      }
      enum CodingKeys: CodingKey {}
    }
    #expect(
      try refusal(#"{"a": 3}"#, as: Nothing.self)?.split(separator: "\n").first
        == "t.json:1:2: error: unknown member 'a'; none is known here")
  }

  @Test func integerRanges() throws {
    func reason<T: Decodable>(_ text: String, _ type: T.Type) throws -> String? {
      try refusal(text, as: [T].self)?.split(separator: "\n").first.map(String.init)
    }
    #expect(try document("[127,-128]").decode([Int8].self) == [127, -128])
    #expect(
      try reason("[128]", Int8.self)
        == "t.json:1:2: error: the integer 128 is out of range for Int8 (-128 to 127)")
    #expect(
      try reason("[-1]", UInt8.self)
        == "t.json:1:2: error: the integer -1 is out of range for UInt8 (0 to 255)")
    #expect(
      try reason("[70000]", UInt16.self)
        == "t.json:1:2: error: the integer 70000 is out of range for UInt16 (0 to 65535)")
    #expect(
      try reason("[2147483648]", Int32.self)
        == "t.json:1:2: error: the integer 2147483648 is out of range for Int32 "
        + "(-2147483648 to 2147483647)")
    #expect(
      try reason("[9223372036854775808]", Int.self)
        == "t.json:1:2: error: the integer 9223372036854775808 is out of range for Int "
        + "(-9223372036854775808 to 9223372036854775807)")
    #expect(
      try reason("[1e3]", Int.self)
        == "t.json:1:2: error: expected an integer, found the number 1e3")
    #expect(
      try reason("[1.0]", Int.self)
        == "t.json:1:2: error: expected an integer, found the number 1.0")
    #expect(try document("18446744073709551615").decode(Int128.self) == 18_446_744_073_709_551_615)
    #expect(try document("7").decode(UInt128.self) == 7)
    #expect(
      try reason("[1e39]", Float.self)
        == "t.json:1:2: error: the number 1e39 is too large for a Float")
  }

  /// 0.1 rounded to Float once, not through Double; the example is halfway between two floats in
  /// Double's eyes alone.
  @Test func floatIsRoundedOnce() throws {
    let text = "1.000000059604644776000000000001"
    #expect(try document(text).decode(Float.self) == Float(1).nextUp)
    #expect(Float(try document(text).decode(Double.self)) == 1)
  }

  @Test func enumsWithoutAllCases() throws {
    #expect(
      try refusal(#"["finished","broken"]"#, as: [Status].self)?.split(separator: "\n").first
        == "t.json:1:13: error: unknown value 'broken' for Status")
    #expect(
      try refusal(#""broken""#, as: Status.self)?.split(separator: "\n").first
        == "t.json:1:1: error: unknown value 'broken' for Status")
  }

  @Test func errorsOfATypesOwn() throws {
    struct Even: Decodable {
      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if try container.decode(Int.self) % 2 != 0 {
          throw DecodingError.dataCorruptedError(in: container, debugDescription: "not even")
        }
      }
    }
    struct Pair: Decodable {
      enum CodingKeys: String, CodingKey { case low, high }
      init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let low = try container.decode(Int.self, forKey: .low)
        if try container.decode(Int.self, forKey: .high) < low {
          throw DecodingError.dataCorruptedError(
            forKey: .high, in: container, debugDescription: "high is below low")
        }
      }
    }
    struct Odd: Decodable {
      struct Bad: Error, CustomStringConvertible { var description: String { "bad one" } }
      init(from decoder: any Decoder) throws { throw Bad() }
    }
    struct Rootless: Decodable {
      init(from decoder: any Decoder) throws {
        throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "no path"))
      }
    }
    #expect(
      try refusal(#"{"a":[2,3]}"#, as: [String: [Even]].self) == """
        t.json:1:9: error: not even
          = at /a/1
        1 | {"a":[2,3]}
          |         ^
        """)
    #expect(
      try refusal(#"[{"low":2,"high":1}]"#, as: [Pair].self) == """
        t.json:1:18: error: high is below low
          = at /0/high
        1 | [{"low":2,"high":1}]
          |                  ^
        """)
    #expect(
      try refusal("[1, 2]", as: [Odd].self) == """
        t.json:1:2: error: bad one
          = at /0
        1 | [1, 2]
          |  ^
        """)
    #expect(
      try refusal(#"{"x": [1]}"#, as: [String: [Rootless]].self) == """
        t.json:1:8: error: no path
          = at /x/0
        1 | {"x": [1]}
          |        ^
        """)
  }

  @Test func jsonMembersAcceptEverything() throws {
    struct Method: Codable, Equatable { var name: String; var options: JSON; var note: JSON? }
    let text = #"{"name":"rtn","options":{"z":1,"a":[1.50,null]}}"#
    let method = try document(text).decode(Method.self)
    #expect(method.options["a"] == .array([.number(1.5, text: "1.50"), .null]))
    #expect(try jsonText(of: method, style: .compact) == text)
    #expect(try document(#"{"name":"","options":null}"#).decode(Method.self).options == .null)
  }

  @Test func foreignFilesMayHaveMore() throws {
    struct Rope: AcceptsUnknownMembers { var theta: Double }
    struct Config: AcceptsUnknownMembers { var hidden: Int; var rope: Rope?; var strict: Strict? }
    struct Strict: Decodable { var a: Int }
    let text = #"{"hidden":8,"more":1,"rope":{"theta":1e4,"more":2}}"#
    #expect(try document(text).decode(Config.self).rope?.theta == 1e4)
    #expect(
      try refusal(#"{"hidden":8,"strict":{"a":1,"b":2}}"#, as: Config.self)?
        .split(separator: "\n").first
        == "t.json:1:29: error: unknown member 'b'; known: 'a'")
  }

  @Test func jsonTakesPartOfAFlattenedObject() throws {
    struct Open: Decodable {
      var kind: String
      var all: JSON
      enum CodingKeys: String, CodingKey { case kind }
      init(from decoder: any Decoder) throws {
        kind = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .kind)
        all = try JSON(from: decoder)
      }
    }
    #expect(try document(#"{"kind":"a","x":1}"#).decode(Open.self).all["x"] == .integer(1))
  }
}
