internal import System

/// Writes a GGUF file of version 3.
///
/// > Source: the ggml project's description of the format.
package struct GGUFFileWriter {
  /// A value of the metadata.
  package enum Value: Sendable, Equatable {
    case word(UInt32)
    case float(Float)
    case flag(Bool)
    case text(String)
    case texts([String])
    case integers([Int32])
    case floats([Float])
  }

  /// A tensor that is to be written.
  package struct Tensor: Sendable {
    /// Its name.
    package let name: String
    /// Its shape, row-major.
    package let shape: [Int]
    /// Its type.
    package let type: GGUFBlocks

    /// A tensor from its parts.
    package init(name: String, shape: [Int], type: GGUFBlocks) {
      self.name = name
      self.shape = shape
      self.type = type
    }

    /// Bytes that it takes.
    var byteCount: Int { shape.reduce(1, *) / type.blockLength * type.blockBytes }
  }

  /// Where tensors begin: multiples of so many bytes.
  private static let alignment = 32

  /// Writes metadata and tensors in their order; the file is there whole or not at all.
  ///
  /// - Parameters:
  ///   - keys: Metadata by key.
  ///   - tensors: Names, shapes and types.
  ///   - path: The file.
  ///   - body: Called for each tensor with a function that takes its bytes, in pieces.
  /// - Throws: `FileError` when it can't be written, and what `body` throws.
  package static func write(
    _ keys: [(name: String, value: Value)], _ tensors: [Tensor], to path: String,
    body: (_ index: Int, _ put: ([UInt8]) throws -> Void) throws -> Void
  ) throws {
    var head = Array("GGUF".utf8) + bytes(UInt32(3)) + bytes(UInt64(tensors.count))
    head += bytes(UInt64(keys.count))
    for (name, value) in keys { head += text(name) + encoded(value) }
    var offset = 0
    for tensor in tensors {
      head += text(tensor.name) + bytes(UInt32(tensor.shape.count))
      // Dimensions come fastest first.
      for size in tensor.shape.reversed() { head += bytes(UInt64(size)) }
      head += bytes(tensor.type.number) + bytes(UInt64(offset))
      offset += tensor.byteCount + padding(behind: tensor.byteCount)
    }
    let file = try ReplacementFile(of: path)
    try file.append(head + zeros(padding(behind: head.count)))
    for (index, tensor) in tensors.enumerated() {
      var written = 0
      try body(index) { piece in
        try file.append(piece)
        written += piece.count
      }
      precondition(written == tensor.byteCount, "\(tensor.name): \(written) bytes")
      try file.append(zeros(padding(behind: written)))
    }
    try file.replace()
  }

  private static func padding(behind count: Int) -> Int {
    (alignment - count % alignment) % alignment
  }

  private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

  private static func bytes<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
    (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Number(8 * $0)) }
  }

  private static func text(_ text: String) -> [UInt8] {
    bytes(UInt64(text.utf8.count)) + Array(text.utf8)
  }

  /// The type's number, then the value.
  private static func encoded(_ value: Value) -> [UInt8] {
    func array(_ type: UInt32, _ count: Int) -> [UInt8] {
      bytes(UInt32(9)) + bytes(type) + bytes(UInt64(count))
    }
    switch value {
    case .word(let number): return bytes(UInt32(4)) + bytes(number)
    case .float(let number): return bytes(UInt32(6)) + bytes(number.bitPattern)
    case .flag(let flag): return bytes(UInt32(7)) + [flag ? 1 : 0]
    case .text(let string): return bytes(UInt32(8)) + text(string)
    case .texts(let strings): return array(8, strings.count) + strings.flatMap { text($0) }
    case .integers(let numbers): return array(5, numbers.count) + numbers.flatMap { bytes($0) }
    case .floats(let numbers):
      return array(6, numbers.count) + FloatBytes.singles(numbers)
    }
  }
}
