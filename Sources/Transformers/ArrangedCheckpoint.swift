import Checkpoints
import Tensors

/// A hub's checkpoint seen as if each linear were a tensor of its own and gains of norms were whole.
///
/// Where a family joins linears (Q, K and V in one tensor) these are ranges of its rows; where gains are
/// stored less a constant, it is added.
struct ArrangedCheckpoint: Checkpoint {
  private struct Piece {
    let tensor: TensorDescriptor
    let source: String
    let firstRow: Int
    let addend: Float
  }

  private let base: any Checkpoint
  private let pieces: [String: Piece]

  /// The arrangement of `base`, whose tensors were checked to be there in their shapes; nil where there is
  /// nothing to arrange.
  init?(_ base: any Checkpoint, _ c: ModelConfiguration, _ naming: TensorNaming, gainOffset: Float)
  {
    guard gainOffset != 0 || !naming.names.joined.isEmpty else { return nil }
    self.base = base
    var pieces: [String: Piece] = [:]
    func put(_ name: String, _ source: String, _ shape: [Int], row: Int = 0, plus: Float = 0) {
      guard let tensor = TensorDescriptor(name: name, shape: shape, type: .f32) else { return }
      pieces[name] = Piece(tensor: tensor, source: source, firstRow: row, addend: plus)
    }
    for block in 0..<c.blocks {
      for (_, linears) in naming.names.joined {
        var row = 0
        for kind in linears {
          let (id, (outputs, inputs)) = (LinearID(block: block, kind: kind), c.shape(of: kind))
          if let joined = naming.joined(id, "weight") {
            put(naming.weight(id), joined.name, [outputs, inputs], row: row)
          }
          if c.hasBias(kind), let joined = naming.joined(id, "bias") {
            put(naming.bias(id), joined.name, [outputs], row: row)
          }
          row += outputs
        }
      }
      guard gainOffset != 0 else { continue }
      for kind in c.norms {
        let name = naming.gain(kind, block: block)
        put(name, name, [c.channels(of: kind)], plus: gainOffset)
      }
    }
    if gainOffset != 0, c.hasFinalNorm {
      put(naming.finalGain, naming.finalGain, [c.channels], plus: gainOffset)
    }
    self.pieces = pieces
  }

  var path: String { base.path }
  var tensors: [TensorDescriptor] { base.tensors }

  func descriptor(of name: String) -> TensorDescriptor? {
    pieces[name]?.tensor ?? base.descriptor(of: name)
  }

  func requireTensor(_ name: String) throws(CheckpointError) -> TensorDescriptor {
    guard let piece = pieces[name] else { return try base.requireTensor(name) }
    return piece.tensor
  }

  func readIntegers(_ name: String) throws(CheckpointError) -> [Int32] {
    try base.readIntegers(name)
  }

  func read(
    _ name: String, rows: Range<Int>, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    guard let piece = pieces[name] else {
      return try base.read(name, rows: rows, into: destination)
    }
    guard rows.lowerBound >= 0, rows.upperBound <= piece.tensor.rowCount else {
      throw CheckpointError(
        .mismatched, in: path, at: .tensor(name),
        "expected rows of \(piece.tensor.rowCount), found \(rows)")
    }
    try base.read(
      piece.source, rows: rows.lowerBound + piece.firstRow..<rows.upperBound + piece.firstRow,
      into: destination)
    guard piece.addend != 0 else { return }
    for index in destination.indices { destination[index] += piece.addend }
  }
}
