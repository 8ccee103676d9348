/// How a value is written as JSON text.
public enum JSONStyle: Sendable {
  /// Two spaces of indentation, members in declared order, final newline.
  ///
  /// An array of numbers (or true, false, null) stays on one line, one of strings if it is short.
  case pretty
  /// One line, members in declared order, no newline.
  case compact
  /// One line, members sorted by name, no newline: for digests.
  ///
  /// Names are sorted by code points. Numbers of one value have one text: `1`, `1.0` and `1e0` are
  /// all written `1`.
  case canonical
}

/// The JSON text of `value`; doubles are the shortest that round-trip, non-finite ones are refused.
///
/// A double always shows that it is one (`1.0`, not `1`), except in canonical style. Dictionaries
/// are written sorted by name, since they have no order of their own. Nil members are left out.
public func jsonText(of value: some Encodable, style: JSONStyle) throws(JSONError) -> String {
  func failure(_ path: [any CodingKey], _ reason: String) -> JSONError {
    let pointer = JSONPointer.text(of: path.map(\.stringValue))
    return JSONError(file: "", line: 0, column: 0, pointer: pointer, reason: reason)
  }
  let json: JSON
  do {
    json = try encodedValue(value, path: [])
  } catch EncodingError.invalidValue(_, let context) {
    throw failure(context.codingPath, context.debugDescription)
  } catch let error as JSONError {
    throw error
  } catch {
    throw failure([], String(describing: error))
  }
  var writer = JSONWriter(style: style)
  try writer.writeDocument(json)
  return String(decoding: writer.text, as: UTF8.self)
}
