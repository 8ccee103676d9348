import Glibc
package import Quantizers
package import Tensors

/// The share of each range that a grid spans with the least squared error of the weights; no data.
///
/// With `Q_s(w)` the row or group `w` rounded to a grid that spans `[s·min w, s·max w]`:
/// `s* = argmin Σ(Q_s(w) − w)²` over evenly spaced factors up to 1, the smallest of equals. 1 is always
/// among them, so that no group loses more than in plain rounding.
///
/// > Source: Nagel et al. 2021, arXiv:2106.08295 (range setting by mean squared error).
package struct RangeSearch: Sendable, Equatable {
  /// The factors that are tried, in rising order; the last is 1.
  package let factors: [Float]

  /// `count` evenly spaced factors from `smallest` to 1, both included.
  ///
  /// - Precondition: `smallest` is below 1, `count` at least 2.
  package init(from smallest: Float = 0.5, count: Int = 21) {
    precondition(smallest < 1 && count >= 2, "\(count) factors from \(smallest)")
    // In double precision, so that the last is 1 to the bit.
    factors = (0..<count).map { step in
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
  package func fractions(of weight: Matrix, _ quantizer: WeightQuantizer) -> ClipFractions {
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

  /// Clip logits whose fractions are those of ``fractions(of:_:)``, none above that of `most`.
  ///
  /// A fraction of 1 has no finite logit, and one close to it hardly a gradient: `γ = min(most, ln(s/(1 − s)))`.
  package func logits(of weight: Matrix, _ quantizer: WeightQuantizer, most: Float) -> ClipLogits {
    let groups = quantizer.groups(in: weight.columns)
    let values = fractions(of: weight, quantizer).up.elements.map { fraction in
      fraction < 1 ? min(most, logf(fraction / (1 - fraction))) : most
    }
    return ClipLogits(up: Vector(values), low: Vector(values), groups: groups)
  }
}

/// What learned clipping starts from.
package enum ClipStart: String, Codable, Sendable, CaseIterable {
  /// The same γ everywhere.
  case constant
  /// The range of least squared error of each row or group, never wider than the same γ.
  case search
}
