internal import JSONText
internal import System

/// Writes a safetensors file whose tensors are of several types, a tensor at a time.
///
/// > Source: the format's description: a length, a JSON header, then the tensors' bytes without gaps.
package struct TensorFile {
  /// One tensor that is to be written.
  package struct Entry: Sendable {
    /// Its name.
    package let name: String
    /// Its type.
    package let type: ElementType
    /// Its shape, row-major.
    package let shape: [Int]

    /// Bytes that it takes.
    var byteCount: Int { shape.reduce(type.bytes, *) }
  }

  /// Types of elements that are written here.
  package enum ElementType: String, Sendable {
    case single = "F32"
    case half = "F16"
    case word = "I32"
    case long = "I64"

    /// Bytes of an element.
    var bytes: Int {
      switch self {
      case .half: 2
      case .single, .word: 4
      case .long: 8
      }
    }
  }

  /// Writes `entries` in their order; the file is there whole or not at all.
  ///
  /// - Parameters:
  ///   - entries: Names, types and shapes.
  ///   - path: The file.
  ///   - body: Called for each entry with a function that takes the tensor's bytes, in pieces.
  /// - Throws: `FileError` when it can't be written, and what `body` throws.
  package static func write(
    _ entries: [Entry], to path: String,
    body: (_ index: Int, _ put: ([UInt8]) throws -> Void) throws -> Void
  ) throws {
    let file = try ReplacementFile(of: path)
    try file.append(try header(of: entries))
    for (index, entry) in entries.enumerated() {
      var written = 0
      try body(index) { bytes in
        try file.append(bytes)
        written += bytes.count
      }
      precondition(
        written == entry.byteCount,
        "\(entry.name): \(written) bytes of \(entry.type.rawValue) \(entry.shape)")
    }
    try file.replace()
  }

  /// Length and JSON, padded with blanks so that the tensors start at a multiple of 8 bytes.
  private static func header(of entries: [Entry]) throws -> [UInt8] {
    var members = [
      // Readers of other projects refuse a file that doesn't say for whom it is.
      JSON.Member("__metadata__", .object([JSON.Member("format", .string("pt"))]))
    ]
    var end = 0
    for entry in entries {
      let begin = end
      end += entry.byteCount
      members.append(
        JSON.Member(
          entry.name,
          .object([
            JSON.Member("dtype", .string(entry.type.rawValue)),
            JSON.Member("shape", .array(entry.shape.map { .integer(Int64($0)) })),
            JSON.Member("data_offsets", .array([.integer(Int64(begin)), .integer(Int64(end))])),
          ])))
    }
    var text = Array(try jsonText(of: JSON.object(members), style: .compact).utf8)
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text
  }
}
