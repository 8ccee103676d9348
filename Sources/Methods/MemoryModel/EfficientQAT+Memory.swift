package import MethodKit
import Quantizers
import Tensors
import Transformers

extension EfficientQAT {
  /// Weights, which gather block by block beside the streams and one block's training; then the training of all
  /// scales; then what scoring takes.
  package func memory(_ shape: MemoryShape) -> MemoryEstimate? {
    let c = shape.configuration
    let windows = options.calibrationWindows
    let settings = BlockReconstruction.Settings(
      epochs: options.epochs, batchWindows: batchWindows)
    let wholeBatch = endToEndBatchWindows(of: shape.trainingWindows)
    // Without a step nothing is written to tapes and moments.
    guard settings.epochs > 0, options.endToEndSteps != 0 else { return nil }
    let keepsRaw = bits.activationBits != nil
    return shape.estimate { ledger in
      ledger.holdFrame(c, .single)
      ledger.moment {
        $0.holdReconstruction(shape, windows: windows, settings, keepsRaw: keepsRaw)
        // The last block is trained beside all others.
        $0.holdDense(c, blocks: c.blocks)
        $0.holdNorms(c, blocks: c.blocks)
        holdScales(c, blocks: max(c.blocks - 1, 0), &$0)
        $0.observe(shape)
        holdBlock(c, &$0)
        $0.passBack(
          shape, windows: batchWindows, grids: 2, groups: c.mostGroups(quantizer))
        $0.attend(shape, windows: batchWindows)
      }
      ledger.holdDense(c, blocks: c.blocks)
      ledger.holdNorms(c, blocks: c.blocks)
      ledger.moment {
        holdScales(c, blocks: c.blocks, &$0)
        $0.holdLearnerPanels(c)
        for kind in c.linears {
          let (rows, columns) = c.shape(of: kind)
          $0.hold(.moments, c.blocks.timesOrMost(2), of: rows, quantizer.groups(in: columns))
        }
        $0.holdTrainingPass(
          c, tokens: wholeBatch.timesOrMost(shape.windowTokens), keepsRaw: keepsRaw)
        $0.passThroughModel(
          shape, windows: wholeBatch, grids: 1, groups: c.mostGroups(quantizer))
      }
      let transients = BlockTransients(shape, unpacked: [])
      ledger.holdTransients(transients, shape)
      ledger.evaluate(shape, head: .single, transients)
    }
  }

  /// What Block-AP learns of one block: weights, grids, gains of norms.
  private func holdBlock(_ c: ModelConfiguration, _ ledger: inout MemoryLedger) {
    ledger.holdLearnerPanels(c)
    for kind in c.linears {
      let (rows, columns) = c.shape(of: kind)
      ledger.holdTrained(of: rows, columns)
      ledger.hold(.vectors, 2, of: rows, quantizer.groups(in: columns))
      ledger.holdTrained(2, of: rows, quantizer.groups(in: columns))
    }
    for kind in c.norms { ledger.holdTrained(of: c.channels(of: kind)) }
  }

  /// Scales of blocks whose levels are frozen, with their gradients, and the gradient of no zero point.
  private func holdScales(
    _ c: ModelConfiguration, blocks: Int, _ ledger: inout MemoryLedger
  ) {
    for kind in c.linears {
      let (rows, columns) = c.shape(of: kind)
      let groups = quantizer.groups(in: columns)
      ledger.hold(.vectors, blocks, of: rows, groups)
      ledger.hold(.gradients, blocks, of: rows, groups)
      ledger.hold(.gradients, blocks, of: 0)
    }
  }
}
