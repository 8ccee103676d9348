internal import Glibc

/// Numbers as tables print them; a pure function of the value, in the C locale.
package enum NumberText {
  /// The value with `decimals` digits after the point, such as `31.20`.
  package static func fixed(_ value: Double, _ decimals: Int) -> String {
    formatted("%.\(decimals)f", value)
  }

  /// The value in the field's short form for large ones, such as `1.2e3`.
  package static func short(_ value: Double) -> String {
    let text = formatted("%.1e", value)
    guard let e = text.firstIndex(of: "e"), let exponent = Int(text[text.index(after: e)...]) else {
      return text
    }
    return "\(text[..<e])e\(exponent)"
  }

  /// Perplexity or accuracy: two decimals, or `1.2e3` from 1000 on.
  package static func score(_ value: Double) -> String {
    let text = fixed(value, 2)
    guard let rounded = Double(text), rounded >= 1000 else { return text }
    return short(value)
  }

  /// A score with its standard error, such as `31.20 ± 0.45` or `2.7e3 ± 1.2e2`; `31.20 ± –` where
  /// the error is undefined, as for a single window or example.
  package static func score(_ value: Double, standardError: Double?) -> String {
    let text = score(value)
    guard let standardError, standardError.isFinite else { return "\(text) ± –" }
    return "\(text) ± \(text.contains("e") ? short(standardError) : fixed(standardError, 2))"
  }

  /// A difference with its sign, such as `+0.0123 ± 0.0040` nats per token.
  package static func difference(
    _ value: Double, standardError: Double, decimals: Int = 4
  ) -> String {
    "\(signed(value, decimals)) ± \(fixed(standardError, decimals))"
  }

  /// The value with its sign always printed; minus is U+2212, and nothing rounds to `−0`.
  package static func signed(_ value: Double, _ decimals: Int) -> String {
    let magnitude = fixed(value.magnitude, decimals)
    if Double(magnitude) == 0 { return magnitude }
    return (value < 0 ? "−" : "+") + magnitude
  }

  /// A probability of a test: two significant digits, `<0.001` below that.
  package static func probability(_ p: Double) -> String {
    if p < 0.001 { return "<0.001" }
    return p >= 0.1 ? fixed(p, 2) : significant(p, 2)
  }

  /// `p = 0.031`, or `p < 0.001`.
  package static func probabilityPhrase(_ p: Double) -> String {
    let text = probability(p)
    return text.hasPrefix("<") ? "p < \(text.dropFirst())" : "p = \(text)"
  }

  /// The value with `digits` significant digits, without exponent where it is short enough.
  package static func significant(_ value: Double, _ digits: Int) -> String {
    formatted("%.\(digits)g", value)
  }

  /// Bytes as whole MiB, such as `612`.
  package static func mebibytes(_ bytes: Int) -> String {
    fixed(Double(bytes) / 1_048_576, 0)
  }

  /// Bytes as GiB with two decimals, such as `7.50`.
  package static func gibibytes(_ bytes: Int) -> String {
    fixed(Double(bytes) / 1_073_741_824, 2)
  }

  /// An integer with thin groups of three, such as `1 234 567`, so that long counts can be read.
  package static func grouped(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var text = value < 0 ? "−" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text += "\u{202F}" }
      text.append(digit)
    }
    return text
  }

  /// A number of things, such as `1 window` or `1 234 windows`.
  package static func count(_ value: Int, _ name: String) -> String {
    grouped(value) + " " + name + (value == 1 ? "" : "s")
  }

  /// The first twelve digits of a digest.
  package static func digest(_ text: String) -> String { String(text.prefix(12)) }

  private static func formatted(_ format: String, _ value: Double) -> String {
    withVaList([value]) { arguments in
      // 309 digits of the largest double, its sign, point and decimals fit.
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
        let length = vsnprintf(buffer.baseAddress, buffer.count, format, arguments)
        let bytes = buffer.prefix(max(0, min(Int(length), buffer.count - 1)))
        return String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      }
    }
  }
}
