import MethodKit
import Quantizers
import Tensors
import Transformers

extension ZeroQATOptions {
  /// Whether what the model is before training is modelled: joint learning isn't, and so is no training of a start
  /// from blocks in no pass.
  var startIsModelled: Bool {
    learn == .weights && passes != 0
  }

  /// The parts of a live linear's smoothing, at the start.
  func smoothingMembers(
    _ bits: QuantizationSpec, _ c: ModelConfiguration
  ) -> SmoothingMembers? {
    if let learning = blockLearning(bits, c) {
      return learning.smoothing.map(SmoothingMembers.init)
    }
    return smoothingRule(bits).map { _ in SmoothingMembers() }
  }

  /// Clipping of so many blocks' linears of one kind: fractions of every group where they are learned, one row of
  /// them where they are constant.
  func holdClipping(
    _ blocks: Int, of kind: LinearKind, _ c: ModelConfiguration, _ bits: QuantizationSpec,
    _ quantizer: WeightQuantizer, _ ledger: inout MemoryLedger
  ) {
    let (rows, columns) = c.shape(of: kind)
    if blockLearning(bits, c) != nil {
      ledger.holdClipping(blocks, rows: rows, columns: columns, quantizer)
    } else if startingGamma != nil {
      ledger.holdConstantClipping(blocks, columns: columns, quantizer)
    }
  }

  /// Tokens whose codes are held, where products are in integers.
  func codedTokens(_ shape: MemoryShape) -> Int? {
    guard arithmetic == .integer else { return nil }
    let scored = max(shape.developmentWindows, shape.testWindows)
    let windows = max(
      batchWindows,
      min(scored, QuantizedModel.scoredWindows(windowTokens: shape.windowTokens)))
    return windows.timesOrMost(shape.windowTokens)
  }
}

extension MemoryLedger {
  /// Zeroth-order training of blocks whose parameters are held, with a score before it and after it.
  mutating func train(
    _ shape: MemoryShape, steps: Int, batchWindows: Int, head: FramePrecision,
    _ transients: BlockTransients
  ) {
    moment {
      // Products in integers need no panel until the rounding floor is measured, in float32.
      var training = transients
      if transients.codedTokens != nil { training.panels = [] }
      $0.holdTransients(training, shape)
      $0.evaluate(shape, head: head, training)
      if steps > 0 {
        $0.moment { ledger in
          ledger.holdWorkspace(
            shape.configuration, tokens: batchWindows.timesOrMost(shape.windowTokens))
          ledger.forward(shape, windows: batchWindows, head: head, training)
        }
      }
    }
    moment {
      $0.holdTransients(transients, shape)
      $0.evaluate(shape, head: head, transients)
    }
  }
}
