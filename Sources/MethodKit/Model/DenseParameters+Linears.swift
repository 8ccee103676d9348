package import Quantizers
package import Tensors
package import Transformers

extension DenseParameters {
  /// The norms of `blocks`, smoothed where a smoothing is given, by block and kind.
  package func norms(
    of blocks: Range<Int>, smoothing: [BlockSmoothing]
  ) -> [[(gain: Vector, bias: Vector?)]] {
    blocks.map { block in
      norms(
        ofBlock: block,
        smoothing: smoothing.indices.contains(block) ? smoothing[block] : BlockSmoothing())
    }
  }

  /// The smoothed norms of one block, by kind.
  package func norms(
    ofBlock block: Int, smoothing: BlockSmoothing
  ) -> [(gain: Vector, bias: Vector?)] {
    configuration.norms.map { kind in
      let (gain, bias) = norm(kind, block: block)
      let smoothed = smoothing.norm(kind, gain: gain.elements, bias: bias?.elements)
      return (Vector(smoothed.gain), smoothed.bias.map { Vector($0) })
    }
  }

  /// Smooths and fake-quantizes a linear's weight in place, once and for all.
  ///
  /// - Returns: The linear, ready to multiply, with its smoothed bias.
  package func quantizeInPlace(
    _ id: LinearID, smoothing: LinearSmoothing, quantizer: WeightQuantizer?,
    clip: ClipFractions? = nil
  ) -> QuantizedBlocks.Linear {
    let matrix = matrix(id)
    let bias = smooth(matrix, id, smoothing)
    quantizer?.fakeQuantize(matrix, clip: clip)
    return QuantizedBlocks.Linear(storage: .ready(matrix), bias: bias)
  }

  /// Smooths a linear's weight in place, then packs a copy of it.
  package func packed(
    _ id: LinearID, smoothing: LinearSmoothing, quantizer: WeightQuantizer,
    clip: ClipFractions? = nil
  ) -> QuantizedBlocks.Linear {
    let matrix = matrix(id)
    let bias = smooth(matrix, id, smoothing)
    return QuantizedBlocks.Linear(
      storage: .packed(PackedMatrix(matrix, quantizer: quantizer, clip: clip)), bias: bias)
  }

  /// A copy of a linear's weight, smoothed.
  package func smoothed(_ id: LinearID, _ smoothing: LinearSmoothing) -> Matrix {
    let (weight, copy) = (matrix(id), Matrix(rows: matrix(id).rows, columns: matrix(id).columns))
    copy.copy(from: weight)
    _ = smooth(copy, id, smoothing)
    return copy
  }

  /// Smooths `matrix` in place and returns the smoothed bias, if there is one now.
  private func smooth(_ matrix: Matrix, _ id: LinearID, _ smoothing: LinearSmoothing) -> Vector? {
    let before = bias(id)
    if smoothing.isIdentity { return before }
    let after = Vector([Float](repeating: 0, count: matrix.rows))
    forEachTile(tileCount(matrix.rows, size: 16)) { tile, _ in
      for row in tileRange(tile, of: matrix.rows, size: 16) {
        after.pointer[row] = smoothing.apply(
          to: matrix.row(row), columns: matrix.columns, index: row,
          bias: before?.pointer[row] ?? 0)
      }
    }
    return before != nil || smoothing.givesBias ? after : nil
  }
}

extension QuantizationSpec {
  /// Throws unless the group size divides the inputs of every linear of the model.
  package func check(_ configuration: ModelConfiguration) throws(QuantizationError) {
    guard let weightBits else { return }
    let quantizer = WeightQuantizer(bits: weightBits, groupSize: groupSize)
    for kind in configuration.linears {
      try quantizer.check(columns: configuration.shape(of: kind).inputs, linear: kind.name)
    }
  }

  /// The weight quantizer, or nil for 16 bits.
  package func weightQuantizer(minimumScale: Float = 1e-4) -> WeightQuantizer? {
    weightBits.map { WeightQuantizer(bits: $0, groupSize: groupSize, minimumScale: minimumScale) }
  }

  /// The activation quantizer, or nil for 16 bits.
  package func tokenQuantizer(minimumScale: Float = 1e-4) -> TokenQuantizer? {
    activationBits.map { TokenQuantizer(bits: $0, minimumScale: minimumScale) }
  }
}
