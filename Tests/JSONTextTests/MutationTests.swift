import Foundation
import JSONText
import Testing

/// Damaged texts: never a crash, always a value or an error with a place; and never a text that an
/// independent parser refuses.
struct MutationTests {
  static let seed = #"""
    {
      "schema": 1,
      "name": "table2 é😀 \u00e9\ud83d\ude00 \"\\\/\b\f\n\r\t",
      "axes": [{"model": "opt-125m", "bits": [4, 8, 16]}, {"model": "x", "bits": []}],
      "big": [18446744073709551615, -9223372036854775808, 1e-5, 48.30, -0.0, 1E+10],
      "flags": [true, false, null], "deep": [[[[{"a": {"b": {}}}]]]]
    }
    """#

  struct Axis: Codable { var model: String; var bits: [Int] }
  struct Grid: Codable {
    var schema: Int
    var name: String
    var axes: [Axis]
    var big: [Double]
    var flags: [Bool?]
    var deep: JSON
  }

  @Test func untouchedTextDecodes() throws {
    #expect(try document(Self.seed).decode(Grid.self).axes.count == 2)
  }

  @Test(arguments: 0..<8)
  func damagedTexts(stream: Int) throws {
    var dice = Dice(state: UInt64(stream))
    let seed = Array(Self.seed.utf8)
    let spice =
      Array(#"{}[]",:\/'0123456789-+.eEtfnu x#"#.utf8) + [0, 10, 0x80, 0xC3, 0xED, 0xF4, 0xFF]
    var accepted = 0
    for _ in 0..<1000 {
      var bytes = seed
      for _ in 0..<Int.random(in: 1...3, using: &dice) {
        let place = Int.random(in: 0..<max(1, bytes.count), using: &dice)
        switch Int.random(in: 0..<6, using: &dice) {
        case 0: bytes.removeSubrange(place...)
        case 1: bytes[place] = UInt8.random(in: 0...255, using: &dice)
        case 2: bytes[place] = spice.randomElement(using: &dice) ?? 0
        case 3: bytes.remove(at: place)
        case 4: bytes.insert(spice.randomElement(using: &dice) ?? 0, at: place)
        default:
          let end = min(bytes.count, place + Int.random(in: 1...20, using: &dice))
          bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...place, using: &dice))
        }
        if bytes.isEmpty { break }
      }
      if check(bytes) { accepted += 1 }
    }
    // Changed letters inside strings and changed digits stay valid; most other damage doesn't.
    #expect((50..<700).contains(accepted), "\(accepted) of 1000 accepted")
  }

  @Test func everyPrefixIsRefused() {
    let seed = Array(Self.seed.utf8)
    for count in 0..<(seed.count - 1) {
      #expect(!check(Array(seed[..<count])), "\(count) bytes")
    }
  }

  /// Whether `bytes` are accepted; checks that errors have a place and that values are sound.
  private func check(_ bytes: [UInt8]) -> Bool {
    do {
      let document = try JSONDocument(text: bytes, file: "t.json")
      expectSound(document, bytes)
      return true
    } catch {
      expectPlaced(error, bytes)
      return false
    }
  }

  private func expectSound(_ document: JSONDocument, _ bytes: [UInt8]) {
    let shown = String(decoding: bytes, as: UTF8.self)
    // Our own text of the value is the same value again.
    let again = try? JSONDocument(
      text: Array(jsonText(of: document.root, style: .compact).utf8), file: "again")
    #expect(again?.root == document.root, "\(shown)")
    #expect(
      (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil,
      "Foundation refuses \(shown)")
    do {
      _ = try document.decode(Grid.self)
    } catch {
      expectPlaced(error, bytes)
    }
  }

  private func expectPlaced(_ error: JSONError, _ bytes: [UInt8]) {
    let lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
    let line = lines.indices.contains(error.line - 1) ? lines[error.line - 1] : []
    #expect(error.line >= 1 && error.line <= lines.count)
    #expect(error.column >= 1 && error.column <= line.count + 1)
    #expect(!error.reason.isEmpty)
    #expect(error.description.hasPrefix("t.json:\(error.line):\(error.column): error: "))
  }
}
