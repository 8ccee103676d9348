package import MethodKit
import Quantizers
import Tensors
import Transformers
import Vocabulary

extension LightweightZeroQAT {
  /// Trained weights, packed ones, a frame in half precision, and what training and scoring take, after what
  /// finds clipping and smoothing; nil where the latter makes no pass.
  package func memory(_ shape: MemoryShape) -> MemoryEstimate? {
    guard options.startIsModelled else { return nil }
    let c = shape.configuration
    let calibrationWindows = options.calibrationWindows
    let learning = options.blockLearning(bits, c)
    let calibrates = learning == nil && options.smoothingRule(bits) != nil
    return shape.estimate { ledger in
      if learning != nil || calibrates {
        ledger.moment {
          $0.holdFrame(c, .half)
          $0.holdStream(shape, tokens: shape.calibrationTokens(calibrationWindows))
        }
      }
      ledger.moment {
        // The last block is calibrated beside all others.
        holdBlocks(max(c.blocks - 1, 0), c, &$0)
        if calibrates { $0.calibrate(shape, windows: calibrationWindows, blockWeights: true) }
        if let learning {
          $0.holdReconstruction(
            shape, windows: calibrationWindows, learning.settings,
            keepsRaw: bits.activationBits != nil)
          $0.holdDense(c, blocks: 1)
          $0.holdNorms(c, blocks: 1)
          $0.learn(shape, learning)
        }
      }
      holdBlocks(c.blocks, c, &ledger)
      // The rows that are read at a time.
      if learning == nil, !calibrates, let widest = c.linears.last.map(c.shape) {
        ledger.moment {
          $0.hold(.panels, of: min(widest.outputs, PackedBlocks.rowsAtOnce), widest.inputs)
        }
      }
      ledger.holdFrame(c, .half)
      var transients = BlockTransients(shape, unpacked: c.linears)
      transients.codedTokens = options.codedTokens(shape)
      ledger.train(
        shape, steps: options.steps, batchWindows: options.batchWindows, head: .half,
        transients)
    }
  }

  /// So many blocks as training has them.
  private func holdBlocks(_ blocks: Int, _ c: ModelConfiguration, _ ledger: inout MemoryLedger) {
    ledger.holdNorms(c, blocks: blocks)
    ledger.holdBiases(c, blocks: blocks)
    for kind in c.linears { holdWeights(of: kind, blocks, c, &ledger) }
  }

  /// Their weights of one kind, with the clipping and smoothing of live ones.
  private func holdWeights(
    of kind: LinearKind, _ blocks: Int, _ c: ModelConfiguration, _ ledger: inout MemoryLedger
  ) {
    let (rows, columns) = c.shape(of: kind)
    guard trainable.contains(kind) else {
      ledger.holdPacked(.packed, blocks, rows: rows, columns: columns, quantizer)
      return
    }
    switch options.weightType {
    case .float32: ledger.hold(.weights, blocks, of: rows, columns)
    case .float16, .bfloat16: ledger.hold(.weights, blocks, width: 2, of: rows, columns)
    case .int8:
      ledger.holdPacked(
        .weights, blocks, rows: rows, columns: columns, CodeWeights.quantizer(columns: columns))
    }
    options.holdClipping(blocks, of: kind, c, bits, quantizer, &ledger)
    ledger.holdSmoothing(
      c, blocks: blocks, options.smoothingMembers(bits, c), of: kind)
  }
}
