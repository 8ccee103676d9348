import Foundation
import JSONText
import Testing

/// ``JSON`` with a coder that isn't ours: values survive, order and number text can't.
struct JSONCodableTests {
  @Test func foreignCoders() throws {
    let value = JSON.object([
      .init("a", .array([.null, .bool(true), .integer(-3), .string("x")])),
      .init("b", .object([.init("c", .number(0x1.8p0, text: "1.50"))])),
      .init("d", .number(0x1p64, text: "18446744073709551615")),
    ])
    let data = try JSONEncoder().encode(value)
    let back = try JSONDecoder().decode(JSON.self, from: data)
    #expect(back["a"] == value["a"])
    #expect(back["b"]?["c"] == .number(1.5, text: "1.5"))
    #expect(back["d"] == value["d"])
  }
}
