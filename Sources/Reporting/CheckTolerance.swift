package import Records

/// How much worse a fresh score may be than the committed one.
///
/// Both limits are one-sided: a better score passes, with a note.
package enum CheckTolerance: Sendable, Equatable {
  /// Full precision and weight-only cells: the perplexity may rise by less than this share.
  case relative(Double)
  /// Cells with quantised activations: the mean NLL may rise by no more than this, nats per token.
  case statistical(nats: Double, roundingFloor: Double, pairedError: Double)

  /// The share for full-precision and weight-only cells: a rise of 0.5 % or more fails.
  package static let relativeLimit = 0.005

  /// What rounding alone does to one token's NLL (rms, nats) when activations have that many bits.
  ///
  /// Another order of summation moves an activation by 1e-7, a code flips, and everything after it
  /// changes. Over n tokens the mean moves by about this / √n.
  ///
  /// > Source: SmolLM2-135M with equal weight codes, fp32 against fp64, 2,044 tokens of WikiText-2:
  /// 0.21 at 8 bits, 0.77 at 6, 2.4 at 4. Widths between take the next narrower figure.
  package static func roundingPerToken(activationBits: Int) -> Double {
    switch activationBits {
    case 16...: 0
    case 8...: 0.21
    case 6...: 0.77
    default: 2.4
    }
  }

  /// The limit for two scores of a cell with these bits.
  ///
  /// With quantised activations it is `3·√(floor² + se²)`: `se` is the standard error of the
  /// window-by-window difference of the two runs, `floor` the larger of the two records' own
  /// rounding floors, or ``roundingPerToken(activationBits:)``/√tokens where neither has one.
  package static func limit(
    bits: String, fresh: Score, committed: Score, pairedError: Double
  ) -> CheckTolerance {
    // A label that can't be read is held to the strict limit.
    let activations = (try? BitsLabel(bits))?.activations ?? 16
    guard activations < 16 else { return .relative(relativeLimit) }
    let floor =
      [fresh, committed].compactMap(\.roundingFloor).max()
      ?? roundingPerToken(activationBits: activations)
      / Double(max(1, fresh.scoredTokens))
      .squareRoot()
    return .statistical(
      nats: 3 * (floor * floor + pairedError * pairedError).squareRoot(), roundingFloor: floor,
      pairedError: pairedError)
  }

  /// Whether a rise is too much.
  ///
  /// `relativeRise` is fresh / committed − 1 of the perplexities, `rise` is fresh − committed of the
  /// mean NLLs in nats per token; each limit looks at its own.
  package func isExceeded(relativeRise: Double, rise: Double) -> Bool {
    switch self {
    // The slack keeps a planted rise of exactly the limit on the failing side of rounding.
    case .relative(let limit): relativeRise >= limit * (1 - 1e-9)
    case .statistical(let nats, _, _): rise > nats
    }
  }

  /// The limit in words.
  package var text: String {
    switch self {
    case .relative(let share): "< +\(NumberText.fixed(share * 100, 2)) % perplexity"
    case .statistical(let nats, let floor, let error):
      "≤ +\(NumberText.fixed(nats, 4)) nats (3·√(\(NumberText.fixed(floor, 4))² + "
        + "\(NumberText.fixed(error, 4))²))"
    }
  }
}
