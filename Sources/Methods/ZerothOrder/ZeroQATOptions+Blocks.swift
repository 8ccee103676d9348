import MethodKit
import Quantizers
import Transformers

extension ZeroQATOptions {
  /// How quantization parameters are learned before training; nil unless they start from blocks.
  ///
  /// γ 3 and a floor of 1e-4 under Δ, two epochs, the augmented loss; learning rates of OPT where norms have
  /// biases, of LLaMA elsewhere. Weight-only OPT is smoothed without shifts, weight-only LLaMA not at all.
  ///
  /// > Source: ZeroQAT's official code, trainer_wiki.py; paper, section 5.1.
  func blockLearning(_ bits: QuantizationSpec, _ c: ModelConfiguration) -> QuantizerLearning? {
    guard initialisation == .blocks, let passes, let startingGamma else { return nil }
    let isLlama = !c.parts.hasNormBias
    let isWeightOnly = bits.activationBits == nil
    var smoothing: SmoothingStart?
    if let rule = smoothingRule(bits), !(isWeightOnly && isLlama) {
      smoothing = SmoothingStart(
        rule: rule, outputAlpha: nil, shifts: !isLlama && !isWeightOnly,
        scalesQueryKey: c.parts.canScaleQueries && !isWeightOnly)
    }
    return QuantizerLearning(
      bits: bits, minimumScale: minimumScale, clipGamma: startingGamma,
      rangeSearch: clipStart == .search ? RangeSearch() : nil,
      smoothing: smoothing, clippingRate: isLlama ? 5e-3 : 1e-2,
      smoothingRate: isLlama ? 1e-2 : 5e-3,
      settings: BlockReconstruction.Settings(
        epochs: passes, batchWindows: 1, isAugmented: true))
  }

  /// Passes by which blocks learn; nil where they don't.
  var passes: Int? { initialisationEpochs ?? (initialisation == .blocks ? 2 : nil) }

  /// Whether anything is folded into norms.
  func smooths(_ bits: QuantizationSpec, _ c: ModelConfiguration) -> Bool {
    if initialisation == .blocks { return blockLearning(bits, c)?.smoothing != nil }
    return smoothingRule(bits) != nil
  }

  /// Learns the quantization parameters of all blocks; nothing unless they start from blocks.
  ///
  /// Reads the model for itself, block by block: beside the streams, one block's weights are held.
  ///
  /// - Throws: ``MethodKit/MethodError`` when there are fewer windows, ``MethodKit/TrainingError``.
  func learnedBlocks(
    _ context: MethodContext, _ bits: QuantizationSpec
  ) throws -> [QuantizerLearning.Result] {
    guard let learning = blockLearning(bits, context.source.configuration) else { return [] }
    let reconstruction = try learning.reconstruction(
      context, frame: .single, windows: calibrationWindows)
    var report = ReconstructionReport()
    let blocks = context.source.configuration.blocks
    let results = try (0..<blocks).map { block in
      let dense = try context.observer.during(.load) {
        try DenseParameters(source: context.source, blocks: block..<block + 1)
      }
      let result = try learning.learn(
        block: block, of: dense, reconstruction, context.observer)
      report.add(
        result.losses, passLength: reconstruction.steps / max(learning.settings.epochs, 1))
      context.observer.progress(block + 1, of: blocks, .blockReconstructed)
      return result
    }
    report.keep(context.observer)
    return results
  }

  /// Checks what concerns the start from blocks.
  func validateBlocks() throws(MethodError) {
    if clipStart == .search, initialisation != .blocks {
      throw .option(
        name: "clipStart", expected: "'constant' without \"initialisation\": \"blocks\"",
        found: "'search'")
    }
    guard let initialisationEpochs else { return }
    try checkEpochs("initialisationEpochs", initialisationEpochs)
    if initialisation != .blocks {
      throw .option(
        name: "initialisationEpochs", expected: "none without \"initialisation\": \"blocks\"",
        found: "\(initialisationEpochs)")
    }
  }
}
