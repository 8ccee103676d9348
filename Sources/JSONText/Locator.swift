/// Finds the byte offset of a value by skimming the text again: only errors need it.
enum Locator {
  /// Where a value stands.
  struct Place {
    /// Offset of the member's name, for members.
    var nameOffset: Int?
    /// Offset of the value's first byte.
    var valueOffset: Int
  }

  /// The place of the value behind `tokens`, or of the innermost one around it that exists.
  static func place(of tokens: [String], in text: [UInt8]) -> Place {
    var scanner = Scanner(text)
    scanner.skipBlanks()
    var place = Place(nameOffset: nil, valueOffset: scanner.offset)
    do {
      for token in tokens {
        guard let inner = try child(token, &scanner) else { break }
        place = inner
      }
    } catch {
      // The text was accepted before, so this can't be; the last good place would still be right.
      return place
    }
    return place
  }

  /// Moves to the value called `token` inside the container at the scanner's offset.
  private static func child(_ token: String, _ scanner: inout Scanner) throws(ScanFailure) -> Place?
  {
    let isObject = scanner.next == UInt8(ascii: "{")
    guard isObject || scanner.next == UInt8(ascii: "[") else { return nil }
    let wanted = JSONPointer.index(token)
    if !isObject, wanted == nil { return nil }
    scanner.offset += 1
    var index = 0
    while true {
      scanner.skipBlanks()
      switch scanner.next {
      case UInt8(ascii: "]"), UInt8(ascii: "}"), nil:
        return nil
      case UInt8(ascii: ","):
        scanner.offset += 1
        continue
      default:
        break
      }
      let start = scanner.offset
      if isObject {
        let name = try scanner.scanName()
        if name.utf8.elementsEqual(token.utf8) {
          return Place(nameOffset: start, valueOffset: scanner.offset)
        }
      } else if index == wanted {
        return Place(nameOffset: nil, valueOffset: start)
      }
      try scanner.scanValue()
      index += 1
    }
  }
}
