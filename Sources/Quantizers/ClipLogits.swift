import Glibc
public import Tensors

/// Learnable clipping: the numbers γ whose sigmoids are the clip fractions of each group.
///
/// > Source: OmniQuant (LWC), Shao et al. 2023, arXiv:2308.13137, eq. 2; γ starts at 4 there and at 3 in
///   ZeroQAT's official code.
public struct ClipLogits: Sendable {
  /// γ of the maxima, `[rows · groups]`.
  public let up: Vector
  /// γ of the minima, `[rows · groups]`.
  public let low: Vector
  /// Groups in a row.
  public let groups: Int

  /// The same γ for all groups.
  public init(constant: Float, rows: Int, groups: Int) {
    let values = [Float](repeating: constant, count: rows * groups)
    self.init(up: Vector(values), low: Vector(values), groups: groups)
  }

  /// Logits that share the storage of `up` and `low`.
  public init(up: Vector, low: Vector, groups: Int) {
    precondition(up.count == low.count && up.count % groups == 0, "logits of \(groups) groups")
    self.up = up
    self.low = low
    self.groups = groups
  }

  /// σ(γ) as it is now.
  public var fractions: ClipFractions {
    ClipFractions(
      up: up.elements.map(Self.sigmoid), low: low.elements.map(Self.sigmoid), groups: groups)
  }

  /// The gradients of γ from those of the fractions: `dγ = dσ·σ(1 − σ)`.
  public func gradient(of fractions: ClipGradient) -> (up: [Float], low: [Float]) {
    func chain(_ gamma: Vector, _ d: Vector) -> [Float] {
      zip(gamma.elements, d.elements).map { gamma, d in
        let fraction = Self.sigmoid(gamma)
        return d * fraction * (1 - fraction)
      }
    }
    return (chain(up, fractions.up), chain(low, fractions.low))
  }

  private static func sigmoid(_ gamma: Float) -> Float { 1 / (1 + expf(-gamma)) }
}
