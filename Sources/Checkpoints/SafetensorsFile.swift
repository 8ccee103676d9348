/// One safetensors file, memory-mapped.
public final class SafetensorsFile: Checkpoint {
  private let file: MappedFile
  private let table: TensorTable
  /// The header's `__metadata__`; empty when there is none.
  public let metadata: [String: String]

  /// Maps the file at `path` and reads its header.
  ///
  /// - Throws: ``CheckpointError`` when the file can't be read, is truncated, or contradicts itself.
  public init(_ path: String) throws(CheckpointError) {
    file = try MappedFile(path)
    let header = try SafetensorsHeader(file)
    table = header.table
    metadata = header.metadata
  }

  /// The file, as the user named it.
  public var path: String { file.path }

  /// All tensors, in the order of the header.
  public var tensors: [TensorDescriptor] { table.tensors }

  /// The tensor called `name`, or nil.
  public func descriptor(of name: String) -> TensorDescriptor? { table.descriptor(of: name) }

  /// The descriptor of `name`, or an error that offers the nearest name.
  public func requireTensor(_ name: String) throws(CheckpointError) -> TensorDescriptor {
    try table.entry(name, path: path).tensor
  }

  /// Reads some rows of a tensor as float32.
  public func read(
    _ name: String, rows: Range<Int>, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    try file.readFloats(table.entry(name, path: path), rows: rows, into: destination)
  }

  /// Reads an integer tensor whose elements all fit in 32 bits.
  public func readIntegers(_ name: String) throws(CheckpointError) -> [Int32] {
    try file.readIntegers(table.entry(name, path: path))
  }
}
