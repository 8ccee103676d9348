import Glibc
package import MethodKit
import Optimizers
package import Quantizers
import Tasks

/// How much of a probe's loss difference is signal: a study, not a way to quantize.
///
/// At ZeroQAT's initial model, each direction z is probed on two disjoint batches. What both batches agree
/// on is the directional derivative of the expected loss; the rest is sampling and, with quantized
/// activations, rounding chaos. For each ε the record keeps
/// `signal = sign(c)·√|c|` with `c = mean(ΔA·ΔB)` and `ΔL = L₊ − L₋`, the root mean square of ΔL, their
/// correlation, and how far the probes lie above the loss at W.
///
/// > Source: the question is raised by ZeroQAT's reviewers; the two-batch estimator is ours.
package struct ZerothOrderSignal: QuantizationMethod {
  /// Options of ``ZerothOrderSignal``.
  package struct Options: MethodOptions {
    /// The values of ε to study.
    package var epsilons: [Float]
    /// Directions per ε.
    package var directions: Int
    /// Options of the initial model; its training options are passed over.
    package var model: ZeroQATOptions

    package static let defaults = Self(epsilons: [], directions: 0, model: .defaults)
    package static let required = ["epsilons", "directions", "model"]
  }

  package static let card = MethodCard(
    name: "zo-signal", summary: "signal and noise of ZeroQAT's probes at its initial model",
    category: .diagnostic, citation: "none")

  private let options: Options
  private let base: ZeroQAT

  package init(options: Options, bits: QuantizationSpec) throws {
    // Here, so that the refusal names this method and not the one that it is made of.
    try requireBits(bits, Self.card)
    try check("directions", options.directions, expected: "at least 2") { $0 >= 2 }
    try check("epsilons", options.epsilons, expected: "numbers above 0") {
      !$0.isEmpty && $0.allSatisfy { $0 > 0 && $0.isFinite }
    }
    self.options = options
    base = try ZeroQAT(options: options.model, bits: bits)
  }

  package static func resolved(_ options: Options, for setting: MethodSetting) -> Options {
    var options = options
    options.model = ZeroQAT.resolved(options.model, for: setting)
    return options
  }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    let model = try base.initialModel(context)
    let text = context.training
    let size = options.model.batchWindows
    try check(
      "batchWindows", size, expected: "at most the \(text.count) windows of training text"
    ) { $0 <= text.count }
    let batches = [0, 1].map { text.batch(at: $0, of: size).flatMap { text[$0] } }
    try context.observer.during(.train) {
      var loss = QuantizedLoss(
        model: model, tokens: batches[0], windowTokens: text.windowTokens)
      for epsilon in options.epsilons {
        let optimizer = ZerothOrderSGD(
          learningRate: 0, epsilon: epsilon,
          distribution: options.model.distribution, seed: context.seed)
        var differences: [[Double]] = [[], []]
        var lift = 0.0
        for (batch, tokens) in batches.enumerated() {
          loss.tokens = tokens
          let atRest = try loss.loss(perturbation: nil)
          for direction in 0..<options.directions {
            let probe = try optimizer.probe(loss, step: direction, direction: 0)
            differences[batch].append(probe.plus - probe.minus)
            lift += (probe.plus + probe.minus) / 2 - atRest
            context.observer.progress(
              batch * options.directions + direction + 1, of: 2 * options.directions,
              .probe(epsilon: epsilon))
          }
        }
        keep(epsilon, differences, lift / Double(2 * options.directions), context)
      }
    }
    return model
  }

  private func keep(
    _ epsilon: Float, _ differences: [[Double]], _ lift: Double, _ context: MethodContext
  ) {
    let count = Double(options.directions)
    func mean(_ a: [Double], _ b: [Double]) -> Double {
      var sum = 0.0
      for (x, y) in zip(a, b) { sum += x * y }
      return sum / count
    }
    let (a, b) = (differences[0], differences[1])
    let shared = mean(a, b)
    let square = (mean(a, a) + mean(b, b)) / 2
    let name = "epsilon \(epsilon)"
    context.observer.keep("\(name): rms difference", sqrt(square), unit: "nats")
    context.observer.keep(
      "\(name): signal", shared < 0 ? -sqrt(-shared) : sqrt(shared), unit: "nats")
    context.observer.keep(
      "\(name): correlation across batches", shared / sqrt(mean(a, a) * mean(b, b)), unit: "1")
    context.observer.keep("\(name): mean lift of the probes", lift, unit: "nats")
  }
}
