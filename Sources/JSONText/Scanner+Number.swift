extension Scanner {
  /// Moves past a number and checks that a double can hold it; keeps the ends of integers that 64 bits can't.
  mutating func scanNumber() throws(ScanFailure) {
    let start = offset
    if next == UInt8(ascii: "-") { offset += 1 }
    let first = next
    guard skipDigits() > 0 else {
      if first == UInt8(ascii: "I") || first == UInt8(ascii: "i") || first == UInt8(ascii: "N") {
        offset = start
        throw notAValue()
      }
      throw failure("expected a digit after '-', found \(found())")
    }
    if first == UInt8(ascii: "0"), offset - start > (text[start] == UInt8(ascii: "-") ? 2 : 1) {
      throw ScanFailure(offset: start, reason: "a number can't begin with zeros")
    }
    var isInteger = true
    var hasExponent = false
    if next == UInt8(ascii: ".") {
      isInteger = false
      offset += 1
      guard skipDigits() > 0 else { throw failure("expected a digit after '.', found \(found())") }
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      isInteger = false
      hasExponent = true
      offset += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { offset += 1 }
      guard skipDigits() > 0 else {
        throw failure("expected a digit in the exponent, found \(found())")
      }
    }
    if isInteger {
      // 18 digits always fit.
      guard offset - start > 18 else { return }
      let digits = String(decoding: text[start..<offset], as: UTF8.self)
      guard Int64(digits) == nil, UInt64(digits) == nil else { return }
      // The hub's files have 10³⁰ where there is no limit.
      try checkRange(from: start)
      largeIntegerEnds.append(offset)
    } else if hasExponent || offset - start > 300 {
      try checkRange(from: start)
    }
  }

  /// Checks that the number between `start` and the offset neither overflows a double nor vanishes.
  private func checkRange(from start: Int) throws(ScanFailure) {
    let digits = String(decoding: text[start..<offset], as: UTF8.self)
    guard let value = Double(digits), value.isFinite else {
      throw ScanFailure(
        offset: start, reason: "the number \(digits.quoted) is too large for a double")
    }
    let mantissa = digits.utf8.prefix { $0 != UInt8(ascii: "e") && $0 != UInt8(ascii: "E") }
    if value == 0, mantissa.contains(where: { $0 > UInt8(ascii: "0") }) {
      throw ScanFailure(
        offset: start, reason: "the number \(digits.quoted) is too small for a double")
    }
  }

  /// Moves past decimal digits; returns how many.
  private mutating func skipDigits() -> Int {
    let start = offset
    while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { offset += 1 }
    return offset - start
  }
}
