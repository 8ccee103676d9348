import Glibc
internal import JSONText

/// Writes float32 tensors as a safetensors file.
public enum SafetensorsWriter {
  /// One tensor to write.
  public typealias Tensor = (name: String, shape: [Int], values: [Float])

  /// How the elements are stored.
  public enum Precision: Sendable {
    /// F32, as they are.
    case single
    /// F16, rounded to nearest, ties to even; larger magnitudes than 65504 are refused.
    case half
  }

  /// Writes `tensors` in their order.
  ///
  /// - Parameters:
  ///   - tensors: Names, row-major shapes and elements; as F32 values are written as they are, NaN
  ///     included.
  ///   - precision: How elements are stored.
  ///   - metadata: Goes to the header's `__metadata__`, sorted by name; left out when empty.
  ///   - path: Replaced as a whole, or left as it was when anything fails.
  /// - Throws: ``CheckpointError`` on a repeated or reserved name, a shape that doesn't fit its values, or
  ///   when the file can't be written.
  public static func write(
    _ tensors: [Tensor], precision: Precision = .single, metadata: [String: String] = [:],
    to path: String
  ) throws(CheckpointError) {
    try write(
      tensors.map { ($0.name, $0.shape) }, precision: precision, metadata: metadata, to: path
    ) { index, put throws(CheckpointError) in
      // A borrowed view of the array: no copy of the weights is made.
      var outcome: Result<Void, CheckpointError> = .success(())
      tensors[index].values.withUnsafeBufferPointer { values in
        do throws(CheckpointError) { try put(values) } catch { outcome = .failure(error) }
      }
      try outcome.get()
    }
  }

  /// Writes tensors that are produced piece by piece, so that they needn't be in memory at once.
  ///
  /// The file is written under a temporary name beside `path`, synced to disk, and renamed.
  ///
  /// - Parameters:
  ///   - layout: Names and row-major shapes.
  ///   - precision: How elements are stored.
  ///   - metadata: Goes to the header's `__metadata__`, sorted by name; left out when empty.
  ///   - path: Replaced as a whole, or left as it was when anything fails.
  ///   - body: Called once per tensor, in order, with its position and a function that appends elements.
  /// - Throws: ``CheckpointError``, also when a tensor doesn't get as many elements as its shape has.
  public static func write(
    _ layout: [(name: String, shape: [Int])], precision: Precision = .single,
    metadata: [String: String] = [:], to path: String,
    body: (
      _ index: Int,
      _ put: (UnsafeBufferPointer<Float>) throws(CheckpointError) -> Void
    ) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let descriptors = try descriptors(of: layout, precision, path: path)
    let header = try header(of: descriptors, metadata: metadata, path: path)
    let file = try WholeFile(of: path)
    try file.append(header)
    for (index, tensor) in descriptors.enumerated() {
      var written = 0
      try body(index) { values throws(CheckpointError) in
        switch precision {
        case .single: try file.append(values)
        case .half:
          try file.append(halves(of: values, startingAt: written, of: tensor.name, path: path))
        }
        written += values.count
      }
      guard written == tensor.elementCount else {
        throw CheckpointError(
          .mismatched, in: path, at: .tensor(tensor.name),
          "expected \(tensor.elementCount) elements for the shape \(tensor.shape), found \(written)"
        )
      }
    }
    try file.replace()
  }

  /// The values as binary16, little-endian.
  private static func halves(
    of values: UnsafeBufferPointer<Float>, startingAt first: Int, of tensor: String, path: String
  ) throws(CheckpointError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.count * 2)
    for (index, value) in values.enumerated() {
      guard let half = binary16(value) else {
        throw CheckpointError(
          .notFinite, in: path, at: .element(tensor: tensor, index: first + index),
          "expected a number that half precision can hold, found \(value)")
      }
      bytes.append(UInt8(truncatingIfNeeded: half))
      bytes.append(UInt8(truncatingIfNeeded: half >> 8))
    }
    return bytes
  }

  /// Checked descriptors of what is to be written.
  private static func descriptors(
    of layout: [(name: String, shape: [Int])], _ precision: Precision, path: String
  ) throws(CheckpointError) -> [TensorDescriptor] {
    var seen: Set<String> = ["__metadata__"]
    var descriptors: [TensorDescriptor] = []
    for (name, shape) in layout {
      guard seen.insert(name).inserted else {
        throw CheckpointError(
          .mismatched, in: path, at: .tensor(name), "the name is reserved or appears twice")
      }
      guard shape.allSatisfy({ $0 >= 0 }),
        let tensor = TensorDescriptor(
          name: name, shape: shape, type: precision == .single ? .f32 : .f16)
      else {
        throw CheckpointError(
          .mismatched, in: path, at: .tensor(name), "expected a shape, found \(shape)")
      }
      descriptors.append(tensor)
    }
    return descriptors
  }

  /// Length and JSON, padded with blanks so that the tensors start at a multiple of 8 bytes.
  private static func header(
    of tensors: [TensorDescriptor], metadata: [String: String], path: String
  ) throws(CheckpointError) -> [UInt8] {
    var members: [JSON.Member] = []
    if !metadata.isEmpty {
      let strings = metadata.sorted { $0.key < $1.key }.map {
        JSON.Member($0.key, .string($0.value))
      }
      members.append(JSON.Member("__metadata__", .object(strings)))
    }
    var end = 0
    for tensor in tensors {
      let begin = end
      let (sum, overflow) = end.addingReportingOverflow(tensor.byteCount)
      guard !overflow else {
        throw CheckpointError(
          .mismatched, in: path, at: .tensor(tensor.name), "the file's size overflows")
      }
      end = sum
      let fields: [JSON.Member] = [
        JSON.Member("dtype", .string(tensor.type.rawValue)),
        JSON.Member("shape", .array(tensor.shape.map { .integer(Int64($0)) })),
        JSON.Member("data_offsets", .array([.integer(Int64(begin)), .integer(Int64(end))])),
      ]
      members.append(JSON.Member(tensor.name, .object(fields)))
    }
    let text: String
    do throws(JSONError) {
      text = try jsonText(of: JSON.object(members), style: .compact)
    } catch {
      throw CheckpointError(.unwritable, in: path, error.reason)
    }
    var json = Array(text.utf8)
    while json.count % 8 != 0 { json.append(UInt8(ascii: " ")) }
    guard json.count <= SafetensorsHeader.longest else {
      throw CheckpointError(
        .unwritable, in: path,
        "expected a header of at most \(SafetensorsHeader.longest) bytes, found \(json.count)")
    }
    return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
  }
}
