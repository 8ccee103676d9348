/// Metadata and tensor list of a GGUF file, checked against the file's length.
///
/// Layout, all little-endian: `GGUF`, version (u32), number of tensors (u64), number of metadata keys
/// (u64); per key: string, type (u32), value; per tensor: string, number of dimensions (u32),
/// dimensions fastest first (u64), type (u32), offset (u64); then padding to a multiple of
/// `general.alignment`, from where the offsets count.
///
/// Version 2 differs from 3 in nothing but that 3 also exists big-endian, which isn't read.
///
/// > Source: the ggml project's description of the format, versions 2 and 3.
struct GGUFHeader: Sendable {
  /// The file's tensors.
  let table: TensorTable
  /// Metadata by key.
  let metadata: [String: GGUFValue]
  /// Metadata keys in the order of the file.
  let keys: [String]

  /// Alignment where `general.alignment` doesn't say otherwise, in bytes.
  private static let usualAlignment = 32

  /// Reads and checks the head of `file`.
  init(_ file: borrowing MappedFile) throws(CheckpointError) {
    let path = file.path
    let (parts, end) = try file.withBytes { bytes throws(CheckpointError) in
      var cursor = ByteCursor(path: path, bytes: bytes, range: 0..<bytes.count)
      return (try Parts(&cursor), cursor.offset)
    }
    // The tokens' pages, which were stepped over, needn't stay resident.
    file.release(0..<end)
    let (dataStart, overflow) = Self.rounded(end, up: parts.alignment)
    // A file without tensor bytes may end before the padding does.
    guard !overflow,
      dataStart <= file.count || parts.tensors.allSatisfy({ $0.tensor.byteCount == 0 })
    else {
      throw CheckpointError(
        .truncated, in: path, at: .byte(end),
        "expected padding to a multiple of \(parts.alignment), found the end at \(file.count)")
    }
    let data = min(dataStart, file.count)..<file.count
    var entries = parts.tensors
    for index in entries.indices {
      let (offset, overflow) = entries[index].offset.addingReportingOverflow(data.lowerBound)
      guard !overflow else {
        throw CheckpointError(
          .malformed, in: path, at: .tensor(entries[index].tensor.name),
          "the offset \(entries[index].offset) overflows")
      }
      entries[index].offset = offset
    }
    table = try TensorTable(entries, in: data, path: path)
    metadata = parts.metadata
    keys = parts.keys
  }

  /// `value` rounded up to a multiple of `alignment`.
  private static func rounded(_ value: Int, up alignment: Int) -> (Int, overflow: Bool) {
    let rest = value % alignment
    if rest == 0 { return (value, false) }
    let (sum, overflow) = value.addingReportingOverflow(alignment - rest)
    return (sum, overflow)
  }
}

extension GGUFHeader {
  /// What stands before the tensors' bytes, read in order.
  private struct Parts {
    var metadata: [String: GGUFValue] = [:]
    var keys: [String] = []
    var alignment = GGUFHeader.usualAlignment
    /// Offsets are still relative to the tensors' bytes.
    var tensors: [TensorTable.Entry] = []

    init(_ cursor: inout ByteCursor) throws(CheckpointError) {
      let magic = try cursor.integer(UInt32.self, "the magic number")
      guard magic == 0x4655_4747 else {
        throw cursor.error(
          .malformed, at: 0,
          "expected the bytes 47 47 55 46 (GGUF), found \(hexBytes(magic)); is this a GGUF file?")
      }
      let version = try cursor.integer(UInt32.self, "the version")
      guard version == 2 || version == 3 else {
        let reason =
          version > 0 && version.byteSwapped <= 3
          ? "the file is big-endian, only little-endian files are read"
          : "expected version 2 or 3, found \(version)"
        throw cursor.error(.unsupported, at: 4, reason)
      }
      let tensorCount = try Self.count(&cursor, of: "tensors", leastSize: 24)
      let keyCount = try Self.count(&cursor, of: "metadata keys", leastSize: 13)
      try readMetadata(&cursor, count: keyCount)
      tensors.reserveCapacity(tensorCount)
      for index in 0..<tensorCount {
        tensors.append(try Self.entry(&cursor, index: index, alignment: alignment))
      }
    }

    /// A number of things that each take at least `leastSize` bytes, so that many must be left.
    private static func count(_ cursor: inout ByteCursor, of things: String, leastSize: Int)
      throws(CheckpointError) -> Int
    {
      let start = cursor.offset
      let count = try cursor.integer(UInt64.self, "the number of \(things)")
      guard count <= UInt64(cursor.remaining / leastSize) else {
        throw cursor.error(
          .truncated, at: start,
          "expected \(count) \(things), but only \(cursor.remaining) bytes are left")
      }
      return Int(count)
    }

    private mutating func readMetadata(_ cursor: inout ByteCursor, count: Int)
      throws(CheckpointError)
    {
      for index in 0..<count {
        let start = cursor.offset
        let key = try cursor.string("the name of key \(index)")
        let type = try cursor.valueType("key '\(key)'")
        let value = try cursor.value(type, "key '\(key)'")
        guard metadata.updateValue(value, forKey: key) == nil else {
          throw cursor.error(.malformed, at: start, "the key '\(key)' appears twice")
        }
        keys.append(key)
      }
      guard let value = metadata["general.alignment"] else { return }
      guard case .unsigned(let number) = value, number > 0, number % 8 == 0, number <= 1 << 30
      else {
        throw CheckpointError(
          .malformed, in: cursor.path, at: .key("general.alignment"),
          "expected a multiple of 8 up to 2^30, found \(value.words)")
      }
      alignment = Int(number)
    }

    /// The next line of the tensor list.
    private static func entry(_ cursor: inout ByteCursor, index: Int, alignment: Int)
      throws(CheckpointError) -> TensorTable.Entry
    {
      let name = try cursor.string("the name of tensor \(index)")
      let what = "tensor '\(name)'"
      let rankOffset = cursor.offset
      let rank = try cursor.integer(UInt32.self, "the number of dimensions of \(what)")
      guard rank <= 4 else {
        throw cursor.error(
          .malformed, at: rankOffset, "expected at most 4 dimensions of \(what), found \(rank)")
      }
      var dimensions: [Int] = []
      for _ in 0..<rank {
        let start = cursor.offset
        let size = try cursor.integer(UInt64.self, "a dimension of \(what)")
        guard let size = Int(exactly: size) else {
          throw cursor.error(.malformed, at: start, "the dimension \(size) of \(what) overflows")
        }
        dimensions.append(size)
      }
      let typeOffset = cursor.offset
      let number = try cursor.integer(UInt32.self, "the type of \(what)")
      guard let type = GGUFTensorType(number), type.bytesPerBlock > 0 else {
        let named = GGUFTensorType(number).map { "\($0.name) (\(number))" } ?? "the type \(number)"
        throw cursor.error(
          .unsupported, at: typeOffset,
          "expected one of \(GGUFTensorType.readableNames) for \(what), found \(named)")
      }
      let offsetOffset = cursor.offset
      let offset = try cursor.integer(UInt64.self, "the offset of \(what)")
      // A scalar has one element: no block of a quantized type.
      guard (dimensions.first ?? 1) % type.elementsPerBlock == 0 else {
        throw CheckpointError(
          .malformed, in: cursor.path, at: .tensor(name),
          "expected rows of a multiple of \(type.elementsPerBlock) elements for \(type.name), "
            + "found \(dimensions.first ?? 1)")
      }
      guard
        let tensor = type.descriptor(name: name, shape: dimensions.reversed())
      else {
        throw CheckpointError(
          .malformed, in: cursor.path, at: .tensor(name),
          "the number of bytes of \(type.name) \(Array(dimensions.reversed())) overflows")
      }
      guard offset % UInt64(alignment) == 0, let offset = Int(exactly: offset) else {
        throw cursor.error(
          .malformed, at: offsetOffset,
          "expected a multiple of \(alignment) as the offset of \(what), found \(offset)")
      }
      return TensorTable.Entry(tensor: tensor, offset: offset)
    }
  }
}

/// The bytes of a little-endian number as they stand in the file, in hexadecimal.
private func hexBytes(_ value: UInt32) -> String {
  (0..<4).map { index in
    let byte = (value >> (8 * index)) & 0xff
    return (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }.joined(separator: " ")
}
