internal import CKernels

// Backward passes of Layers.swift. Legend: T tokens, C channels; d… is the gradient of the loss with
// respect to …. What several consumers feed is accumulated; the caller zeroes.

/// Rows per tile, as in the forward pass; fixed, so that results don't depend on the thread count.
private let rowTile = 64

/// Accumulates into `dX`, `dGain` and, if given, `dBias` the gradients of ``rmsNorm(_:gain:bias:epsilon:into:)``.
///
/// With `ρ = 1/√(mean(x²) + ε)`, `n = x·ρ`, `g = dOut·gain`: `dX += ρ·(g − n·mean(g·n))`,
/// `dGain += Σ dOut·n`, `dBias += Σ dOut`. ρ is computed again from `x`.
///
/// > Shape: `x`, `dOut`, `dX` are `[T, C]`, contiguous; `gain`, `dGain`, `dBias` are `[C]`.
public func rmsNormBackward(
  _ x: Matrix, gain: Vector, epsilon: Float, dOutput dOut: Matrix, dInput dX: Matrix,
  dGain: Vector, dBias: Vector?
) {
  checkNorm(x, gain, dOut, dX, dGain, dBias)
  inPieces(x.rows, channels: x.columns, dGain: dGain, dBias: dBias) { rows, dGain, dBias in
    zq_rms_norm_backward(
      x.row(rows.lowerBound), gain.pointer, dOut.row(rows.lowerBound), dX.row(rows.lowerBound),
      dGain, dBias, rows.count, x.columns, epsilon)
  }
}

/// Accumulates into `dX`, `dGain` and `dBias` the gradients of ``layerNorm(_:gain:bias:epsilon:into:)``.
///
/// With `ρ = 1/√(σ² + ε)`, `n = (x − μ)·ρ`, `g = dOut·gain`:
/// `dX += ρ·(g − mean(g) − n·mean(g·n))`, `dGain += Σ dOut·n`, `dBias += Σ dOut`.
///
/// > Shape: `x`, `dOut`, `dX` are `[T, C]`, contiguous; `gain`, `dGain`, `dBias` are `[C]`.
public func layerNormBackward(
  _ x: Matrix, gain: Vector, epsilon: Float, dOutput dOut: Matrix, dInput dX: Matrix,
  dGain: Vector, dBias: Vector
) {
  checkNorm(x, gain, dOut, dX, dGain, dBias)
  inPieces(x.rows, channels: x.columns, dGain: dGain, dBias: dBias) { rows, dGain, dBias in
    guard let dBias else { return }
    zq_layer_norm_backward(
      x.row(rows.lowerBound), gain.pointer, dOut.row(rows.lowerBound), dX.row(rows.lowerBound),
      dGain, dBias, rows.count, x.columns, epsilon)
  }
}

private func checkNorm(
  _ x: Matrix, _ gain: Vector, _ dOut: Matrix, _ dX: Matrix, _ dGain: Vector, _ dBias: Vector?
) {
  precondition(
    dOut.rows == x.rows && dOut.columns == x.columns && dX.rows == x.rows
      && dX.columns == x.columns && gain.count == x.columns && dGain.count == x.columns
      && (dBias?.count ?? x.columns) == x.columns && x.stride == x.columns
      && dOut.stride == x.columns && dX.stride == x.columns,
    "norm gradient of [\(x.rows), \(x.columns)] with \(gain.count) gains from "
      + "[\(dOut.rows), \(dOut.columns)]")
}

/// Calls `body` with each piece of rows and partial sums of its own, then adds these up in order.
private func inPieces(
  _ rows: Int, channels: Int, dGain: Vector, dBias: Vector?,
  _ body:
    @Sendable (
      Range<Int>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>?
    ) -> Void
) {
  let pieces = tileCount(rows, size: rowTile)
  let partial = Matrix(rows: max(pieces, 1), columns: 2 * channels)
  let hasBias = dBias != nil
  forEachTile(pieces) { piece, _ in
    let sums = partial.row(piece)
    body(tileRange(piece, of: rows, size: rowTile), sums, hasBias ? sums + channels : nil)
  }
  addColumnSums(of: partial.columns(0..<channels), to: dGain)
  if let dBias { addColumnSums(of: partial.columns(channels..<2 * channels), to: dBias) }
}

/// `x ← x + y`, on the calling thread.
public func add(_ y: Vector, to x: Vector) {
  precondition(x.count == y.count, "sum of \(x.count) and \(y.count) elements")
  zq_add(x.pointer, y.pointer, x.count)
}

/// Calls `body` with every row of a gate, tiled over rows.
///
/// - Precondition: What else it reads or writes has the gate's shape.
private func forEachRow(of gate: Matrix, _ others: [Matrix], _ body: @Sendable (Int) -> Void) {
  precondition(
    others.allSatisfy { $0.rows == gate.rows && $0.columns == gate.columns },
    "a gate and what goes with it differ in shape")
  forEachTile(tileCount(gate.rows, size: rowTile)) { tile, _ in
    for r in tileRange(tile, of: gate.rows, size: rowTile) { body(r) }
  }
}

/// `out ← silu(gate) · up`, leaving `gate` as it is for ``siluMultiplyBackward(gate:up:dGate:dOutputToUp:)``.
public func siluProduct(_ gate: Matrix, _ up: Matrix, into out: Matrix) {
  forEachRow(of: gate, [up, out]) { r in
    zq_silu_product(gate.row(r), up.row(r), out.row(r), gate.columns)
  }
}

/// Writes the gradients of `silu(gate) · up`.
///
/// With σ = 1/(1 + e^−gate): `dGate = dOut·up·σ·(1 + gate·(1 − σ))`, `dUp = dOut·gate·σ`.
///
/// - Parameters:
///   - gate: The gate before the product.
///   - up: The other factor.
///   - dGate: Gets the gate's gradient.
///   - dUp: Comes with the gradient of the product, leaves with that of `up`.
public func siluMultiplyBackward(gate: Matrix, up: Matrix, dGate: Matrix, dOutputToUp dUp: Matrix) {
  forEachRow(of: gate, [up, dGate, dUp]) { r in
    zq_silu_multiply_backward(gate.row(r), up.row(r), dGate.row(r), dUp.row(r), gate.columns)
  }
}

/// `out ← gelu(gate) · up`, in its tanh form; `out` may be `gate` itself where no backward pass follows.
///
/// `gelu(x) = x/2 · (1 + tanh u) = x/(1 + e^−2u)` with `u = √(2/π)·(x + 0.044715·x³)`.
///
/// > Source: Hendrycks and Gimpel 2016, arXiv:1606.08415, section 2; Shazeer 2020, arXiv:2002.05202 (GEGLU).
public func geluProduct(_ gate: Matrix, _ up: Matrix, into out: Matrix) {
  forEachRow(of: gate, [up, out]) { r in
    zq_gelu_product(gate.row(r), up.row(r), out.row(r), gate.columns)
  }
}

/// Writes the gradients of `gelu(gate) · up`.
///
/// With σ = 1/(1 + e^−2u), u' = √(2/π)·(1 + 0.134145·gate²): `dGate = dOut·up·σ·(1 + 2·gate·u'·(1 − σ))`,
/// `dUp = dOut·gate·σ`.
///
/// - Parameters:
///   - gate: The gate before the product.
///   - up: The other factor.
///   - dGate: Gets the gate's gradient.
///   - dUp: Comes with the gradient of the product, leaves with that of `up`.
public func geluMultiplyBackward(gate: Matrix, up: Matrix, dGate: Matrix, dOutputToUp dUp: Matrix) {
  forEachRow(of: gate, [up, dGate, dUp]) { r in
    zq_gelu_multiply_backward(gate.row(r), up.row(r), dGate.row(r), dUp.row(r), gate.columns)
  }
}

/// Zeroes `dX` where the output of ``relu(_:)`` isn't above zero; the gradient at 0 is 0, as in PyTorch.
public func reluBackward(_ dX: Matrix, output: Matrix) {
  precondition(
    dX.rows == output.rows && dX.columns == output.columns, "gradient and output differ in shape")
  forEachTile(tileCount(dX.rows, size: rowTile)) { tile, _ in
    for r in tileRange(tile, of: dX.rows, size: rowTile) {
      zq_relu_backward(dX.row(r), output.row(r), dX.columns)
    }
  }
}

/// Turns the gradient of rotated rows into that of ``rotate(_:table:windowTokens:headSize:isInterleaved:)``'s input.
///
/// > Shape: `dX` is `[windows · windowTokens, heads · headSize]`.
public func rotateBackward(
  _ dX: Matrix, table: RotaryTable, windowTokens: Int, headSize: Int, isInterleaved: Bool
) {
  precondition(
    dX.columns % headSize == 0 && table.cosine.columns == headSize / 2
      && windowTokens <= table.cosine.rows, "rotation of \(dX.columns) channels by \(headSize)")
  forEachTile(tileCount(dX.rows, size: rowTile)) { tile, _ in
    for r in tileRange(tile, of: dX.rows, size: rowTile) {
      let position = r % windowTokens
      zq_rope_row_backward(
        dX.row(r), table.cosine.row(position), table.sine.row(position), dX.columns / headSize,
        headSize, isInterleaved ? 1 : 0)
    }
  }
}
