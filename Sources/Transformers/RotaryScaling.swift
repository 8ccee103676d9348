import Glibc

/// How rotary frequencies are stretched beyond the trained length.
public enum RotaryScaling: Sendable, Equatable {
  /// All frequencies are divided by a factor.
  case linear(factor: Double)
  /// Long wavelengths are divided by a factor, short ones stay, those between are blended.
  case llama3(LongWavelengths)
  /// Pairs that turn rarely are divided by a factor, fast ones stay; cosines and sines are scaled.
  case yarn(Yarn)

  /// What Llama 3.1's configuration says.
  public struct LongWavelengths: Sendable, Equatable {
    /// Divisor of low frequencies.
    public var factor: Double
    /// Wavelengths above `original / low` are divided by the factor.
    public var lowFrequencyFactor: Double
    /// Wavelengths below `original / high` stay.
    public var highFrequencyFactor: Double
    /// Trained length in tokens.
    public var originalPositions: Double
  }

  /// What a YaRN configuration says.
  ///
  /// > Source: Peng et al. 2023, arXiv:2309.00071, section 3.2; defaults as in the hub's `rope_type` yarn.
  public struct Yarn: Sendable, Equatable {
    /// Divisor of slow pairs.
    public var factor: Double
    /// Trained length in tokens.
    public var originalPositions: Double
    /// Pairs that turn more often than this within the trained length stay.
    public var fastTurns: Double
    /// Pairs that turn less often than this are divided by the factor.
    public var slowTurns: Double
    /// Whether the bounds between the two are whole pairs.
    public var roundsBounds: Bool
    /// What cosines and sines are multiplied by.
    public var attentionFactor: Double

    /// The factor of cosines and sines where a configuration names none: `0.1·m·ln(factor) + 1`.
    ///
    /// > Source: arXiv:2309.00071, eq. 22.
    public static func attentionFactor(_ factor: Double, weight: Double = 1) -> Double {
      factor <= 1 ? 1 : 0.1 * weight * log(factor) + 1
    }

    /// The pair that makes `turns` turns within the trained length, of `2 · pairs` channels.
    fileprivate func pair(turning turns: Double, base: Double, pairs: Int) -> Double {
      Double(2 * pairs) * log(originalPositions / (turns * 2 * .pi)) / (2 * log(base))
    }

    /// The share of its own frequency that each pair keeps.
    fileprivate func kept(base: Double, pairs: Int) -> [Double] {
      var low = pair(turning: fastTurns, base: base, pairs: pairs)
      var high = pair(turning: slowTurns, base: base, pairs: pairs)
      if roundsBounds { (low, high) = (low.rounded(.down), high.rounded(.up)) }
      (low, high) = (max(low, 0), min(high, Double(2 * pairs - 1)))
      // Bounds that coincide would divide by zero.
      if low == high { high += 0.001 }
      return (0..<pairs).map { 1 - min(max((Double($0) - low) / (high - low), 0), 1) }
    }
  }

  /// The numbers that must be above 0, under their hub names.
  var positives: [(String, Double)] {
    switch self {
    case .linear(let factor): [("factor", factor)]
    case .llama3(let long):
      [
        ("factor", long.factor), ("low_freq_factor", long.lowFrequencyFactor),
        ("high_freq_factor", long.highFrequencyFactor),
        ("original_max_position_embeddings", long.originalPositions),
      ]
    case .yarn(let yarn):
      [
        ("factor", yarn.factor), ("original_max_position_embeddings", yarn.originalPositions),
        ("beta_fast", yarn.fastTurns), ("beta_slow", yarn.slowTurns),
        ("attention_factor", yarn.attentionFactor),
      ]
    }
  }

  /// Stretches the frequency `plain` of every pair.
  func stretched(_ plain: [Double], base: Double) -> [Double] {
    switch self {
    case .linear(let factor): return plain.map { $0 / factor }
    case .llama3(let long): return plain.map(long.stretched)
    case .yarn(let yarn):
      return zip(plain, yarn.kept(base: base, pairs: plain.count)).map { plain, kept in
        plain / yarn.factor * (1 - kept) + plain * kept
      }
    }
  }
}

extension RotaryScaling.LongWavelengths {
  fileprivate func stretched(_ plain: Double) -> Double {
    let wavelength = 2 * Double.pi / plain
    let longest = originalPositions / lowFrequencyFactor
    let shortest = originalPositions / highFrequencyFactor
    if wavelength > longest { return plain / factor }
    if wavelength < shortest { return plain }
    let blend =
      (originalPositions / wavelength - lowFrequencyFactor)
      / (highFrequencyFactor - lowFrequencyFactor)
    return (1 - blend) * plain / factor + blend * plain
  }
}

extension ModelConfiguration {
  /// Frequencies of the rotary pairs, in radians per position.
  ///
  /// > Source: Su et al. 2021, arXiv:2104.09864; stretching as in Llama 3.1's configuration.
  public var rotaryFrequencies: [Double] {
    var frequencies = plainFrequencies(base: rotaryBase)
    if let rotaryScaling { frequencies = rotaryScaling.stretched(frequencies, base: rotaryBase) }
    guard let rotaryDivisors else { return frequencies }
    return zip(frequencies, rotaryDivisors).map { $0 / $1 }
  }

  /// Frequencies of the blocks with a window, where those have a base of their own.
  var windowRotaryFrequencies: [Double]? {
    windowRotaryBase.map { plainFrequencies(base: $0) }
  }

  private func plainFrequencies(base: Double) -> [Double] {
    (0..<headSize / 2).map { i in 1 / pow(base, Double(2 * i) / Double(headSize)) }
  }

  /// What cosines and sines of the rotary positions are multiplied by; 1 but for YaRN.
  public var rotaryAmplitude: Float {
    guard case .yarn(let yarn) = rotaryScaling else { return 1 }
    return Float(yarn.attentionFactor)
  }
}
