import Checkpoints

/// A checkpoint that stands before another, and reads some of its tensors in its own way.
///
/// What isn't said here is the other's: names, shapes, integers.
protocol CheckpointOverlay: Checkpoint {
  /// The checkpoint behind it.
  var base: any Checkpoint { get }
}

extension CheckpointOverlay {
  var path: String { base.path }
  var tensors: [TensorDescriptor] { base.tensors }

  func descriptor(of name: String) -> TensorDescriptor? { base.descriptor(of: name) }

  func requireTensor(_ name: String) throws(CheckpointError) -> TensorDescriptor {
    try base.requireTensor(name)
  }

  func readIntegers(_ name: String) throws(CheckpointError) -> [Int32] {
    try base.readIntegers(name)
  }
}
