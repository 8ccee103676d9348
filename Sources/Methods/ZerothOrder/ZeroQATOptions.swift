import Glibc
package import MethodKit
package import Optimizers
package import Quantizers
package import Vocabulary

/// Options that ZeroQAT and its lightweight variant share: what the paper states, and what it and its
/// code leave open.
package struct ZeroQATOptions: ZerothOrderSettings {
  /// How quantization parameters start.
  package enum Initialisation: String, Codable, Sendable, CaseIterable {
    /// No smoothing.
    case none
    /// Smoothing scales from activation maxima, as before the paper's block reconstruction.
    case smoothquant
    /// Clipping and smoothing learned by the paper's block reconstruction.
    case blocks
  }

  /// Updates, the paper's "iters".
  package var steps: Int
  /// η.
  package var learningRate: Double
  /// ε.
  package var epsilon: Float
  /// Windows per step, where text is trained on.
  package var batchWindows = 1
  /// Examples per step, where a task is trained on.
  package var batchExamples = 16
  /// Directions per step, the paper's q.
  package var directions = 1
  /// Bound on |L₊ − L₋| in nats; null for none.
  ///
  /// The official code's 0.4, not in the paper.
  package var clipDifference: Double?
  /// Distribution of the directions.
  package var distribution = DirectionDistribution.gaussian
  /// Floor under Δ.
  package var minimumScale: Float = 1e-4
  /// How quantization parameters start; where not given, by `smoothquant` if activations are quantized,
  /// else `none`.
  package var initialisation: Initialisation?
  /// Least migration strength per channel.
  ///
  /// DEVIATION: SmoothQuant's general value for all models, where the official code takes 0.75 for LLaMA.
  package var alphaLeast: Float = 0.5
  /// Greatest migration strength per channel; the least where not given.
  package var alphaMost: Float?
  /// γ of both clip fractions σ(γ); null for no clipping.
  ///
  /// Where not given, the official code's 3 if clipping is learned, by blocks or with the weights.
  ///
  /// DEVIATION: none elsewhere; the official code always clips, from γ = 3, and so do the grids.
  package var clipGamma: Float?
  /// What clipping starts from where blocks learn it: that γ everywhere as in the official code, or a search.
  package var clipStart = ClipStart.constant
  /// Passes over the calibration windows by which blocks learn; 2 where not given, 2 or 4 in the
  /// paper; null where none learn.
  package var initialisationEpochs: Int?
  /// Windows of training text to calibrate on.
  package var calibrationWindows = 16
  /// Windows of training text that batches are taken from in turn, the paper's segments; null for all.
  package var trainingWindows: Int?
  /// Steps between checkpoints.
  package var checkpointEvery = 50
  /// How η falls; it doesn't in the paper.
  package var schedule = LearningRate.Schedule.constant
  /// Steps after which a falling η would be 0; as many as there are updates where not given, null for a
  /// constant η.
  ///
  /// A run of fewer updates is the beginning of the longer one.
  package var scheduleSteps: Int?
  /// What is trained: weights, or clipping and smoothing with them.
  package var learn = Learned.weights
  /// ε of γ; null where it isn't learned.
  package var clippingEpsilon: Float?
  /// η of γ; null where it isn't learned.
  package var clippingLearningRate: Double?
  /// ε of log s, and of δ in units of s; null where they aren't learned.
  package var smoothingEpsilon: Float?
  /// η of log s, and of δ in units of s; null where they aren't learned.
  package var smoothingLearningRate: Double?
  /// Which linears are trained: all; by the lightweight variant, those of Q and V where not given.
  package var trainable: Trainable?
  /// What trained weights are held in.
  package var weightType = WeightType.float32
  /// How updates of weights in fewer bits are rounded, stochastically where not given; null in float32.
  package var updateRounding: UpdateRounding?
  /// What products of quantized operands are computed in.
  package var arithmetic = QuantizedBlocks.Arithmetic.float

  package static let defaults = Self(steps: 0, learningRate: 0, epsilon: 0)

  /// The options with every default that depends on bits or other options written out.
  func resolved(at bits: QuantizationSpec) -> Self {
    var result = self
    result.initialisation = start(at: bits)
    result.initialisationEpochs = passes
    result.alphaMost = greatestAlpha
    result.clipGamma = startingGamma
    result.scheduleSteps = decaySteps
    if weightType != .float32 { result.updateRounding = rounding }
    return result.withQuantizerRates
  }

  /// How quantization parameters start.
  func start(at bits: QuantizationSpec) -> Initialisation {
    initialisation ?? (bits.activationBits == nil ? .none : .smoothquant)
  }

  /// How updates of weights in fewer bits are rounded.
  var rounding: UpdateRounding { updateRounding ?? .stochastic }

  private var greatestAlpha: Float { alphaMost ?? alphaLeast }

  /// Checks every value.
  func validate() throws(MethodError) {
    try validateSettings()
    try check("clipDifference", clipDifference ?? 1, expected: "a number above 0") { $0 > 0 }
    try check("minimumScale", minimumScale, expected: "a number above 0") { $0 > 0 }
    try check("alphaLeast", alphaLeast, expected: "a number from 0 to 1.5") {
      (0...1.5).contains($0)
    }
    try check("alphaMost", alphaMost ?? 1.5, expected: "a number from alphaLeast to 1.5") {
      (alphaLeast...1.5).contains($0)
    }
    try check("calibrationWindows", calibrationWindows, expected: "at least 1") { $0 >= 1 }
    try check("trainingWindows", trainingWindows ?? 1, expected: "at least 1") { $0 >= 1 }
    if let updateRounding, weightType == .float32 {
      throw .option(
        name: "updateRounding", expected: "none while 'weightType' is 'float32'",
        found: "'\(updateRounding.rawValue)'")
    }
    if weightType == .int8, updateRounding == .nearest {
      throw .option(
        name: "updateRounding", expected: "'stochastic' with 'weightType' at 'int8'",
        found: "'nearest'")
    }
    try validateBlocks()
    try validateLearning()
  }

  /// Checks that the bits allow the arithmetic that was asked for.
  func validateArithmetic(_ bits: QuantizationSpec) throws(MethodError) {
    guard arithmetic == .integer else { return }
    if bits.weightBits == nil || bits.activationBits == nil || bits.groupSize != nil {
      throw .option(
        name: "arithmetic",
        expected:
          "'float' at \(bits): integers need quantized weights and activations, and one grid "
          + "per row",
        found: "'integer'")
    }
  }

  /// The training loop that the options describe.
  func training(seed: UInt64) -> ZerothOrderTraining {
    var training = training(seed: seed, differenceBound: clipDifference)
    training.batch.textWindows = trainingWindows
    return training
  }

  /// The smoothing rule, or nil.
  ///
  /// Weight-only LLaMA isn't smoothed (paper, section 5.1).
  func smoothingRule(_ bits: QuantizationSpec) -> SmoothingRule? {
    switch start(at: bits) {
    case .none: nil
    case .smoothquant, .blocks:
      .zeroQAT(least: alphaLeast, most: greatestAlpha)
    }
  }

  /// Clip fractions of a weight of `rows` rows and `columns` columns.
  func clip(rows: Int, columns: Int, _ quantizer: WeightQuantizer) -> ClipFractions? {
    startingGamma.map { gamma in
      ClipFractions(
        constant: 1 / (1 + expf(-gamma)), rows: rows, groups: quantizer.groups(in: columns))
    }
  }
}
