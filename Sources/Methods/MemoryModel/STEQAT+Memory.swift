package import MethodKit
import Quantizers
import Tensors
import Transformers

extension STEQAT {
  /// Weights, their gradients and moments, and what training and scoring take; nil where the model starts from
  /// learned clipping, or learns from a teacher.
  package func memory(_ shape: MemoryShape) -> MemoryEstimate? {
    // Without a step nothing is written to gradients and moments.
    guard base.options.startIsModelled, options.loss != .distillation, options.steps > 0 else {
      return nil
    }
    let c = shape.configuration
    let batchWindows = options.batchWindows
    let quantizer = bits.weightQuantizer()
    return shape.estimate { ledger in
      let transients = base.holdInitialModel(shape, &ledger)
      ledger.holdTransients(transients, shape)
      ledger.holdLearnerPanels(c)
      for kind in c.linears {
        let (rows, columns) = c.shape(of: kind)
        ledger.holdTrained(c.blocks, of: rows, columns)
      }
      if options.learn != .weights { holdVectors(c, &ledger) }
      if options.learn == .all { holdFrame(c, &ledger) }
      ledger.holdTrainingPass(
        c, tokens: batchWindows.timesOrMost(shape.windowTokens),
        keepsRaw: bits.activationBits != nil)
      ledger.evaluate(shape, head: .single, transients)
      ledger.passThroughModel(
        shape, windows: batchWindows, grids: 2, groups: c.mostGroups(quantizer))
    }
  }

  /// Gradients and moments of the blocks' biases and norms.
  private func holdVectors(_ c: ModelConfiguration, _ ledger: inout MemoryLedger) {
    for kind in c.norms {
      ledger.holdTrained(
        c.blocks.timesOrMost(c.parts.normVectors), of: c.channels(of: kind))
    }
    for kind in c.linears where c.hasBias(kind) {
      ledger.holdTrained(c.blocks, of: c.shape(of: kind).outputs)
    }
  }

  /// Gradients and moments of everything outside the blocks.
  private func holdFrame(_ c: ModelConfiguration, _ ledger: inout MemoryLedger) {
    ledger.holdTrained(c.tiesHead ? 1 : 2, of: c.vocabularySize, c.embeddingWidth)
    if c.positionRows > 0 { ledger.holdTrained(of: c.positionRows, c.channels) }
    if c.embeddingWidth != c.channels { ledger.holdTrained(2, of: c.channels, c.embeddingWidth) }
    if c.hasFinalNorm { ledger.holdTrained(c.parts.normVectors, of: c.channels) }
  }
}
