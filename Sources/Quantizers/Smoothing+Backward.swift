internal import CKernels
public import Tensors

/// Gradients of what smoothing does to one linear; those of absent members are nil.
public struct LinearSmoothingGradient: Sendable {
  /// Gradient of ``LinearSmoothing/columnScale``.
  public var columnScale: Vector?
  /// Gradient of ``LinearSmoothing/columnShift``.
  public var columnShift: Vector?
  /// Gradient of ``LinearSmoothing/rowDivisor``.
  public var rowDivisor: Vector?
  /// Gradient of ``LinearSmoothing/rowFactor``.
  public var rowFactor: Vector?
  /// Gradient of ``LinearSmoothing/biasShift``.
  public var biasShift: Vector?
}

extension LinearSmoothing {
  /// Turns the gradients of a smoothed linear into those of the linear, in place.
  ///
  /// With `W' = W·diag(s)·f/r` and `b' = (b + W·δ − β)·f/r` per row:
  /// `dW = dW'·s·f/r + db⁰·δ`, `db⁰ = db'·f/r`, `ds = Σ dW'·W·f/r`, `dδ = Σ db⁰·W`, `dβ = −db⁰`,
  /// `df = (dW'·W·s + db'·b⁰)/r` and `dr = −f/r²·(the same)`, with `b⁰ = b + W·δ − β`.
  ///
  /// > Source: automatic differentiation of OmniQuant's official code, models/transformation.py.
  ///
  /// - Parameters:
  ///   - weight: W before smoothing, `[outputs, inputs]`.
  ///   - bias: b before smoothing, or nil for none.
  ///   - dWeight: Gradient of W'; becomes that of W.
  ///   - dBias: Gradient of b', or nil where the smoothed linear has none; becomes that of b.
  /// - Returns: The gradients of the members.
  public func backward(
    weight: Matrix, bias: Vector?, dWeight: Matrix, dBias: Vector?
  ) -> LinearSmoothingGradient {
    precondition(
      weight.rows == dWeight.rows && weight.columns == dWeight.columns
        && (dBias?.count ?? weight.rows) == weight.rows,
      "weights of [\(weight.rows), \(weight.columns)], "
        + "gradients of [\(dWeight.rows), \(dWeight.columns)]")
    // Sums over rows need dW' as it came: they go first.
    var result = columnSums(weight: weight, dWeight: dWeight, dBias: dBias)
    func zeros(_ member: Vector?) -> Vector? {
      member.map { Vector([Float](repeating: 0, count: $0.count)) }
    }
    result.rowDivisor = zeros(rowDivisor)
    result.rowFactor = zeros(rowFactor)
    result.biasShift = zeros(biasShift)
    let gradients = result
    forEachTile(tileCount(weight.rows, size: 16)) { tile, _ in
      for row in tileRange(tile, of: weight.rows, size: 16) {
        backward(
          row: row, weight: weight, bias: bias?.pointer[row] ?? 0, dWeight: dWeight, dBias: dBias,
          gradients)
      }
    }
    return result
  }

  /// `f/r` of a row.
  private func rowScale(_ row: Int) -> Float {
    (rowFactor?.pointer[row] ?? 1) / (rowDivisor?.pointer[row] ?? 1)
  }

  /// ds and dδ, tiled over columns so that each sum has one order.
  private func columnSums(weight: Matrix, dWeight: Matrix, dBias: Vector?)
    -> LinearSmoothingGradient
  {
    var result = LinearSmoothingGradient()
    if columnScale == nil && columnShift == nil { return result }
    let columns = weight.columns
    let scales = columnScale.map { _ in Vector([Float](repeating: 0, count: columns)) }
    let shifts = columnShift.map { _ in Vector([Float](repeating: 0, count: columns)) }
    let width = 128
    forEachTile(tileCount(columns, size: width)) { tile, _ in
      let range = tileRange(tile, of: columns, size: width)
      for (out, isScale) in [(scales, true), (shifts, false)] {
        guard let out else { continue }
        var sum = [Double](repeating: 0, count: range.count)
        for row in 0..<weight.rows {
          let w = weight.row(row) + range.lowerBound
          if isScale {
            zq_fold_product(
              &sum, w, dWeight.row(row) + range.lowerBound, Double(rowScale(row)), range.count)
          } else if let dBias {
            zq_fold_product(
              &sum, w, nil, Double(dBias.pointer[row] * rowScale(row)), range.count)
          }
        }
        for (offset, value) in sum.enumerated() {
          out.pointer[range.lowerBound + offset] = Float(value)
        }
      }
    }
    result.columnScale = scales
    result.columnShift = shifts
    return result
  }

  private func backward(
    row: Int, weight: Matrix, bias: Float, dWeight: Matrix, dBias: Vector?,
    _ gradients: LinearSmoothingGradient
  ) {
    let (w, d, columns) = (weight.row(row), dWeight.row(row), weight.columns)
    let scale = rowScale(row)
    let dSmoothedBias = dBias?.pointer[row] ?? 0
    if rowDivisor != nil || rowFactor != nil {
      let byWeight =
        columnScale.map { zq_dot3(d, w, $0.pointer, columns) } ?? zq_dot(d, w, columns)
      var shifted = Double(bias)
      if let columnShift { shifted += zq_dot(w, columnShift.pointer, columns) }
      if let biasShift { shifted -= Double(biasShift.pointer[row]) }
      let both = byWeight + Double(dSmoothedBias) * shifted
      let divisor = Double(rowDivisor?.pointer[row] ?? 1)
      gradients.rowFactor?.pointer[row] = Float(both / divisor)
      gradients.rowDivisor?.pointer[row] = Float(
        -both * Double(rowFactor?.pointer[row] ?? 1) / (divisor * divisor))
    }
    zq_scale_row(d, columnScale?.pointer, scale, columns)
    let dShifted = dSmoothedBias * scale
    dBias?.pointer[row] = dShifted
    gradients.biasShift?.pointer[row] = -dShifted
    if let columnShift { zq_add_scaled(d, columnShift.pointer, dShifted, columns) }
  }
}

extension BlockSmoothing {
  /// Gradients of a smoothed norm's parts with respect to what they were made of.
  public struct NormGradient: Sendable, Equatable {
    /// Gradient of the gain before smoothing, `[C]`.
    public var gain: [Float]
    /// Gradient of the bias before smoothing, where the smoothed norm has one.
    public var bias: [Float]?
    /// Gradient of s, where there is one.
    public var scale: [Float]?
    /// Gradient of δ, where there is one.
    public var shift: [Float]?
  }

  /// The gradients through ``norm(gain:bias:scale:shift:)``: `w' = w ⊘ s`, `b' = (b − δ) ⊘ s`.
  ///
  /// `dw = dw' ⊘ s`, `db = db' ⊘ s`, `dδ = −db`, `ds = −(dw'·w' + db'·b') ⊘ s`.
  ///
  /// - Parameters:
  ///   - gain: w before smoothing.
  ///   - bias: b before smoothing, or nil for none.
  ///   - scale: s, or nil.
  ///   - shift: δ, or nil.
  ///   - dGain: Gradient of w'.
  ///   - dBias: Gradient of b', where the smoothed norm has one.
  /// - Returns: The gradients.
  public static func normBackward(
    gain: [Float], bias: [Float]?, scale: [Float]?, shift: [Float]?, dGain: [Float],
    dBias: [Float]?
  ) -> NormGradient {
    let smoothed = norm(gain: gain, bias: bias, scale: scale, shift: shift)
    func divided(_ values: [Float]) -> [Float] {
      scale.map { zip(values, $0).map { $0 / $1 } } ?? values
    }
    let dShifted = dBias.map(divided)
    let dScale = scale.map { scale in
      scale.indices.map { j in
        let byBias = (dBias?[j] ?? 0) * (smoothed.bias?[j] ?? 0)
        return -(dGain[j] * smoothed.gain[j] + byBias) / scale[j]
      }
    }
    return NormGradient(
      gain: divided(dGain), bias: dShifted, scale: dScale,
      shift: shift.map { shift in dShifted?.map { -$0 } ?? shift.map { _ in 0 } })
  }
}
