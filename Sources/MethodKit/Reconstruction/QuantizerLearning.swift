package import Quantizers
import Statistics
import Tensors
package import Transformers

/// Learning the clipping and smoothing of blocks by reconstruction, their weights left alone.
///
/// > Source: OmniQuant, Shao et al. 2023, arXiv:2308.13137, section 3; with other constants it is ZeroQAT's
///   initialisation (official code, trainer_wiki.py).
package struct QuantizerLearning: Sendable {
  /// What is quantized.
  package var bits: QuantizationSpec
  /// Floor under Δ of weights and activations.
  package var minimumScale: Float
  /// γ that clipping starts from; nil where it isn't learned.
  package var clipGamma: Float?
  /// Where clipping starts from the ranges of least squared error, never wider than ``clipGamma`` makes them;
  /// nil where it starts from that everywhere.
  package var rangeSearch: RangeSearch?
  /// What smoothing starts from; nil for none.
  package var smoothing: SmoothingStart?
  /// η of clipping.
  package var clippingRate: Double
  /// η of smoothing.
  package var smoothingRate: Double
  /// How blocks are trained.
  package var settings: BlockReconstruction.Settings

  /// A way of learning from its parts.
  package init(
    bits: QuantizationSpec, minimumScale: Float, clipGamma: Float?,
    rangeSearch: RangeSearch? = nil, smoothing: SmoothingStart?, clippingRate: Double,
    smoothingRate: Double, settings: BlockReconstruction.Settings
  ) {
    self.bits = bits
    self.minimumScale = minimumScale
    self.clipGamma = clipGamma
    self.rangeSearch = rangeSearch
    self.smoothing = smoothing
    self.clippingRate = clippingRate
    self.smoothingRate = smoothingRate
    self.settings = settings
  }

  /// What was learned of one block.
  package struct Result: Sendable {
    /// The smoothing; without members where none is learned.
    package let smoothing: BlockSmoothing
    /// Clip fractions of each linear; empty where none are learned.
    package let clips: [LinearKind: ClipFractions]
    /// The loss before each step.
    package let losses: [Double]
  }

  /// The streams of a model's blocks, at the first.
  ///
  /// - Throws: As ``BlockReconstruction``'s initialiser.
  package func reconstruction(
    _ transformer: Transformer, _ context: MethodContext, windows: Int
  ) throws -> BlockReconstruction {
    try BlockReconstruction(
      transformer, context.training, windows: windows, settings: settings,
      quantizesActivations: bits.activationBits != nil)
  }

  /// The same, of a model whose embedding is read for this alone and forgotten.
  ///
  /// - Throws: As ``BlockReconstruction``'s initialiser, and ``Checkpoints/CheckpointError``.
  package func reconstruction(
    _ context: MethodContext, frame precision: FramePrecision, windows: Int
  ) throws -> BlockReconstruction {
    let transformer = try context.observer.during(.load) {
      Transformer(
        configuration: context.source.configuration,
        frame: try context.source.frame(precision: precision))
    }
    return try context.observer.during(.calibrate) {
      try reconstruction(transformer, context, windows: windows)
    }
  }

  /// Learns the quantization parameters of a block and runs both streams through it.
  ///
  /// - Parameters:
  ///   - block: Which block; blocks come in order, each once.
  ///   - dense: Its full-precision parameters, left as they are.
  ///   - reconstruction: The streams.
  ///   - observer: Measures the phases.
  /// - Returns: What was learned.
  /// - Throws: ``TrainingError``.
  package func learn(
    block: Int, of dense: DenseParameters, _ reconstruction: BlockReconstruction,
    _ observer: any RunObserver
  ) throws -> Result {
    let statistics = observer.during(.calibrate) {
      reconstruction.observe(block: block, operators: dense)
    }
    let learner = learner(block: block, of: dense, statistics)
    let losses = try observer.during(.quantize) {
      var optimizer = GroupedAdamW([
        ParameterGroup(learner.smoothingTensors, learningRate: smoothingRate),
        ParameterGroup(learner.quantizerTensors, learningRate: clippingRate),
      ])
      let losses = try reconstruction.train(block: block, learner, &optimizer)
      reconstruction.advance(block: block, operators: learner)
      return losses
    }
    var clips: [LinearKind: ClipFractions] = [:]
    for (id, linear) in learner.linears {
      if case .clipping(_, let logits) = linear.quantizer { clips[id.kind] = logits.fractions }
    }
    return Result(
      smoothing: learner.smoothing[block]?.current ?? BlockSmoothing(), clips: clips,
      losses: losses)
  }

  /// The block as it is learned, at the start.
  private func learner(
    block: Int, of dense: DenseParameters, _ statistics: ActivationStatistics
  ) -> LearnableBlocks {
    let c = dense.configuration
    let quantizer = bits.weightQuantizer(minimumScale: minimumScale)
    let start = smoothing?.smoothing(block: block, statistics: statistics, c) {
      dense.matrix($0)
    }
    let linears = c.linears.map { kind in
      let id = LinearID(block: block, kind: kind)
      let (rows, columns) = c.shape(of: kind)
      let form: LearnableQuantizer =
        quantizer.map { quantizer in
          guard let clipGamma else { return .range(quantizer, nil) }
          if let rangeSearch {
            let smoothed = dense.smoothed(
              id, start?.smoothing(of: kind, c) ?? LinearSmoothing())
            return .clipping(
              quantizer, rangeSearch.logits(of: smoothed, quantizer, most: clipGamma))
          }
          return .clipping(
            quantizer,
            ClipLogits(constant: clipGamma, rows: rows, groups: quantizer.groups(in: columns)))
        } ?? .none
      return (
        id, LearnableLinear(weight: dense.matrix(id), bias: dense.bias(id), quantizer: form)
      )
    }
    return LearnableBlocks(
      configuration: c, linears: Dictionary(uniqueKeysWithValues: linears),
      norms: [
        block: c.norms.map { kind in
          let (gain, bias) = dense.norm(kind, block: block)
          return LearnableBlocks.Norm(gain: gain, bias: bias)
        }
      ], smoothing: start.map { [block: LearnableSmoothing($0, c)] } ?? [:],
      activationQuantizer: bits.tokenQuantizer(minimumScale: minimumScale))
  }
}

/// The reconstruction loss at the beginning and at the end, over the blocks of a model.
package struct ReconstructionReport {
  private var first: [Double] = []
  private var last: [Double] = []

  /// A report of no block.
  package init() {}

  /// Adds a block by the losses of its steps, `passLength` of them in each pass over the windows.
  package mutating func add(_ losses: [Double], passLength: Int) {
    guard !losses.isEmpty, passLength > 0 else { return }
    first.append(SampleMean(Array(losses.prefix(passLength))).mean)
    last.append(SampleMean(Array(losses.suffix(passLength))).mean)
  }

  /// Keeps the means over blocks in the record.
  package func keep(_ observer: any RunObserver) {
    guard !first.isEmpty else { return }
    observer.keep(
      "reconstruction loss, first pass", SampleMean(first).mean, unit: "squared activation")
    observer.keep(
      "reconstruction loss, last pass", SampleMean(last).mean, unit: "squared activation")
  }
}
