import JSONText
import Testing

/// Values into text: numbers, order, styles, and what can't be written.
struct EncodingTests {
  struct Record: Codable, Equatable {
    var zeta = 1
    var alpha = "a\"b"
    var losses: [Double?] = [0.1, nil, 3]
    var labels = ["W4A4", "W2A16g64"]
    var points = [["a": 1.0], [:]]
    var missing: Int?
    var empty: [Int] = []
    var options: JSON = .object([.init("z", .number(48.3, text: "48.30")), .init("a", .null)])
  }

  @Test func pretty() throws {
    let text = try jsonText(of: Record(), style: .pretty)
    #expect(
      text == #"""
        {
          "zeta": 1,
          "alpha": "a\"b",
          "losses": [0.1, null, 3.0],
          "labels": ["W4A4", "W2A16g64"],
          "points": [
            {
              "a": 1.0
            },
            {}
          ],
          "empty": [],
          "options": {
            "z": 48.30,
            "a": null
          }
        }

        """#)
    #expect(try document(text).decode(Record.self) == Record())
  }

  @Test func compact() throws {
    #expect(
      try jsonText(of: Record(), style: .compact)
        == #"{"zeta":1,"alpha":"a\"b","losses":[0.1,null,3.0],"labels":["W4A4","W2A16g64"],"#
        + #""points":[{"a":1.0},{}],"empty":[],"options":{"z":48.30,"a":null}}"#)
  }

  @Test func canonical() throws {
    #expect(
      try jsonText(of: Record(), style: .canonical)
        == #"{"alpha":"a\"b","empty":[],"labels":["W4A4","W2A16g64"],"losses":[0.1,null,3],"#
        + #""options":{"a":null,"z":48.3},"points":[{"a":1},{}],"zeta":1}"#)
  }

  /// Equal values, equal text, however they were written.
  @Test func canonicalNumbers() throws {
    let text = "[1,1.0,1e0,10e-1,-0.0,1e300,9007199254740992.0,1E16,18446744073709551615,0.10]"
    #expect(
      try jsonText(of: document(text).root, style: .canonical)
        == "[1,1,1,1,-0.0,1e+300,9007199254740992,1e+16,18446744073709551615,0.1]")
  }

  @Test func canonicalOrderIsByCodePoints() throws {
    let text = #"{"é":1,"z":2,"Z":3,"":4,"zz":5,"😀":6,"～":7}"#
    #expect(
      try jsonText(of: document(text).root, style: .canonical)
        == #"{"":4,"Z":3,"z":2,"zz":5,"é":1,"～":7,"😀":6}"#)
  }

  @Test func longArraysOfNumbersStayOnOneLine() throws {
    let losses = (0..<500).map { Double($0) + 0.5 }
    let text = try jsonText(of: ["losses": losses], style: .pretty)
    #expect(text.split(separator: "\n").count == 3)
    #expect(try document(text).decode([String: [Double]].self) == ["losses": losses])
    let words = Array(repeating: "0123456789", count: 10)
    #expect(try jsonText(of: words, style: .pretty).split(separator: "\n").count == 12)
  }

  @Test(arguments: [
    0, -0.0, 1, 0.1, 1.0 / 3, 1e16, 1e-5, .leastNonzeroMagnitude, .leastNormalMagnitude,
    .greatestFiniteMagnitude,
    123_456_789.123, 0x1p53, -1e22,
  ])
  func doublesSurvive(value: Double) throws {
    for style in [JSONStyle.pretty, .compact, .canonical] {
      let text = try jsonText(of: value, style: style)
      #expect(try document(text).decode(Double.self).bitPattern == value.bitPattern, "\(text)")
    }
    #expect(try jsonText(of: value, style: .compact) == value.description)
  }

  @Test(
    arguments: [
      0.1, 1, 16_777_216, .greatestFiniteMagnitude, .leastNonzeroMagnitude, -.leastNormalMagnitude,
    ] as [Float])
  func floatsSurvive(value: Float) throws {
    let text = try jsonText(of: value, style: .compact)
    #expect(text == value.description)
    #expect(try document(text).decode(Float.self) == value)
  }

  @Test(arguments: [0, 1 << 53 + 1, 1 << 63 - 1, 1 << 63, .max] as [UInt64])
  func seedsSurvive(seed: UInt64) throws {
    for style in [JSONStyle.pretty, .compact, .canonical] {
      let text = try jsonText(of: ["seed": seed], style: style)
      #expect(try document(text).decode([String: UInt64].self) == ["seed": seed])
      let value = try document(text).decode([String: JSON].self)
      #expect(try jsonText(of: value, style: style) == text)
    }
    #expect(try jsonText(of: [seed], style: .compact) == "[\(seed)]")
  }

  @Test func scalarsOfAllKinds() throws {
    #expect(try jsonText(of: nil as Int?, style: .compact) == "null")
    #expect(try jsonText(of: true, style: .compact) == "true")
    #expect(try jsonText(of: Int8(-3), style: .compact) == "-3")
    #expect(try jsonText(of: UInt128(7), style: .compact) == "7")
    #expect(try jsonText(of: ["b": 1, "a": 2, "c": 3], style: .compact) == #"{"a":2,"b":1,"c":3}"#)
    #expect(try jsonText(of: "x", style: .pretty) == "\"x\"\n")
  }

  /// Why `value` can't be written, as it is shown; nil when it can.
  private func message<T: Encodable>(_ value: T) -> String? {
    do {
      _ = try jsonText(of: value, style: .compact)
      return nil
    } catch {
      return error.description
    }
  }

  /// What can't be written, with the place inside the value.
  @Test func refusals() throws {
    struct Score: Encodable { var windows: [Double]; var name = "x" }
    struct Silent: Encodable { func encode(to encoder: any Encoder) {} }
    #expect(
      message(["scores": [Score(windows: [1, .nan])]])
        == "error: nan can't be written as JSON\n  = at /scores/0/windows/1")
    #expect(message(-Float.infinity) == "error: -inf can't be written as JSON")
    #expect(message(UInt128.max) == "error: \(UInt128.max) doesn't fit in 64 bits")
    #expect(message([Silent()]) == "error: Silent didn't encode any value\n  = at /0")
    #expect(
      message(JSON.array([.number(1, text: "one")]))
        == "error: 'one' isn't the text of a JSON number\n  = at /0")
    #expect(
      message(JSON.number(1, text: "1 ")) == "error: '1 ' isn't the text of a JSON number")
    var deep = JSON.integer(1)
    for _ in 0..<600 { deep = .array([deep]) }
    #expect(message(deep)?.hasPrefix("error: nested deeper than 512 levels\n  = at /0/0/0") == true)
  }
}
