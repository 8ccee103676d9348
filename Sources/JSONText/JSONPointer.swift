/// RFC 6901 pointers: `/axes/0/bits`, with `~0` for `~` and `~1` for `/`.
enum JSONPointer {
  /// The pointer through `tokens`, each escaped; "" for none.
  static func text(of tokens: [String]) -> String {
    var pointer = ""
    for token in tokens {
      pointer += "/"
      for scalar in token.unicodeScalars {
        switch scalar {
        case "~": pointer += "~0"
        case "/": pointer += "~1"
        default: pointer.unicodeScalars.append(scalar)
        }
      }
    }
    return pointer
  }

  /// The tokens of `pointer`, or nil when it isn't one.
  static func tokens(of pointer: String) -> [String]? {
    if pointer.isEmpty { return [] }
    let scalars = pointer.unicodeScalars
    guard scalars.first == "/" else { return nil }
    var tokens: [String] = []
    var token = ""
    var isEscaped = false
    for scalar in scalars.dropFirst() {
      if isEscaped {
        switch scalar {
        case "0": token += "~"
        case "1": token += "/"
        default: return nil
        }
        isEscaped = false
      } else if scalar == "~" {
        isEscaped = true
      } else if scalar == "/" {
        tokens.append(token)
        token = ""
      } else {
        token.unicodeScalars.append(scalar)
      }
    }
    if isEscaped { return nil }
    tokens.append(token)
    return tokens
  }

  /// The array index that `token` spells (no leading zeros), or nil.
  static func index(_ token: String) -> Int? {
    guard token == "0" || token.utf8.first != UInt8(ascii: "0"),
      token.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return Int(token)
  }
}
