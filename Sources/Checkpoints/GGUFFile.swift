/// One GGUF file of version 3, memory-mapped.
///
/// Tensor names and types are the file's own (`blk.0.attn_q.weight`, Q4_1); dimensions are reversed
/// to row-major order. What the numbers mean to a model, such as the row order of q and k in `llama`
/// files, is the model's business.
public final class GGUFFile: Checkpoint {
  private let file: MappedFile
  private let table: TensorTable
  /// Metadata by key; arrays stay in the file until a getter reads them.
  public let metadata: [String: GGUFValue]
  /// Metadata keys in the order of the file.
  public let metadataKeys: [String]

  /// Maps the file at `path` and reads its metadata and tensor list.
  ///
  /// - Throws: ``CheckpointError`` when the file can't be read, is truncated, contradicts itself, or
  ///   holds a tensor of a type that isn't read here.
  public init(_ path: String) throws(CheckpointError) {
    file = try MappedFile(path)
    let header = try GGUFHeader(file)
    table = header.table
    metadata = header.metadata
    metadataKeys = header.keys
  }

  /// The file, as the user named it.
  public var path: String { file.path }

  /// All tensors, in the order of the file.
  public var tensors: [TensorDescriptor] { table.tensors }

  /// The tensor called `name`, or nil.
  public func descriptor(of name: String) -> TensorDescriptor? { table.descriptor(of: name) }

  /// The descriptor of `name`, or an error that offers the nearest name.
  public func requireTensor(_ name: String) throws(CheckpointError) -> TensorDescriptor {
    try table.entry(name, path: path).tensor
  }

  /// Reads some rows of a tensor as float32, dequantising where needed.
  public func read(
    _ name: String, rows: Range<Int>, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    try file.readFloats(table.entry(name, path: path), rows: rows, into: destination)
  }

  /// Reads an integer tensor whose elements all fit in 32 bits.
  public func readIntegers(_ name: String) throws(CheckpointError) -> [Int32] {
    try file.readIntegers(table.entry(name, path: path))
  }

  /// Calls `body` with a cursor at the start of `range`, then gives the range's pages back.
  func withCursor<Result>(
    over range: Range<Int>, _ body: (inout GGUFCursor) throws(CheckpointError) -> Result
  ) throws(CheckpointError) -> Result {
    defer { file.release(range) }
    return try file.withBytes { bytes throws(CheckpointError) in
      var cursor = GGUFCursor(path: path, bytes: bytes, offset: range.lowerBound)
      return try body(&cursor)
    }
  }
}
