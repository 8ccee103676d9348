package import Quantizers
package import Transformers

/// Calibrates all blocks and finds their smoothing.
///
/// - Parameters:
///   - transformer: The model without its blocks.
///   - context: Has the text.
///   - windows: How many windows to run.
///   - rule: How scales follow from maxima.
///   - parameters: The full-precision parameters of a block.
/// - Returns: The smoothing of every block.
/// - Throws: ``MethodKit/MethodError`` when there are fewer windows, and what `parameters` throws.
package func calibrated(
  _ transformer: Transformer, _ context: MethodContext, windows: Int, rule: SmoothingRule,
  parameters: (Int) throws -> DenseParameters
) throws -> [BlockSmoothing] {
  try context.observer.during(.calibrate) {
    let c = transformer.configuration
    let calibration = try Calibration(transformer, context.training, windows: windows)
    return try (0..<c.blocks).map { block in
      let dense = try parameters(block)
      let maxima = calibration.run(block: block, operators: dense)
      context.observer.progress(block + 1, of: c.blocks, .blockCalibrated)
      return rule.smoothing(block: block, maxima: maxima, c) { dense.matrix($0) }
    }
  }
}
