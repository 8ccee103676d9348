@_spi(_Unicode) import Swift

/// `text` in Unicode's normalization form C; bytes that aren't UTF-8 stay, and end what is composed.
///
/// > Source: Unicode Standard Annex #15; the tables are the standard library's.
func composed(_ text: [UInt8]) -> [UInt8] {
  // Below U+0300 nothing composes, and its scalars begin with bytes below CC.
  guard text.contains(where: { $0 >= 0xCC }) else { return text }
  var result: [UInt8] = []
  result.reserveCapacity(text.count)
  var (start, index) = (0, 0)
  func flush() {
    for scalar in String(decoding: text[start..<index], as: UTF8.self)._nfc {
      result.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
    }
  }
  while index < text.count {
    let scalar = decodedScalar(in: text, at: index)
    if scalar.isWellFormed {
      index += scalar.length
      continue
    }
    flush()
    result.append(text[index])
    index += 1
    start = index
  }
  flush()
  return result
}
