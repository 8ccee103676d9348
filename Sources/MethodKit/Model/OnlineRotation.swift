import Quantizers
package import Tensors
package import Transformers

/// Rotations that happen while a model runs: where nothing before the linear could take them in.
///
/// The input of down (fc2) by all its channels, that of the output projection across heads, queries and keys
/// inside each head. What follows takes them back: the weights of down and of the output projection, and the
/// product of query and key.
///
/// > Source: Ashkboos et al. 2024, arXiv:2404.00456, section 4, stages 1b to 1d.
package struct OnlineRotation: Sendable {
  private let down: HadamardTransform
  private let heads: HadamardTransform
  private let head: HadamardTransform

  /// The rotations of a model's shape.
  package init(_ c: ModelConfiguration) {
    down = HadamardTransform(order: c.feedForward)
    heads = HadamardTransform(order: c.heads)
    head = HadamardTransform(order: c.headSize)
  }

  /// Rotates the input of `linears` in place; only those of the output projection and down.
  package func rotateInput(_ x: Matrix, of linears: [LinearKind]) {
    switch linears.first {
    case .output: heads.apply(to: x, width: head.order)
    case .down: down.apply(to: x)
    case .query, .key, .value, .gate, .up, nil: break
    }
  }

  /// Rotates queries or keys in place, each head by itself.
  package func rotateOperand(_ x: Matrix, _ kind: LinearKind) {
    switch kind {
    case .query, .key: head.apply(to: x)
    case .value, .output, .gate, .up, .down: break
    }
  }

  /// Rotates a weight so that it takes back what its input is rotated by, `W ← W·R`, in place.
  ///
  /// Down by all its channels; the output projection across heads and, as values are rotated inside each head
  /// by ``rotateValues(_:)``, inside heads.
  package func undo(in weight: Matrix, of kind: LinearKind) {
    switch kind {
    case .output:
      heads.apply(to: weight, width: head.order)
      head.apply(to: weight)
    case .down: down.apply(to: weight)
    case .query, .key, .value, .gate, .up: break
    }
  }

  /// Rotates the outputs of the value projection inside each head: rows of its weight, or its bias.
  ///
  /// > Shape: `x` is `[keyHeads · D, C]` or, for a bias, `[keyHeads · D, 1]`, contiguous.
  package func rotateValues(_ x: Matrix) {
    let rows = x.reshaped(rows: x.rows / head.order, columns: head.order * x.columns)
    head.apply(to: rows, width: x.columns)
  }
}
