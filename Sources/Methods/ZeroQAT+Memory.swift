package import MethodKit
import Quantizers
import Transformers

extension ZeroQAT {
  /// Master weights, frame, and what training and scoring take; nil where smoothing is found or clipping learned.
  package func memory(_ shape: MemoryShape) -> MemoryEstimate? {
    guard options.learn ?? .weights == .weights,
      options.startsUnsmoothed(bits)
    else { return nil }
    return shape.estimate { ledger in
      var transients = holdInitialModel(shape, &ledger)
      transients.codedTokens = options.codedTokens(shape)
      ledger.train(
        shape, steps: options.steps, batchWindows: options.batchWindows ?? 1, head: .single,
        transients)
    }
  }

  /// The model before training, without smoothing.
  ///
  /// - Returns: The transients of its blocks, not held yet.
  func holdInitialModel(_ shape: MemoryShape, _ ledger: inout MemoryLedger) -> BlockTransients {
    let c = shape.configuration
    ledger.holdDense(c, blocks: c.blocks)
    ledger.holdNorms(c, blocks: c.blocks)
    ledger.holdFrame(c, .single)
    if let quantizer = bits.weightQuantizer(), options.startingGamma != nil {
      for kind in c.linears {
        ledger.holdConstantClipping(c.blocks, columns: c.shape(of: kind).inputs, quantizer)
      }
    }
    // The norms that were read, until the model is there.
    ledger.moment { $0.holdNorms(c, blocks: c.blocks) }
    return BlockTransients(c, unpacked: c.linears)
  }
}

extension ZeroQATOptions {
  /// Whether weights start as they are, so that no calibration is needed.
  func startsUnsmoothed(_ bits: QuantizationSpec) -> Bool {
    initialisation != .blocks && smoothingRule(bits) == nil
  }

  /// Tokens whose codes are held, where products are in integers.
  func codedTokens(_ shape: MemoryShape) -> Int? {
    guard arithmetic == .integer else { return nil }
    let scored = max(shape.developmentWindows, shape.testWindows)
    let windows = max(
      batchWindows ?? 1,
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
      if transients.codedTokens == nil {
        $0.holdTransients(transients, shape)
      } else {
        $0.hold(.panels, of: 0)
        $0.holdCodes(transients, shape)
      }
      $0.evaluate(shape, head: head, transients)
      if steps > 0 {
        $0.moment { ledger in
          ledger.holdWorkspace(
            shape.configuration, tokens: batchWindows.timesOrMost(shape.windowTokens))
          ledger.forward(shape, windows: batchWindows, head: head, transients)
        }
      }
    }
    moment {
      $0.holdTransients(transients, shape)
      $0.evaluate(shape, head: head, transients)
    }
  }
}
