extension Unicode.Scalar {
  /// Whether the reference implementations, which are written in Python, strip it: Unicode's white
  /// space, and the four separators of ASCII.
  var isStripped: Bool { properties.isWhitespace || (0x1C...0x1F).contains(value) }
}

extension String {
  /// How many code points of white space end the text.
  var trailingSpaces: Int { unicodeScalars.reversed().prefix(while: \.isStripped).count }

  /// The text without white space at its end.
  var trimmedAtEnd: String { String(unicodeScalars.dropLast(trailingSpaces)) }

  /// The text without white space at either end.
  var trimmed: String { String(trimmedAtEnd.unicodeScalars.drop(while: \.isStripped)) }
}
