package import MethodKit
internal import Quantizers
internal import Tensors
internal import Transformers

extension QuantizedModel {
  /// The model as it computes now, in storage of its own, each weight as it is multiplied.
  package var copied: QuantizedModel {
    var blocks = blocks
    for id in transformer.configuration.linearIDs {
      blocks.linears[id] = QuantizedBlocks.Linear(
        storage: .ready(self.blocks.current(id).copied), bias: finalBias(id))
    }
    blocks.norms = blocks.norms.map { $0.map { ($0.gain.copied, $0.bias?.copied) } }
    let frame = transformer.frame
    let embedding = frame.embedding.copied
    var copy = ModelFrame(
      embedding: embedding,
      head: transformer.configuration.tiesHead ? embedding : frame.head.copied,
      positions: frame.positions?.copied, projectionIn: frame.projectionIn?.copied,
      projectionOut: frame.projectionOut?.copied, finalGain: frame.finalGain?.copied,
      finalBias: frame.finalBias?.copied)
    if let rotation = frame.rotation { copy = copy.rotatingStream(by: rotation) }
    return QuantizedModel(
      transformer: Transformer(configuration: transformer.configuration, frame: copy),
      blocks: blocks)
  }

  /// The bias that a linear adds: of a live weight, as its smoothing makes it.
  func finalBias(_ id: LinearID) -> Vector? {
    guard let linear = blocks.linears[id] else { return nil }
    guard case .live(let weights) = linear.storage else { return linear.bias }
    guard linear.bias != nil || linear.smoothing.givesBias else { return nil }
    let row = Matrix(rows: 1, columns: weights.columns)
    return Vector(
      (0..<weights.rows).map { index in
        weights.loadRow(index, to: row.pointer)
        return linear.smoothing.apply(
          to: row.pointer, columns: weights.columns, index: index,
          bias: linear.bias?.pointer[index] ?? 0)
      })
  }
}

extension Matrix {
  /// The same numbers in storage of their own.
  fileprivate var copied: Matrix {
    let copy = Matrix(rows: rows, columns: columns)
    copy.copy(from: self)
    return copy
  }
}

extension Vector {
  /// The same numbers in storage of their own.
  fileprivate var copied: Vector { Vector(elements) }
}

extension EmbeddingTable {
  /// The same rows in storage of their own.
  fileprivate var copied: SingleTable {
    let copy = Matrix(rows: vocabularySize, columns: columns)
    for row in 0..<vocabularySize { copyRow(row, to: copy.row(row)) }
    return SingleTable(copy)
  }
}
