package import MethodKit
import Optimizers
package import Quantizers

/// ZeroQAT's weights, trained by another estimator than its own, to see which needs the fewest forward passes.
///
/// Start, quantized forward pass, batches and checkpoints are ZeroQAT's; only the way from losses to updates
/// differs, so that trainings are compared by what they have in common: forward passes of equal batches.
package struct EstimatorStudy: QuantizationMethod {
  /// A way from losses to updates.
  package enum Kind: String, Codable, Sendable, CaseIterable {
    /// The paper's: two losses along each direction.
    case spsa
    /// FZOO: one loss along each direction and one at the weights, divided by their spread.
    case oneSided = "one-sided"
    /// The paper's with momentum.
    case momentum
    /// The paper's with both of Adam's moments.
    case adam
    /// LOZO: directions of low rank.
    case lowRank = "low-rank"
  }

  /// Options of ``EstimatorStudy``.
  package struct Options: MethodOptions {
    /// The way from losses to updates.
    package var estimator: Kind
    /// β₁ of `momentum` and `adam`, 0.9 where not given; null elsewhere.
    package var momentum: Double?
    /// β₂ of `adam`, 0.99 where not given; null elsewhere.
    package var secondMoment: Double?
    /// r of `low-rank`, 2 where not given as in LOZO's code; null elsewhere.
    package var rank: Int?
    /// Steps with the same right factor in `low-rank`, 50 where not given; null elsewhere.
    package var lazySteps: Int?
    /// ZeroQAT's options: start, updates, rates, batches.
    package var model: ZeroQATOptions

    package static let defaults = Self(estimator: .spsa, model: .defaults)
    package static let required = ["estimator", "model"]
  }

  package static let card = MethodCard(
    name: "zo-estimator", summary: "ZeroQAT with another way from losses to updates",
    category: .zerothOrder,
    citation: "Dang et al. 2025 (FZOO); Chen et al. 2024, arXiv:2410.07698 (LOZO)",
    trainsOnText: true,
    cost: .forwardTraining)

  private let options: Options
  private let base: ZeroQAT

  package init(options: Options, bits: QuantizationSpec) throws {
    // Here, so that the refusal names this method and not the one that it is made of.
    try requireBits(bits, Self.card)
    base = try ZeroQAT(options: options.model, bits: bits)
    self.options = options
    try options.validate()
  }

  package static func resolved(_ options: Options, for setting: MethodSetting) -> Options {
    var options = options
    options.model = ZeroQAT.resolved(options.model, for: setting)
    let kind = options.estimator
    if kind == .momentum || kind == .adam { options.momentum = options.firstMoment }
    if kind == .adam { options.secondMoment = options.beta2 }
    if kind == .lowRank {
      options.rank = options.columns
      options.lazySteps = options.period
    }
    return options
  }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    let model = try base.initialModel(context, for: Self.card)
    let optimizer = options.model.training(
      seed: context.seed, differenceBound: options.model.clipDifference
    ).optimizer
    let two = TwoSided(optimizer: optimizer)
    switch options.estimator {
    case .spsa: return try train(model, two, optimizer, context)
    case .oneSided: return try train(model, OneSidedBatch(optimizer: optimizer), optimizer, context)
    case .momentum, .adam:
      let moments = Moments(
        two, momentum: options.firstMoment,
        secondMoment: options.estimator == .adam ? options.beta2 : nil)
      return try train(model, moments, optimizer, context)
    case .lowRank:
      var low = two
      // Another seed than the directions': every V is independent of every U.
      low.lowRank = LowRank(
        rank: options.columns, lazySteps: options.period, seed: context.seed ^ Self.rightFactors)
      return try train(model, low, optimizer, context)
    }
  }

  private static let rightFactors: UInt64 = 0x4c4f_5a4f_5269_6768

  private func train(
    _ model: QuantizedModel, _ estimator: some LossEstimator, _ optimizer: ZerothOrderSGD,
    _ context: MethodContext
  ) throws -> QuantizedModel {
    var settings = optimizer
    settings.directions = estimator.lossesPerStep / 2
    var training = EstimatorTraining(
      estimator: estimator, settings: settings, steps: options.model.steps,
      batch: BatchSize(
        windows: options.model.batchWindows, textWindows: options.model.trainingWindows),
      checkpointEvery: options.model.checkpointEvery)
    return try training.train(model, context)
  }
}

extension EstimatorStudy.Options {
  var firstMoment: Double { momentum ?? 0.9 }
  var beta2: Double { secondMoment ?? 0.99 }
  var columns: Int { rank ?? 2 }
  var period: Int { lazySteps ?? 50 }

  /// Checks every value, and that none is given that the estimator doesn't have.
  func validate() throws(MethodError) {
    let given: [(name: String, value: Double?, kinds: [EstimatorStudy.Kind])] = [
      ("momentum", momentum, [.momentum, .adam]), ("secondMoment", secondMoment, [.adam]),
      ("rank", rank.map(Double.init), [.lowRank]),
      ("lazySteps", lazySteps.map(Double.init), [.lowRank]),
    ]
    for (name, value, kinds) in given {
      if let value, !kinds.contains(estimator) {
        throw .option(
          name: name, expected: "none with the estimator '\(estimator.rawValue)'", found: "\(value)"
        )
      }
    }
    for (name, value) in [("momentum", firstMoment), ("secondMoment", beta2)] {
      try check(name, value, expected: "a number from 0 to below 1") { (0..<1).contains($0) }
    }
    try check("rank", columns, expected: "1 to 64") { (1...64).contains($0) }
    try check("lazySteps", period, expected: "at least 1") { $0 >= 1 }
    if model.learn != .weights {
      throw .option(
        name: "learn", expected: "'weights': estimators are compared on them alone",
        found: "'\(model.learn.rawValue)'")
    }
    if estimator == .oneSided {
      try check(
        "directions", model.directions,
        expected:
          "an odd number from 3 on, so that a step's losses come in pairs with the one at the weights"
      ) { $0 >= 3 && $0 % 2 == 1 }
    }
  }
}
