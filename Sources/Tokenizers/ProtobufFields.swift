/// Walks over the fields of one protocol buffers message; knows no schema.
///
/// > Source: protobuf.dev, "Encoding": a tag is a varint of `number << 3 | wire type`.
struct ProtobufFields {
  /// A field's content.
  enum Value {
    /// Wire type 0.
    case varint(UInt64)
    /// Wire type 1.
    case fixed64(UInt64)
    /// Wire type 2: where the bytes stand in the file.
    case bytes(Range<Int>)
    /// Wire type 5.
    case fixed32(UInt32)

    /// The number that the tag gives this kind of content.
    var wireType: Int {
      switch self {
      case .varint: 0
      case .fixed64: 1
      case .bytes: 2
      case .fixed32: 5
      }
    }
  }

  /// One field.
  struct Field {
    /// The schema's number.
    let number: UInt64
    /// Offset of its tag in the file.
    let offset: Int
    /// Its content.
    let value: Value
  }

  private let file: String
  private let bytes: [UInt8]
  private var position: Int
  private let end: Int

  /// The fields of the message at `range` of `bytes`, which are the whole file.
  init(_ bytes: [UInt8], in range: Range<Int>, file: String) {
    self.bytes = bytes
    self.file = file
    position = range.lowerBound
    end = range.upperBound
  }

  /// The next field, or nil at the end of the message.
  ///
  /// - Throws: ``TokenizerError`` when the message is truncated or isn't one.
  mutating func next() throws(TokenizerError) -> Field? {
    guard position < end else { return nil }
    let offset = position
    let tag = try varint()
    guard tag >> 3 > 0, tag >> 3 < 1 << 29 else {
      throw malformed(offset, "a field number from 1 to \((1 << 29) - 1)", "\(tag >> 3)")
    }
    let value: Value
    switch tag & 7 {
    case 0:
      value = .varint(try varint())
    case 1:
      value = .fixed64(try fixed(8))
    case 2:
      let lengthOffset = position
      let length = try varint()
      guard length <= UInt64(end - position) else {
        throw malformed(
          lengthOffset, "at most \(end - position) more bytes", "a length of \(length)")
      }
      value = .bytes(position..<(position + Int(length)))
      position += Int(length)
    case 5:
      value = .fixed32(UInt32(truncatingIfNeeded: try fixed(4)))
    default:
      throw malformed(offset, "a wire type of 0, 1, 2 or 5", "\(tag & 7)")
    }
    return Field(number: tag >> 3, offset: offset, value: value)
  }

  /// Base 128, least significant group first, at most 64 bits.
  private mutating func varint() throws(TokenizerError) -> UInt64 {
    let offset = position
    var result: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard position < end else {
        throw malformed(offset, "a whole varint", "the end of the message")
      }
      let byte = bytes[position]
      position += 1
      guard shift < 63 || byte <= 1 else { break }
      result |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return result }
    }
    throw malformed(offset, "a varint of at most 64 bits", "a longer one")
  }

  /// Little-endian, `width` bytes.
  private mutating func fixed(_ width: Int) throws(TokenizerError) -> UInt64 {
    guard end - position >= width else {
      throw malformed(position, "\(width) bytes", "the end of the message after \(end - position)")
    }
    defer { position += width }
    return bytes[position..<(position + width)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private func malformed(_ offset: Int, _ expected: String, _ found: String) -> TokenizerError {
    .malformed(file: file, place: .byte(offset), expected: expected, found: found)
  }
}
