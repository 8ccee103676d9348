/// A set of named tensors that can be read one at a time.
///
/// Tensors are converted while they are read; the file's own pages are given back as reading goes on,
/// so that reading costs the destination's memory and about one MiB.
public protocol Checkpoint: Sendable {
  /// The file or folder, as the user named it.
  var path: String { get }

  /// All tensors, in the order of the file.
  var tensors: [TensorDescriptor] { get }

  /// The tensor called `name`, or nil.
  func descriptor(of name: String) -> TensorDescriptor?

  /// Reads some rows of a tensor as float32, dequantizing where needed.
  ///
  /// A row is one step of the first dimension; a scalar has one row.
  ///
  /// - Parameters:
  ///   - name: The tensor.
  ///   - rows: Which rows, inside `0..<rowCount`.
  ///   - destination: `rows.count · rowElementCount` elements; undefined after a throw.
  /// - Throws: ``CheckpointError`` when there is no such tensor, when it holds integers, when rows or
  ///   destination don't fit, or when an element is NaN or infinite.
  func read(
    _ name: String, rows: Range<Int>, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError)

  /// Reads an integer tensor whose elements all fit in 32 bits.
  ///
  /// - Throws: ``CheckpointError`` when there is no such tensor, when it holds floats, or when an
  ///   element doesn't fit.
  func readIntegers(_ name: String) throws(CheckpointError) -> [Int32]

  /// The descriptor of `name`, or an error that offers the nearest name.
  func requireTensor(_ name: String) throws(CheckpointError) -> TensorDescriptor
}

extension Checkpoint {
  /// Reads a whole tensor as float32, dequantizing where needed.
  ///
  /// - Parameters:
  ///   - name: The tensor.
  ///   - destination: As many elements as the tensor has; undefined after a throw.
  /// - Throws: ``CheckpointError``, as for ``read(_:rows:into:)``.
  public func read(_ name: String, into destination: UnsafeMutableBufferPointer<Float>)
    throws(CheckpointError)
  {
    let tensor = try requireTensor(name)
    try read(name, rows: 0..<tensor.rowCount, into: destination)
  }

  /// A whole tensor as float32, dequantized where needed.
  ///
  /// - Throws: ``CheckpointError``, as for ``read(_:rows:into:)``.
  public func read(_ name: String) throws(CheckpointError) -> [Float] {
    let tensor = try requireTensor(name)
    // The array's own initializer rethrows untyped, so the error travels beside it.
    var outcome: Result<Void, CheckpointError> = .success(())
    let values = [Float](unsafeUninitializedCapacity: tensor.elementCount) { buffer, count in
      do throws(CheckpointError) {
        let destination = UnsafeMutableBufferPointer(rebasing: buffer[..<tensor.elementCount])
        try read(name, rows: 0..<tensor.rowCount, into: destination)
        count = tensor.elementCount
      } catch {
        outcome = .failure(error)
      }
    }
    try outcome.get()
    return values
  }

  /// The descriptor of `name` if it has the expected shape.
  ///
  /// - Parameters:
  ///   - name: The tensor.
  ///   - shape: Row-major dimensions, as a model's configuration demands them.
  /// - Returns: The descriptor.
  /// - Throws: ``CheckpointError`` naming the nearest tensor when it is missing, or both shapes.
  @discardableResult
  public func requireTensor(_ name: String, shape: [Int]) throws(CheckpointError)
    -> TensorDescriptor
  {
    let tensor = try requireTensor(name)
    guard tensor.shape == shape else {
      throw CheckpointError(
        .mismatched, in: path, at: .tensor(name),
        "expected the shape \(shape), found \(tensor.shape)")
    }
    return tensor
  }
}
