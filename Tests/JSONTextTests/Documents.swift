import JSONText

/// The document that `text` is, as the file `t.json`.
func document(_ text: String) throws -> JSONDocument {
  try JSONDocument(text: Array(text.utf8), file: "t.json")
}

/// Why `bytes` aren't a document, as it is shown; nil when they are one.
func refusal(_ bytes: [UInt8]) -> String? {
  do {
    _ = try JSONDocument(text: bytes, file: "t.json")
    return nil
  } catch {
    return error.description
  }
}

/// Why `text` doesn't decode as `type`, as it is shown; nil when it does.
func refusal<T: Decodable>(_ text: String, as type: T.Type, at pointer: String = "") throws
  -> String?
{
  let document = try document(text)
  do {
    _ = try document.decode(type, at: pointer)
    return nil
  } catch {
    return error.description
  }
}

/// A repeatable source of random numbers (SplitMix64).
struct Dice: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
