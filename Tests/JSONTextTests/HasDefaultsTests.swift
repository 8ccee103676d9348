import JSONText
import Testing

@Suite("Types with defaults")
struct HasDefaultsTests {
  private struct Inner: HasDefaults, Equatable {
    var depth = 3
    var name: String?
    static let defaults = Self()
  }

  private struct Settings: HasDefaults, Equatable {
    var steps: Int
    var windows = 16
    var scale: Float = 1e-4
    var bound: Double?
    var inner = Inner()
    static let defaults = Self(steps: 0)
    static let required = ["steps"]
  }

  private func settings(_ text: String) throws -> Settings {
    try JSONDocument(text: Array(text.utf8), file: "settings").decode(Settings.self)
  }

  @Test("What isn't there, or is null, has its default")
  func absent() throws {
    #expect(try settings(#"{"steps": 1}"#) == Settings(steps: 1))
    #expect(try settings(#"{"steps": 1, "windows": null, "bound": null}"#) == Settings(steps: 1))
    let given = try settings(#"{"steps": 1, "windows": 2, "bound": 3, "inner": {"name": "x"}}"#)
    #expect(given == Settings(steps: 1, windows: 2, bound: 3, inner: Inner(depth: 3, name: "x")))
  }

  @Test("What has no default must be there, and what is there must be right")
  func refused() throws {
    let missing = #expect(throws: JSONError.self) { try settings(#"{"stepz": 1}"#) }
    #expect(missing?.reason == "missing required member 'steps'; there is 'stepz'")
    let null = #expect(throws: JSONError.self) { try settings(#"{"steps": null}"#) }
    #expect(null?.pointer == "/steps")
    let unknown = #expect(throws: JSONError.self) { try settings(#"{"steps": 1, "window": 1}"#) }
    #expect(unknown?.pointer == "/window")
    #expect(unknown?.reason == "unknown member 'window'; did you mean 'windows'?")
    let inner = #expect(throws: JSONError.self) {
      try settings(#"{"steps": 1, "inner": {"deep": 1}}"#)
    }
    #expect(inner?.pointer == "/inner/deep")
    let wrong = #expect(throws: JSONError.self) { try settings(#"{"steps": 1, "windows": "2"}"#) }
    #expect(wrong?.pointer == "/windows")
  }

  @Test("Written whole, nothing is left out, and it reads back")
  func whole() throws {
    let json = try JSON(whole: Settings(steps: 1))
    let text = try jsonText(of: json, style: .compact)
    #expect(
      text
        == #"{"steps":1,"windows":16,"scale":0.0001,"bound":null,"inner":{"depth":3,"name":null}}"#)
    #expect(try settings(text) == Settings(steps: 1))
    #expect(try jsonText(of: json, style: .canonical).contains(#""scale":0.0001"#))
  }

  @Test("A float is written as it is read back", arguments: [1e-4, 0.1, 3, 1.5e-7, 16_777_216])
  func floats(_ value: Float) throws {
    let text = try jsonText(of: [value], style: .canonical)
    let again = try JSONDocument(text: Array(text.utf8), file: "floats").root
    #expect(try jsonText(of: again, style: .canonical) == text)
    #expect(
      text
        == "[\(try jsonText(of: JSON.number(Double("\(value)") ?? 0, text: "\(value)"), style: .canonical))]"
    )
  }
}
