package import Quantizers
import Tensors
package import Transformers

/// What a model's parameters take, as their initialisers allocate them.
extension MemoryLedger {
  /// The weights of so many blocks' linears in one buffer, and their biases: what of `DenseParameters` a model keeps.
  package mutating func holdDense(_ c: ModelConfiguration, blocks: Int) {
    hold(.weights, of: blocks, c.blockWeights)
    holdBiases(c, blocks: blocks)
  }

  /// Biases of so many blocks' linears, a buffer each.
  package mutating func holdBiases(_ c: ModelConfiguration, blocks: Int) {
    for kind in c.linears where c.hasBias(kind) {
      hold(.vectors, blocks, of: c.shape(of: kind).outputs)
    }
  }

  /// Norms of so many blocks: gains, and for LayerNorm biases.
  package mutating func holdNorms(_ c: ModelConfiguration, blocks: Int) {
    for kind in c.norms {
      hold(.vectors, blocks.timesOrMost(c.parts.normVectors), of: c.channels(of: kind))
    }
  }

  /// Everything outside the blocks, as ``Transformers/ModelSource/frame(precision:)`` reads it.
  package mutating func holdFrame(_ c: ModelConfiguration, _ precision: FramePrecision) {
    for _ in 0..<(c.tiesHead ? 1 : 2) {
      switch precision {
      case .single: hold(.frame, of: c.vocabularySize, c.embeddingWidth)
      case .half:
        hold(.frame, width: 2, of: c.vocabularySize, c.embeddingWidth)
        moment {
          $0.hold(
            .panels, of: min(ModelSource.convertedRows, c.vocabularySize), c.embeddingWidth)
        }
      }
    }
    if c.positionRows > 0 { hold(.frame, of: c.positionRows, c.channels) }
    if c.embeddingWidth != c.channels { hold(.frame, 2, of: c.channels, c.embeddingWidth) }
    if c.hasFinalNorm { hold(.frame, c.parts.normVectors, of: c.channels) }
  }

  /// A matrix of packed codes with its grids, so often.
  package mutating func holdPacked(
    _ use: MemoryUse, _ count: Int, rows: Int, columns: Int, _ quantizer: WeightQuantizer
  ) {
    let rowBytes = (columns.timesOrMost(quantizer.bits)).plusOrMost(7) / 8
    let groups = quantizer.groups(in: columns)
    hold(use, count, width: 1, of: rows, rowBytes)
    hold(use, count, of: rows, groups)
    hold(use, count, width: 2, of: rows, groups)
  }

  /// Fractions of clipping that all rows share, stored once for each of so many linears.
  package mutating func holdConstantClipping(
    _ count: Int, columns: Int, _ quantizer: WeightQuantizer
  ) {
    hold(.vectors, count, of: quantizer.groups(in: columns))
  }

  /// Fractions or logits of clipping: two numbers for each group of each row, so often.
  package mutating func holdClipping(
    _ count: Int, rows: Int, columns: Int, _ quantizer: WeightQuantizer
  ) {
    hold(.vectors, count.timesOrMost(2), of: rows, quantizer.groups(in: columns))
  }
}

extension ModelConfiguration {
  /// Weights of one block's linears.
  package var blockWeights: Int {
    linears.reduce(0) { sum, kind in
      let (outputs, inputs) = shape(of: kind)
      return sum.plusOrMost(outputs.timesOrMost(inputs))
    }
  }
}
