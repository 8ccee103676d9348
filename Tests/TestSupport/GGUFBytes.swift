/// A GGUF file put together byte by byte, so that a test knows (and can break) each of them.
package struct GGUFBytes: Sendable {
  /// One metadata key: its type number and the bytes of its value.
  package struct Key: Sendable {
    package var name: String
    package var type: UInt32
    package var value: [UInt8]
  }

  /// One tensor: dimensions as in the file, fastest first.
  package struct Tensor: Sendable {
    package var name: String
    package var dimensions: [UInt64]
    package var type: UInt32
    package var data: [UInt8]
    /// Overrides the offset that follows from the tensors before.
    package var offset: UInt64?
  }

  /// A file with this beginning, to which keys and tensors are added.
  package init(
    magic: [UInt8] = Array("GGUF".utf8), version: UInt32 = 3, alignment: Int = 32,
    tensorCount: UInt64? = nil, keyCount: UInt64? = nil
  ) {
    (self.magic, self.version, self.alignment) = (magic, version, alignment)
    (self.tensorCount, self.keyCount) = (tensorCount, keyCount)
  }

  /// The first four bytes.
  package var magic: [UInt8]
  package var version: UInt32
  package var keys: [Key] = []
  package var tensors: [Tensor] = []
  package var alignment: Int
  /// Overrides the counts.
  package var tensorCount: UInt64?
  package var keyCount: UInt64?

  package mutating func add(_ name: String, type: UInt32, _ value: [UInt8]) {
    keys.append(Key(name: name, type: type, value: value))
  }

  package mutating func add(
    tensor name: String, _ dimensions: [UInt64], type: UInt32, _ data: [UInt8],
    offset: UInt64? = nil
  ) {
    tensors.append(
      Tensor(name: name, dimensions: dimensions, type: type, data: data, offset: offset))
  }

  /// Everything before the padding.
  package var head: [UInt8] {
    var bytes = magic + little(version)
    bytes += little(tensorCount ?? UInt64(tensors.count)) + little(keyCount ?? UInt64(keys.count))
    for key in keys { bytes += string(key.name) + little(key.type) + key.value }
    var end = 0
    for tensor in tensors {
      let offset = tensor.offset ?? UInt64(end)
      bytes += string(tensor.name) + little(UInt32(tensor.dimensions.count))
      for size in tensor.dimensions { bytes += little(size) }
      bytes += little(tensor.type) + little(offset)
      end += tensor.data.count
      end += (alignment - end % alignment) % alignment
    }
    return bytes
  }

  /// The whole file; ends with the last tensor's last byte.
  package var file: [UInt8] {
    var bytes = head
    for tensor in tensors {
      bytes += [UInt8](repeating: 0, count: (alignment - bytes.count % alignment) % alignment)
      bytes += tensor.data
    }
    return bytes
  }
}

/// The bytes of an integer, least significant first.
package func little<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// The bytes of floats.
package func little(_ values: [Float]) -> [UInt8] { values.flatMap { little($0.bitPattern) } }

/// A GGUF string: 64-bit length and UTF-8.
package func string(_ text: String) -> [UInt8] {
  little(UInt64(text.utf8.count)) + Array(text.utf8)
}

/// A GGUF array: element type, 64-bit count, elements.
package func array(_ type: UInt32, _ elements: [[UInt8]]) -> [UInt8] {
  little(type) + little(UInt64(elements.count)) + elements.flatMap { $0 }
}

extension GGUFBytes {
  /// A small file with every kind of metadata and every type of tensor.
  package static var everything: GGUFBytes {
    var gguf = GGUFBytes()
    gguf.add("u8", type: 0, [200])
    gguf.add("i8", type: 1, [0xff])
    gguf.add("u16", type: 2, little(UInt16(60_000)))
    gguf.add("i16", type: 3, little(Int16(-300)))
    gguf.add("u32", type: 4, little(UInt32(4_000_000_000)))
    gguf.add("i32", type: 5, little(Int32(-70_000)))
    gguf.add("f32", type: 6, little(Float(1.5).bitPattern))
    gguf.add("yes", type: 7, [1])
    gguf.add("text", type: 8, string("Ġhé"))
    gguf.add("texts", type: 9, array(8, [string("a"), string(""), string("ü")]))
    gguf.add("u64", type: 10, little(UInt64.max))
    gguf.add("i64", type: 11, little(Int64.min))
    gguf.add("f64", type: 12, little((-0.1).bitPattern))
    gguf.add("integers", type: 9, array(5, [little(Int32(7)), little(Int32(-8))]))
    gguf.add("floats", type: 9, array(6, [little([0.25]), little([-4])]))
    gguf.add("nested", type: 9, array(9, [array(0, [[1], [2]]), array(8, [string("x")])]))
    gguf.add(tensor: "f32", [3, 2], type: 0, little([1, 2, 3, -4, 5.5, -0.0]))
    // 1, −2, 2⁻²⁴ (the smallest subnormal), 65504 (the largest), 1/3 rounded.
    gguf.add(
      tensor: "f16", [5], type: 1,
      [0x3c00, 0xc000, 0x0001, 0x7bff, 0x3555].flatMap { little($0 as UInt16) })
    gguf.add(
      tensor: "bf16", [3], type: 30, [0x3f80, 0xc049, 0x0001].flatMap { little($0 as UInt16) })
    gguf.add(
      tensor: "f64", [2], type: 28, [0.1, -1e-3].flatMap { little($0.bitPattern as UInt64) })
    gguf.add(tensor: "i32", [2, 2], type: 26, [1, -2, .max, .min].flatMap { little($0 as Int32) })
    gguf.add(tensor: "i8", [3], type: 24, [0, 127, 128])
    gguf.add(tensor: "i16", [1], type: 25, little(Int16(-2)))
    gguf.add(tensor: "i64", [1], type: 27, little(Int64(-2_147_483_648)))
    gguf.add(tensor: "scalar", [], type: 0, little([42]))
    gguf.add(tensor: "empty", [0, 4], type: 0, [])
    gguf.add(tensor: "q8_0", [32, 2], type: 8, Self.q8Block(d: 0x3800) + Self.q8Block(d: 0xc000))
    gguf.add(
      tensor: "q4_0", [64], type: 2,
      [0x00, 0x38] + Self.nibbles + [0x00, 0xbc] + Self.nibbles.reversed())
    gguf.add(tensor: "q4_1", [32, 1], type: 3, [0x00, 0x34, 0x00, 0xc0] + Self.nibbles)
    return gguf
  }

  /// Codes −16, −15, … 15 with the binary16 scale `d`.
  package static func q8Block(d: UInt16) -> [UInt8] {
    little(d) + (0..<32).map { UInt8(bitPattern: Int8($0 - 16)) }
  }

  /// Byte `i` has the low nibble `i` and the high nibble `15 − i`.
  package static var nibbles: [UInt8] { (0..<16).map { UInt8($0 | (15 - $0) << 4) } }
}
