package import MethodKit
package import Quantizers
package import Tensors
import Transformers

/// Round to nearest on grids that span the part of each range that loses least; no data.
///
/// With `Q_s(w)` the row or group `w` rounded to a grid that spans `[s·min w, s·max w]`:
/// `s* = argmin Σ(Q_s(w) − w)²` over evenly spaced factors up to 1, the smallest of equals. 1 is always
/// among them, so that no group loses more than in plain rounding.
///
/// > Source: Nagel et al. 2021, arXiv:2106.08295 (range setting by mean squared error).
///
/// DEVIATION: the source leaves the search open; here one factor shrinks both ends of a range.
package struct RTNMSE: QuantizationMethod {
  /// Options of ``RTNMSE``.
  package struct Options: MethodOptions {
    /// The smallest share of a range that a grid may span, above 0 and below 1.
    package var smallestFactor: Float = 0.5
    /// How many factors are tried, from the smallest to 1, both included.
    package var factors = 21
    /// Floor under Δ.
    package var minimumScale: Float = 1e-4

    package static let defaults = Self()
  }

  package static let card = MethodCard(
    name: "rtn-mse", summary: "round to nearest on shrunk ranges of least squared error, no data",
    category: .postTraining, citation: "Nagel et al. 2021, arXiv:2106.08295", cost: .weights)

  private let bits: QuantizationSpec
  private let quantizer: WeightQuantizer
  private let factors: [Float]
  private let minimumScale: Float

  package init(options: Options, bits: QuantizationSpec) throws {
    guard let quantizer = bits.weightQuantizer(minimumScale: options.minimumScale) else {
      throw MethodError.bits(
        method: Self.card.name, expected: "weights of 8 bits or less", found: "\(bits)")
    }
    try check("smallestFactor", options.smallestFactor, expected: "a number above 0 and below 1") {
      $0 > 0 && $0 < 1
    }
    try check("factors", options.factors, expected: "from 2 to 1000") { (2...1000).contains($0) }
    try check("minimumScale", options.minimumScale, expected: "a number above 0") { $0 > 0 }
    self.bits = bits
    self.quantizer = quantizer
    minimumScale = options.minimumScale
    factors = Self.factors(from: options.smallestFactor, count: options.factors)
  }

  /// `count` evenly spaced factors from `smallest` to 1, both included.
  package static func factors(from smallest: Float, count: Int) -> [Float] {
    // In double precision, so that the last is 1 to the bit.
    (0..<count).map { step in
      let share = Double(step) / Double(count - 1)
      return Float(Double(smallest) * (1 - share) + share)
    }
  }

  /// The factor of least squared error of each row or group, the first of equals.
  ///
  /// A group that has no finite error gets 1, plain rounding.
  ///
  /// > Shape: `weight` is `[outputs, inputs]`; the fractions are `[outputs · groups]`.
  ///
  /// - Complexity: O(factors · outputs · inputs).
  package static func spans(
    of weight: Matrix, quantizer: WeightQuantizer, factors: [Float]
  ) -> ClipFractions {
    let groups = quantizer.groups(in: weight.columns)
    let size = weight.columns / groups
    let original = weight.elements
    let trial = Matrix(rows: weight.rows, columns: weight.columns)
    var best = [Float](repeating: 1, count: weight.rows * groups)
    var least = [Double](repeating: .infinity, count: best.count)
    for factor in factors {
      trial.copy(from: weight)
      quantizer.fakeQuantize(
        trial, clip: ClipFractions(constant: factor, rows: weight.rows, groups: groups))
      let rounded = trial.elements
      for group in best.indices {
        var error = 0.0
        for index in group * size..<(group + 1) * size {
          let change = Double(rounded[index]) - Double(original[index])
          error += change * change
        }
        if error < least[group] { (least[group], best[group]) = (error, factor) }
      }
    }
    return ClipFractions(up: best, low: best, groups: groups)
  }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    try bits.check(context.source.configuration)
    let (dense, transformer) = try ModelStart(context).parts
    return context.observer.during(.quantize) {
      let linears = dense.configuration.linearIDs.map { id in
        let clip = Self.spans(of: dense.matrix(id), quantizer: quantizer, factors: factors)
        return (
          id,
          dense.quantizeInPlace(
            id, smoothing: LinearSmoothing(), quantizer: quantizer, clip: clip)
        )
      }
      return QuantizedModel(
        transformer: transformer,
        blocks: QuantizedBlocks(
          linears: Dictionary(uniqueKeysWithValues: linears),
          norms: dense.norms(of: 0..<dense.configuration.blocks, smoothing: []),
          tokenQuantizer: bits.tokenQuantizer(minimumScale: minimumScale)))
    }
  }
}
