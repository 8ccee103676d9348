import MethodKit
import Optimizers
import Transformers

extension ZeroQATOptions {
  /// What zeroth-order training moves.
  package enum Learned: String, Codable, Sendable, CaseIterable {
    /// Linear weights; clipping and smoothing stay as they started. What the released code does.
    case weights
    /// Weights, γ of clipping, and smoothing scales and shifts together. What the abstract says.
    case weightsAndQuantizer = "weights+quantizer"
  }

  /// Which linears the lightweight variant keeps in full precision and trains.
  package enum Trainable: String, Codable, Sendable, CaseIterable {
    /// The query projections.
    case query = "q"
    /// Query and value projections, as in the paper.
    case queryAndValue = "qv"
    /// All linears.
    case all

    /// Whether linears of this kind are trained.
    func contains(_ kind: LinearKind) -> Bool {
      switch self {
      case .query: kind == .query
      case .queryAndValue: kind == .query || kind == .value
      case .all: true
      }
    }
  }

  /// γ at the start, or nil for no clipping; learning it needs one.
  var startingGamma: Float? {
    clipGamma
      ?? (learn == .weightsAndQuantizer || initialisation == .blocks ? Self.officialGamma : nil)
  }

  /// γ at the start in the official code, int_linear.py.
  private static let officialGamma: Float = 3

  // The only figures there are: ε = 0.01 and η = 1e-3 stand in the official code's abandoned path
  // for α, trainer_wiki.py.
  private static let quantizerEpsilon: Float = 1e-2
  private static let quantizerLearningRate = 1e-3

  /// How clipping is learned.
  var clippingRate: JointlyTrained.Rate {
    JointlyTrained.Rate(
      epsilon: clippingEpsilon ?? Self.quantizerEpsilon,
      learningRate: clippingLearningRate ?? Self.quantizerLearningRate)
  }

  /// How smoothing is learned.
  var smoothingRate: JointlyTrained.Rate {
    JointlyTrained.Rate(
      epsilon: smoothingEpsilon ?? Self.quantizerEpsilon,
      learningRate: smoothingLearningRate ?? Self.quantizerLearningRate)
  }

  /// The options with the rates of γ, s and δ written out, where those are learned.
  var withQuantizerRates: Self {
    guard learn == .weightsAndQuantizer else { return self }
    var result = self
    result.clippingEpsilon = clippingRate.epsilon
    result.clippingLearningRate = clippingRate.learningRate
    result.smoothingEpsilon = smoothingRate.epsilon
    result.smoothingLearningRate = smoothingRate.learningRate
    return result
  }

  /// Checks the options of learning clipping and smoothing.
  func validateLearning() throws(MethodError) {
    try checkSchedule()
    for (name, value) in [
      ("clippingEpsilon", clippingEpsilon), ("smoothingEpsilon", smoothingEpsilon),
    ] {
      guard let value else { continue }
      try checkLearned(name, "\(value)")
      try check(name, value, expected: "a finite number above 0") { $0 > 0 && $0.isFinite }
    }
    for (name, value) in [
      ("clippingLearningRate", clippingLearningRate),
      ("smoothingLearningRate", smoothingLearningRate),
    ] {
      guard let value else { continue }
      try checkLearned(name, "\(value)")
      try check(name, value, expected: "a finite number of at least 0") { $0 >= 0 && $0.isFinite }
    }
  }

  /// η of γ, s and δ doesn't fall, so that with them that of the weights doesn't either.
  private func checkSchedule() throws(MethodError) {
    guard learn == .weightsAndQuantizer, schedule != .constant else { return }
    throw .option(
      name: "schedule",
      expected: "'constant' with 'learn' at '\(Learned.weightsAndQuantizer.rawValue)'",
      found: "'\(schedule.rawValue)'")
  }

  /// An option that would have no effect is a mistake in the grid.
  private func checkLearned(_ name: String, _ value: String) throws(MethodError) {
    if learn != .weightsAndQuantizer {
      throw .option(
        name: name, expected: "'learn' to be '\(Learned.weightsAndQuantizer.rawValue)'",
        found: "\(value) with 'learn' at '\(Learned.weights.rawValue)'")
    }
  }

  /// The model as training moves it.
  ///
  /// - Throws: ``MethodKit/MethodError/option(name:expected:found:)`` when there is nothing to learn
  ///   beside weights, and what reading the norms throws.
  func jointlyTrained(_ model: QuantizedModel, _ context: MethodContext) throws -> JointlyTrained {
    let result = JointlyTrained(
      model, norms: try context.source.norms(), training(seed: context.seed).optimizer,
      clipping: clippingRate, smoothing: smoothingRate)
    if result.quantizerParameters == 0 {
      throw MethodError.option(
        name: "learn", expected: "'weights' where there is neither clipping nor smoothing to learn",
        found: "'\(Learned.weightsAndQuantizer.rawValue)'")
    }
    return result
  }
}
