package import MethodKit
import Tensors
import Transformers

extension MeZO {
  /// All parameters, and what training and scoring take: a probe moves copies of everything but the linears and the
  /// tables, whose rows are moved as they are used.
  package func memory(_ shape: MemoryShape) -> MemoryEstimate? {
    let c = shape.configuration
    return shape.estimate { ledger in
      ledger.holdDense(c, blocks: c.blocks)
      ledger.holdNorms(c, blocks: c.blocks)
      ledger.holdFrame(c, .single)
      let transients = BlockTransients(shape, unpacked: c.linears)
      ledger.holdTransients(transients, shape)
      ledger.evaluate(shape, head: .single, transients)
      guard options.steps > 0 else { return }
      let windows = options.batchWindows
      ledger.moment {
        $0.holdWorkspace(c, tokens: windows.timesOrMost(shape.windowTokens))
        $0.holdBiases(c, blocks: c.blocks)
        $0.holdNorms(c, blocks: c.blocks)
        if c.positionRows > 0 { $0.hold(.frame, of: c.positionRows, c.channels) }
        if c.embeddingWidth != c.channels {
          $0.hold(.frame, 2, of: c.channels, c.embeddingWidth)
        }
        if c.hasFinalNorm { $0.hold(.frame, c.parts.normVectors, of: c.channels) }
        // Moved rows of the head take the space that converted ones do.
        $0.forward(shape, windows: windows, head: .half, transients)
      }
    }
  }
}
