package import MethodKit
import Quantizers
import Transformers

extension ZeroQAT {
  /// Master weights, frame, and what training and scoring take; nil where clipping and smoothing are trained too.
  package func memory(_ shape: MemoryShape) -> MemoryEstimate? {
    guard options.startIsModelled else { return nil }
    return shape.estimate { ledger in
      var transients = holdInitialModel(shape, &ledger)
      transients.codedTokens = options.codedTokens(shape)
      ledger.train(
        shape, steps: options.steps, batchWindows: options.batchWindows, head: .single,
        transients)
    }
  }

  /// The model before training, after what finds its clipping and smoothing.
  ///
  /// - Returns: The transients of its blocks, not held yet.
  func holdInitialModel(_ shape: MemoryShape, _ ledger: inout MemoryLedger) -> BlockTransients {
    let c = shape.configuration
    let windows = options.calibrationWindows
    func holdClipping(_ blocks: Int, _ ledger: inout MemoryLedger) {
      guard let quantizer = bits.weightQuantizer() else { return }
      for kind in c.linears {
        options.holdClipping(blocks, of: kind, c, bits, quantizer, &ledger)
      }
    }
    let learning = options.blockLearning(bits, c)
    if let learning {
      ledger.moment {
        $0.moment { $0.holdFrame(c, .single) }
        $0.holdReconstruction(
          shape, windows: windows, learning.settings, keepsRaw: bits.activationBits != nil)
        $0.holdDense(c, blocks: 1)
        $0.holdNorms(c, blocks: 1)
        // Of the last block's clipping there is nothing yet while it is learned.
        holdClipping(max(c.blocks - 1, 0), &$0)
        $0.learn(shape, learning)
      }
    }
    ledger.holdDense(c, blocks: c.blocks)
    ledger.holdNorms(c, blocks: c.blocks)
    ledger.holdFrame(c, .single)
    if learning == nil, options.smoothingRule(bits) != nil {
      ledger.calibrate(shape, windows: windows, blockWeights: false)
    }
    holdClipping(c.blocks, &ledger)
    let members = options.smoothingMembers(bits, c)
    for kind in c.linears { ledger.holdSmoothing(c, blocks: c.blocks, members, of: kind) }
    // The norms that were read, until the model is there.
    ledger.moment { $0.holdNorms(c, blocks: c.blocks) }
    return BlockTransients(shape, unpacked: c.linears)
  }
}
