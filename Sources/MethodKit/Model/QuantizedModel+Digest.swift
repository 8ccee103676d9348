import Digests
import Quantizers
import Tensors
import Transformers

extension QuantizedModel {
  /// SHA-256 over all linear weights in order, as float32: master weights where they are live, else
  /// what is multiplied.
  package var weightDigest: String {
    var hash = SHA256()
    for id in transformer.configuration.linearIDs {
      if case .live(let weights) = blocks.linears[id]?.storage {
        hash.update(weights)
      } else {
        blocks.forEachPanel(of: id) { hash.update($0) }
      }
    }
    return hash.finalize().hex
  }

  /// SHA-256 over everything that isn't a linear weight, as float32.
  ///
  /// Biases, smoothing and clipping of each linear, norms, embedding, head, positions, projections, the
  /// stream's rotation.
  package var otherDigest: String {
    var hash = SHA256()
    for id in transformer.configuration.linearIDs {
      guard let linear = blocks.linears[id] else { continue }
      let smoothing = linear.smoothing
      hash.update([
        linear.bias, smoothing.columnScale, smoothing.columnShift, smoothing.rowDivisor,
        smoothing.rowFactor, smoothing.biasShift, linear.clip?.up, linear.clip?.low,
      ])
    }
    for (gain, bias) in blocks.norms.joined() { hash.update([gain, bias]) }
    let frame = transformer.frame
    hash.update([frame.finalGain, frame.finalBias])
    for matrix in [
      frame.positions, frame.projectionIn, frame.projectionOut, frame.rotation?.matrix,
    ] {
      if let matrix { hash.update(matrix) }
    }
    hash.update(frame.embedding)
    if !transformer.configuration.tiesHead { hash.update(frame.head) }
    return hash.finalize().hex
  }
}

extension SHA256 {
  fileprivate mutating func update(_ matrix: Matrix) {
    for row in 0..<matrix.rows { update(numbers: matrix.rows(row..<row + 1).elements) }
  }

  fileprivate mutating func update(_ weights: any StoredWeights) {
    let row = Matrix(rows: 1, columns: weights.columns)
    for index in 0..<weights.rows {
      weights.loadRow(index, to: row.pointer)
      update(row)
    }
  }

  fileprivate mutating func update(_ vectors: [Vector?]) {
    for case let vector? in vectors { update(numbers: vector.elements) }
  }

  fileprivate mutating func update(_ table: any EmbeddingTable) {
    let row = Matrix(rows: 1, columns: table.columns)
    for id in 0..<table.vocabularySize {
      table.copyRow(id, to: row.pointer)
      update(row)
    }
  }
}
