import JSONText
import Testing

/// The less travelled roads of Decoder: nesting, inheritance, flattening, enums with payload.
struct DecodingContainersTests {
  /// Reads `{"outer": {"inner": 1, "list": [[1], {"x": 2}]}}` without a type per level.
  struct Nested: Codable, Equatable {
    var inner: Int
    var first: Int
    var x: Int

    enum Top: String, CodingKey { case outer }
    enum Inner: String, CodingKey { case inner, list }
    enum Last: String, CodingKey { case x }

    init(inner: Int, first: Int, x: Int) { (self.inner, self.first, self.x) = (inner, first, x) }

    init(from decoder: any Decoder) throws {
      let top = try decoder.container(keyedBy: Top.self)
      let outer = try top.nestedContainer(keyedBy: Inner.self, forKey: .outer)
      inner = try outer.decode(Int.self, forKey: .inner)
      var list = try outer.nestedUnkeyedContainer(forKey: .list)
      var one = try list.nestedUnkeyedContainer()
      first = try one.decode(Int.self)
      x = try list.nestedContainer(keyedBy: Last.self).decode(Int.self, forKey: .x)
    }

    func encode(to encoder: any Encoder) throws {
      var top = encoder.container(keyedBy: Top.self)
      var outer = top.nestedContainer(keyedBy: Inner.self, forKey: .outer)
      try outer.encode(inner, forKey: .inner)
      var list = outer.nestedUnkeyedContainer(forKey: .list)
      var one = list.nestedUnkeyedContainer()
      try one.encode(first)
      var last = list.nestedContainer(keyedBy: Last.self)
      try last.encode(x, forKey: .x)
    }
  }

  @Test func nestedContainers() throws {
    let text = #"{"outer":{"inner":1,"list":[[2],{"x":3}]}}"#
    let value = Nested(inner: 1, first: 2, x: 3)
    #expect(try document(text).decode(Nested.self) == value)
    #expect(try jsonText(of: value, style: .compact) == text)
  }

  @Test func unknownMembersOfNestedContainers() throws {
    func first(_ text: String) throws -> Substring? {
      try refusal(text, as: Nested.self)?.split(separator: "\n").first
    }
    #expect(
      try first(#"{"outer":{"inner":1,"lists":0,"list":[[2],{"x":3}]}}"#)
        == "t.json:1:21: error: unknown member 'lists'; did you mean 'list'?")
    #expect(
      try first(#"{"outer":{"inner":1,"list":[[2],{"x":3,"why":4}]}}"#)
        == "t.json:1:40: error: unknown member 'why'; known: 'x'")
    #expect(
      try first(#"{"outer":{"inner":1,"list":[[2]]}}"#)
        == "t.json:1:28: error: expected more elements, found an array of 1 element")
    #expect(
      try first(#"{"outer":{"inner":1,"list":[{}]}}"#)
        == "t.json:1:29: error: expected an array, found an empty object")
    #expect(
      try first(#"{"outer":[]}"#) == "t.json:1:10: error: expected an object, found an empty array")
  }

  enum Shape: Codable, Equatable {
    case dot
    case circle(radius: Double)
    case box(Int, Int)
  }

  @Test func enumsWithPayload() throws {
    let shapes: [Shape] = [.dot, .circle(radius: 1.5), .box(2, 3)]
    let text = #"[{"dot":{}},{"circle":{"radius":1.5}},{"box":{"_0":2,"_1":3}}]"#
    #expect(try jsonText(of: shapes, style: .compact) == text)
    #expect(try document(text).decode([Shape].self) == shapes)
    #expect(
      try refusal(#"[{"circle":{"radius":1.5,"radiuss":2}}]"#, as: [Shape].self)?
        .split(separator: "\n").first
        == "t.json:1:26: error: unknown member 'radiuss'; did you mean 'radius'?")
  }

  class Animal: Codable {
    var legs: Int
    init(legs: Int) { self.legs = legs }
  }

  final class Dog: Animal {
    var name: String
    enum CodingKeys: String, CodingKey { case name }

    init(legs: Int, name: String) {
      self.name = name
      super.init(legs: legs)
    }

    required init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      name = try container.decode(String.self, forKey: .name)
      try super.init(from: container.superDecoder())
    }

    override func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(name, forKey: .name)
      try super.encode(to: container.superEncoder())
    }
  }

  @Test func inheritance() throws {
    let text = #"{"name":"Rex","super":{"legs":4}}"#
    let dog = try document(text).decode(Dog.self)
    #expect(dog.legs == 4)
    #expect(try jsonText(of: dog, style: .compact) == text)
    #expect(
      try refusal(#"{"name":"Rex","super":{"legs":4,"arms":0}}"#, as: Dog.self)?
        .split(separator: "\n").first
        == "t.json:1:33: error: unknown member 'arms'; known: 'legs'")
  }

  struct Common: Codable, Equatable { var seed: Int }
  struct Whole: Codable, Equatable {
    var common: Common
    var rate: Double
    enum CodingKeys: String, CodingKey { case rate }

    init(from decoder: any Decoder) throws {
      common = try Common(from: decoder)
      rate = try decoder.container(keyedBy: CodingKeys.self).decode(Double.self, forKey: .rate)
    }

    func encode(to encoder: any Encoder) throws {
      try common.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(rate, forKey: .rate)
    }
  }

  @Test func flattenedObjects() throws {
    let text = #"{"seed":1,"rate":0.5}"#
    let whole = try document(text).decode(Whole.self)
    #expect(whole.common == Common(seed: 1))
    #expect(try jsonText(of: whole, style: .compact) == text)
    #expect(
      try refusal(#"{"seed":1,"rate":1,"ratee":2}"#, as: Whole.self)?.split(separator: "\n").first
        == "t.json:1:20: error: unknown member 'ratee'; did you mean 'rate'?")
  }

  @Test func dictionariesAndOptionals() throws {
    #expect(try document(#"{"b":1,"a":null}"#).decode([String: Int?].self) == ["b": 1, "a": nil])
    #expect(try document("[1,null,2.5]").decode([Double?].self) == [1, nil, 2.5])
    #expect(try document(#"{"1":"x","2":"y"}"#).decode([Int: String].self) == [1: "x", 2: "y"])
    #expect(try document("null").decode(Int?.self) == nil)
  }

  @Test func attemptsMayFail() throws {
    enum NumberOrName: Decodable, Equatable {
      case number(Int), name(String)
      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int.self) {
          self = .number(number)
        } else {
          self = .name(try container.decode(String.self))
        }
      }
    }
    #expect(
      try document(#"[4,"auto"]"#).decode([NumberOrName].self) == [.number(4), .name("auto")])
    #expect(
      try refusal("[true]", as: [NumberOrName].self)?.split(separator: "\n").first
        == "t.json:1:2: error: expected a string, found true")
  }

  /// More than eight members are found through a dictionary; both ways answer alike.
  @Test(arguments: [1, 8, 9, 20])
  func objectsOfAnySize(count: Int) throws {
    let members = (0..<count).map { #""m\#($0)":\#($0)"# }.joined(separator: ",")
    let decoded = try document("{\(members)}").decode([String: Int].self)
    #expect(decoded == Dictionary(uniqueKeysWithValues: (0..<count).map { ("m\($0)", $0) }))
  }
}
