import Glibc
import Quantizers
import Tensors
import Transformers

/// The clipping of one linear as numbers that training moves: γ of each group's maximum and minimum.
///
/// > Source: OmniQuant (LWC), Shao et al. 2023, arXiv:2308.13137, eq. 2: fractions are σ(γ).
struct TrainedClipping: Sendable {
  /// γ of the maxima, `[rows, groups]`.
  let up: Matrix
  /// γ of the minima, `[rows, groups]`.
  let low: Matrix
  private let index: Int

  /// The γ that give `fractions`, which belong to the linear of tensor number `index`.
  init(_ fractions: ClipFractions, linear index: Int) {
    self.index = index
    (up, low) = (
      Self.logits(fractions.up, groups: fractions.groups),
      Self.logits(fractions.low, groups: fractions.groups)
    )
  }

  private static func logits(_ fractions: Vector, groups: Int) -> Matrix {
    let result = Matrix(rows: fractions.count / groups, columns: groups)
    for i in 0..<fractions.count {
      let fraction = fractions.pointer[i]
      // σ is 1 in float32 from 17 on, and has no slope there.
      result.pointer[i] = min(max(logf(fraction / (1 - fraction)), -16), 16)
    }
    return result
  }

  /// σ(γ + factor·z), where a perturbation is given.
  func fractions(beside perturbation: QuantizedBlocks.Perturbation?, reach: Float) -> ClipFractions
  {
    func fractions(_ gamma: Matrix, _ family: ParameterFamily) -> Vector {
      let moved = gamma.moved(perturbation, reach: reach, tensor: family.tensor(index))
      forEachTile(tileCount(moved.rows, size: 64)) { tile, _ in
        for row in tileRange(tile, of: moved.rows, size: 64) {
          let values = moved.row(row)
          for group in 0..<moved.columns { values[group] = 1 / (1 + expf(-values[group])) }
        }
      }
      return Vector(storage: moved.storage, offset: 0, count: moved.rows * moved.columns)
    }
    return ClipFractions(
      up: fractions(up, .upperClip), low: fractions(low, .lowerClip), groups: up.columns)
  }

  /// `γ ← γ + factor·z`.
  func update(factor: Float, along directions: any Directions) {
    up.move(directions, factor: factor, tensor: ParameterFamily.upperClip.tensor(index))
    low.move(directions, factor: factor, tensor: ParameterFamily.lowerClip.tensor(index))
  }

  /// Whether every γ is a number.
  var isFinite: Bool { up.isFinite && low.isFinite }

  /// How many γ there are.
  var count: Int { 2 * up.rows * up.columns }
}
