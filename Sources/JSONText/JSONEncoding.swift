/// How a value is written as JSON text.
public enum JSONStyle: Sendable {
  /// Two spaces of indentation, members in declared order, final newline.
  case pretty
  /// One line, members in declared order, no newline.
  case compact
  /// One line, members sorted by name, no newline: for digests.
  case canonical
}

/// The JSON text of `value`; doubles are the shortest that round-trip, non-finite ones are refused.
public func jsonText(of value: some Encodable, style: JSONStyle) throws(JSONError) -> String {
  fatalError("stub")
}
