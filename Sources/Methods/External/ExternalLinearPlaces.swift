import Checkpoints
import Synchronization
import Tensors
import Transformers

/// Which rows of which tensor of a checkpoint each linear is.
///
/// Names are the families' own knowledge, and some join several linears in one tensor; so the model is asked for
/// each linear, and what it reads is what the linear is.
struct ExternalLinearPlaces {
  /// Rows of a tensor.
  struct Place: Sendable, Equatable {
    /// The tensor's name in the file.
    let tensor: String
    /// Its rows, from 0.
    let rows: Range<Int>
  }

  /// The place of each linear.
  let linears: [LinearID: Place]
  /// The tensors of each block's norms, by block and kind: the gain, and the bias where there is one.
  let norms: [[[Place]]]

  /// Asks the model in `source`.
  ///
  /// - Throws: What reading a checkpoint throws; ``ExternalProgramMisfit`` for a linear that isn't one stretch of one
  ///   tensor.
  init(_ source: ModelSource) throws {
    let spy = ReadingSpy(source.checkpoint)
    let model = try ModelSource(configuration: source.configuration, checkpoint: spy)
    let c = source.configuration
    var linears: [LinearID: Place] = [:]
    for id in c.linearIDs {
      let (outputs, inputs) = c.shape(of: id.kind)
      let read = try spy.reads { try model.read(id, into: Matrix(rows: outputs, columns: inputs)) }
      guard read.count == 1 else {
        throw ExternalProgramMisfit(
          description: "block \(id.block), \(id.kind.name) isn't one stretch of one tensor")
      }
      linears[id] = read[0]
    }
    self.linears = linears
    norms = try (0..<c.blocks).map { block in
      try c.norms.map { kind in try spy.reads { _ = try model.norm(kind, block: block) } }
    }
  }
}

/// A checkpoint that notes what is read of another.
private final class ReadingSpy: CheckpointOverlay {
  let base: any Checkpoint
  private let noted = Mutex<[ExternalLinearPlaces.Place]>([])

  init(_ base: any Checkpoint) { self.base = base }

  /// What `body` reads, in order.
  func reads(_ body: () throws -> Void) throws -> [ExternalLinearPlaces.Place] {
    noted.withLock { $0 = [] }
    try body()
    return noted.withLock { $0 }
  }

  func read(
    _ name: String, rows: Range<Int>, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    noted.withLock { $0.append(ExternalLinearPlaces.Place(tensor: name, rows: rows)) }
    try base.read(name, rows: rows, into: destination)
  }
}
