/// Reads a file, or a part of one, from front to back; never past its end.
///
/// Every number is little-endian and unaligned.
struct ByteCursor {
  /// The file, for errors.
  let path: String
  /// All bytes of the file.
  let bytes: UnsafeRawBufferPointer
  /// Where the next read begins, from the start of the file.
  private(set) var offset: Int
  /// Where reading ends, at most the end of the file.
  let end: Int

  /// A cursor over `range`, which is cut to what the file has.
  init(path: String, bytes: UnsafeRawBufferPointer, range: Range<Int>) {
    self.path = path
    self.bytes = bytes
    offset = min(max(0, range.lowerBound), bytes.count)
    end = max(offset, min(range.upperBound, bytes.count))
  }

  /// Bytes between here and the end.
  var remaining: Int { end - offset }

  /// An error at the current offset, or at another one.
  func error(_ kind: CheckpointError.Kind, at place: Int? = nil, _ reason: String)
    -> CheckpointError
  {
    CheckpointError(kind, in: path, at: .byte(place ?? offset), reason)
  }

  /// The next integer.
  mutating func integer<Value: FixedWidthInteger>(
    _ type: Value.Type, _ what: @autoclosure () -> String
  ) throws(CheckpointError) -> Value {
    let size = MemoryLayout<Value>.size
    guard remaining >= size else {
      throw error(
        .truncated, "expected \(size) bytes of \(what()), found \(remaining) before the end")
    }
    // SAFETY: `size` bytes from `offset` on lie inside the file: `remaining` says so.
    let value = bytes.loadUnaligned(fromByteOffset: offset, as: Value.self)
    offset += size
    return Value(littleEndian: value)
  }

  /// Steps over `count` bytes and returns where they are.
  mutating func skip(_ count: UInt64, _ what: @autoclosure () -> String) throws(CheckpointError)
    -> Range<Int>
  {
    guard count <= UInt64(remaining) else {
      throw error(
        .truncated, "expected \(count) bytes of \(what()), found \(remaining) before the end")
    }
    let start = offset
    offset += Int(count)
    return start..<offset
  }

  /// The next `count` bytes as UTF-8.
  mutating func text(_ count: UInt64, _ what: @autoclosure () -> String) throws(CheckpointError)
    -> String
  {
    let range = try skip(count, what())
    guard let string = String(validating: bytes[range], as: UTF8.self) else {
      throw error(.malformed, at: range.lowerBound, "expected \(what()) in UTF-8")
    }
    return string
  }
}
