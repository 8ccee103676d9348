package import Checkpoints
package import Tensors
internal import Transformers

/// The tensors of a model in the hub's layout, row by row.
package struct HubWeights {
  /// The parameters.
  package let model: PlainModel
  /// The tensors.
  package let layout: HubLayout

  /// Weights of `model` in `layout`.
  package init(_ model: PlainModel, _ layout: HubLayout) {
    self.model = model
    self.layout = layout
  }

  /// Calls `body` with the tensor's numbers, some rows at a time, in order.
  ///
  /// - Throws: What `body` throws.
  package func forEachPiece<E: Error>(
    of tensor: HubLayout.Tensor, _ body: (Matrix) throws(E) -> Void
  ) throws(E) {
    func vector(_ values: [Float], less offset: Float = 0) -> Matrix {
      Matrix(
        rows: 1, columns: values.count,
        elements: offset == 0 ? values : values.map { $0 - offset })
    }
    let frame = model.frame
    switch tensor.part {
    case .embedding: try Self.rows(of: frame.embedding, body)
    case .head: try Self.rows(of: frame.head, body)
    case .positions: if let positions = frame.positions { try body(positions) }
    case .projectionIn: if let projection = frame.projectionIn { try body(projection) }
    case .projectionOut: if let projection = frame.projectionOut { try body(projection) }
    case .finalGain:
      if let gain = frame.finalGain { try body(vector(gain.elements, less: layout.gainOffset)) }
    case .finalBias: if let bias = frame.finalBias { try body(vector(bias.elements)) }
    case .gain(let index, let block):
      try body(vector(model.norms[block][index].gain))
    case .shift(let index, let block):
      if let bias = model.norms[block][index].bias { try body(vector(bias)) }
    case .weights(let ids): for id in ids { try body(model.weight(id, interleaved: false)) }
    case .biases(let ids):
      for id in ids {
        if let bias = model.bias(id, interleaved: false) { try body(vector(bias)) }
      }
    }
  }

  /// Rows of a table that are held at a time.
  private static let tableRows = 1024

  static func rows<E: Error>(
    of table: any EmbeddingTable, _ body: (Matrix) throws(E) -> Void
  ) throws(E) {
    for tile in 0..<tileCount(table.vocabularySize, size: tableRows) {
      let range = tileRange(tile, of: table.vocabularySize, size: tableRows)
      let rows = Matrix(rows: range.count, columns: table.columns)
      for (row, id) in range.enumerated() { table.copyRow(id, to: rows.row(row)) }
      try body(rows)
    }
  }

  /// Writes all tensors in float32, as they are.
  ///
  /// - Throws: `CheckpointError` when the file can't be written.
  package func write(to path: String) throws(CheckpointError) {
    try SafetensorsWriter.write(
      layout.tensors.map { ($0.name, $0.shape) },
      // Readers of other projects refuse a file that doesn't say for whom it is.
      metadata: ["format": "pt"], to: path
    ) { index, put throws(CheckpointError) in
      try forEachPiece(of: layout.tensors[index]) { matrix throws(CheckpointError) in
        // A row at a time: rows of a view may lie apart.
        for row in 0..<matrix.rows {
          try put(UnsafeBufferPointer(start: matrix.row(row), count: matrix.columns))
        }
      }
    }
  }
}
