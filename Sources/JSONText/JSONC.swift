internal import CJSON

/// The bridge to json-c: parse, copy, free.
///
/// This is the only file that knows the library.
/// ``Scanner`` has to accept a text first. json-c by itself lets through single quotes, `NaN`,
/// duplicate names (last wins), raw control characters, halves of surrogate pairs, and integers
/// that don't fit (they saturate).
enum JSONC {
  /// The value of `text`, in which integers that don't fit in 64 bits end at `largeIntegerEnds`.
  static func parse(_ text: [UInt8], largeIntegerEnds: [Int] = []) throws(ScanFailure) -> JSON {
    let text = largeIntegerEnds.isEmpty ? text : withExponents(text, at: largeIntegerEnds)
    // json-c counts bytes in a C int, the closing zero included.
    guard text.count < Int(Int32.max) - 1 else {
      throw ScanFailure(offset: 0, reason: "the text is longer than 2 GiB")
    }
    // json-c counts the scalar inside the innermost container as a level of its own.
    guard let tokener = json_tokener_new_ex(Int32(JSONDocument.maximumDepth + 2)) else {
      throw ScanFailure(offset: 0, reason: "out of memory while parsing")
    }
    defer { json_tokener_free(tokener) }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8)
    // SAFETY: the buffer holds `count` bytes and lives for the whole call; json-c copies what it
    // keeps.
    let parsed = (text + [0]).withUnsafeBytes { bytes in
      json_tokener_parse_ex(
        tokener, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
    }
    // `null` parses to a null pointer with success, so only the code tells.
    let code = json_tokener_get_error(tokener)
    guard code == json_tokener_success else {
      let offset = Int(json_tokener_get_parse_end(tokener))
      let reason = json_tokener_error_desc(code).map { String(cString: $0) } ?? "error \(code)"
      throw ScanFailure(offset: min(offset, text.count), reason: reason)
    }
    defer { json_object_put(parsed) }
    return copy(parsed)
  }

  /// An exponent that adds nothing: json-c then reads an integer as a double, and keeps its digits, where it would
  /// take the largest integer that fits.
  private static let exponent = "e0"

  private static func withExponents(_ text: [UInt8], at ends: [Int]) -> [UInt8] {
    var result: [UInt8] = []
    var start = 0
    for end in ends {
      result += text[start..<end] + Array(exponent.utf8)
      start = end
    }
    return result + text[start...]
  }

  /// The digits of a number as they were printed.
  private static func digits(_ node: OpaquePointer) -> String {
    let text = string(node)
    let integer = text.dropLast(exponent.count)
    // An integer that json-c can hold got no exponent here: it is the file's own.
    let isLarge =
      text.hasSuffix(exponent) && Int64(integer) == nil && UInt64(integer) == nil
      && integer.utf8.allSatisfy {
        $0 == UInt8(ascii: "-") || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
      }
    return isLarge ? String(integer) : text
  }

  /// A Swift value equal to the tree at `node`; null pointers are `null`.
  private static func copy(_ node: OpaquePointer?) -> JSON {
    guard let node else { return .null }
    switch json_object_get_type(node) {
    case json_type_boolean:
      return .bool(json_object_get_boolean(node) != 0)
    case json_type_int:
      let value = json_object_get_int64(node)
      // Beyond Int64 json-c keeps an unsigned number and get_int64 saturates.
      return value == .max ? JSON(json_object_get_uint64(node)) : .integer(value)
    case json_type_double:
      return .number(json_object_get_double(node), text: digits(node))
    case json_type_string:
      return .string(string(node))
    case json_type_array:
      let count = json_object_array_length(node)
      var elements: [JSON] = []
      elements.reserveCapacity(count)
      for index in 0..<count { elements.append(copy(json_object_array_get_idx(node, index))) }
      return .array(elements)
    case json_type_object:
      var members: [JSON.Member] = []
      members.reserveCapacity(Int(json_object_object_length(node)))
      var iterator = json_object_iter_begin(node)
      var end = json_object_iter_end(node)
      while json_object_iter_equal(&iterator, &end) == 0 {
        // The scanner refuses U+0000 in names, so the C string is the whole name.
        let name = json_object_iter_peek_name(&iterator).map { String(cString: $0) } ?? ""
        members.append(JSON.Member(name, copy(json_object_iter_peek_value(&iterator))))
        json_object_iter_next(&iterator)
      }
      return .object(members)
    default:
      return .null
    }
  }

  /// The characters of a string, which may hold U+0000, or the digits of a double.
  private static func string(_ node: OpaquePointer) -> String {
    guard let characters = json_object_get_string(node) else { return "" }
    let count = Int(json_object_get_string_len(node))
    // For a double the library reports length 0: its text is a plain C string.
    guard json_object_get_type(node) == json_type_string else { return String(cString: characters) }
    // SAFETY: json-c guarantees `count` bytes at `characters` until the node changes or is freed.
    let bytes = UnsafeRawBufferPointer(start: characters, count: count)
    return String(decoding: bytes, as: UTF8.self)
  }
}
