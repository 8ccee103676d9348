package import MethodKit
import Quantizers
import Tensors
import Transformers

extension LightweightZeroQAT {
  /// Trained weights, packed ones, a frame in half precision, and what training and scoring take; nil where
  /// smoothing is found or clipping learned.
  package func memory(_ shape: MemoryShape) -> MemoryEstimate? {
    guard options.startsUnsmoothed(bits) else { return nil }
    let c = shape.configuration
    return shape.estimate { ledger in
      ledger.holdNorms(c, blocks: c.blocks)
      ledger.holdBiases(c, blocks: c.blocks)
      for kind in c.linears { holdWeights(of: kind, c, &ledger) }
      // The rows that are read at a time.
      let widest = c.linears.last.map { c.shape(of: $0) } ?? (0, 0)
      ledger.moment {
        $0.hold(.panels, of: min(widest.0, PackedBlocks.rowsAtOnce), widest.1)
      }
      ledger.holdFrame(c, .half)
      var transients = BlockTransients(c, unpacked: c.linears)
      transients.codedTokens = options.codedTokens(shape)
      ledger.train(
        shape, steps: options.steps, batchWindows: options.batchWindows ?? 1, head: .half,
        transients)
    }
  }

  /// All blocks' weights of one kind, with the clipping of live ones.
  private func holdWeights(
    of kind: LinearKind, _ c: ModelConfiguration, _ ledger: inout MemoryLedger
  ) {
    let (rows, columns) = c.shape(of: kind)
    guard (options.trainable ?? .queryAndValue).contains(kind) else {
      ledger.holdPacked(.packed, c.blocks, rows: rows, columns: columns, quantizer)
      return
    }
    switch options.weightType ?? .float32 {
    case .float32: ledger.hold(.weights, c.blocks, of: rows, columns)
    case .float16, .bfloat16: ledger.hold(.weights, c.blocks, width: 2, of: rows, columns)
    case .int8:
      ledger.holdPacked(
        .weights, c.blocks, rows: rows, columns: columns, CodeWeights.quantizer(columns: columns))
    }
    if options.startingGamma != nil {
      ledger.holdConstantClipping(c.blocks, columns: columns, quantizer)
    }
  }
}
