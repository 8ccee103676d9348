/// One GGUF model of version 2 or 3, memory-mapped: a file, or all parts of a split one.
///
/// Tensor names and types are the file's own (`blk.0.attn_q.weight`, Q4_1); dimensions are reversed
/// to row-major order. What the numbers mean to a model, such as the row order of q and k in `llama`
/// files, is the model's business.
public final class GGUFFile: Checkpoint {
  private let parts: [GGUFPart]
  /// All tensors, in the order of the file and its parts.
  public let tensors: [TensorDescriptor]
  /// Which part holds a tensor.
  private let homes: [String: Int]
  /// Metadata by key; arrays stay in the file until a getter reads them.
  public let metadata: [String: GGUFValue]
  /// Metadata keys in the order of the file.
  public let metadataKeys: [String]

  /// Maps the file at `path` and reads its metadata and tensor list.
  ///
  /// Where it is the first part of a split model, the others are found beside it by their names.
  ///
  /// - Throws: ``CheckpointError`` when the file can't be read, is truncated, contradicts itself, holds a
  ///   tensor of an unknown type, or is a part of a model that isn't all there.
  public init(_ path: String) throws(CheckpointError) {
    let first = try GGUFPart(path)
    parts = try GGUFSplit.parts(from: first)
    var homes: [String: Int] = [:]
    for (index, part) in parts.enumerated() {
      for tensor in part.table.tensors { homes[tensor.name] = index }
    }
    self.homes = homes
    tensors = parts.flatMap(\.table.tensors)
    metadata = first.metadata
    metadataKeys = first.keys
  }

  /// The file, as the user named it.
  public var path: String { parts[0].file.path }

  /// The files that the model is made of, as found from the first one's name.
  public var paths: [String] { parts.map { $0.file.path } }

  /// The tensor called `name`, or nil.
  public func descriptor(of name: String) -> TensorDescriptor? {
    homes[name].flatMap { parts[$0].table.descriptor(of: name) }
  }

  /// The descriptor of `name`, or an error that offers the nearest name.
  public func requireTensor(_ name: String) throws(CheckpointError) -> TensorDescriptor {
    try part(holding: name).table.entry(name, path: path).tensor
  }

  /// Reads some rows of a tensor as float32, dequantizing where needed.
  public func read(
    _ name: String, rows: Range<Int>, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    let part = try part(holding: name)
    try part.file.readFloats(part.table.entry(name, path: path), rows: rows, into: destination)
  }

  /// Reads an integer tensor whose elements all fit in 32 bits.
  public func readIntegers(_ name: String) throws(CheckpointError) -> [Int32] {
    let part = try part(holding: name)
    return try part.file.readIntegers(part.table.entry(name, path: path))
  }

  private func part(holding name: String) throws(CheckpointError) -> GGUFPart {
    guard let home = homes[name] else {
      throw missingTensor(name, among: tensors.map(\.name), path: path)
    }
    return parts[home]
  }

  /// Calls `body` with a cursor at the start of `range`, then gives the range's pages back.
  func withCursor<Result>(
    over range: Range<Int>, _ body: (inout ByteCursor) throws(CheckpointError) -> Result
  ) throws(CheckpointError) -> Result {
    let first = parts[0]
    defer { first.file.release(range) }
    return try first.file.withBytes { bytes throws(CheckpointError) in
      var cursor = ByteCursor(path: path, bytes: bytes, range: range)
      return try body(&cursor)
    }
  }
}
