// Ranked goals: 1 the exact semantics of the official quantizer, 2 determinism, 3 no allocation,
// 4 speed.
internal import CKernels
public import Tensors

/// The asymmetric min-max weight quantizer with clipping, per row or per group of input columns.
///
/// For each group, with clip fractions u and l:
/// `Δ = clamp((u·max − l·min)/(2ᴺ − 1), floor, 1e4)`, `z = round(clamp(−l·min/Δ, ±1e4))`,
/// `code = clamp(round(w/Δ) + z, 0, 2ᴺ − 1)`, `ŵ = (code − z)·Δ`; rounds half to even.
/// Inside the clipping range `|w − ŵ| ≤ Δ/2`.
///
/// > Source: ZeroQAT, arXiv:2509.00031, section 2; official code, quantize/quantizer.py.
///
/// DEVIATION: the paper's Eq. 5 clips the integer range by learnable fractions; the released code
/// clips the float range by sigmoids, and so do we.
public struct WeightQuantizer: Sendable, Equatable {
  /// Bits of a code, N.
  public let bits: Int
  /// Columns that share a grid; nil means a whole row.
  public let groupSize: Int?
  /// Floor under Δ; 1e-4 in ZeroQAT, 1e-5 in OmniQuant.
  public let minimumScale: Float

  /// A quantizer.
  public init(bits: Int, groupSize: Int?, minimumScale: Float = 1e-4) {
    precondition((1...8).contains(bits), "codes of \(bits) bits")
    precondition(groupSize.map { $0 > 0 } ?? true, "groups of \(groupSize ?? 0) columns")
    self.bits = bits
    self.groupSize = groupSize
    self.minimumScale = minimumScale
  }

  /// Number of grids in a row of `columns` weights.
  ///
  /// - Precondition: The group size divides `columns`, as ``check(columns:linear:)`` finds out.
  public func groups(in columns: Int) -> Int {
    let size = groupSize ?? columns
    precondition(columns > 0 && columns % size == 0, "groups of \(size) in \(columns) columns")
    return columns / size
  }

  /// Throws unless the group size divides `columns`.
  public func check(columns: Int, linear: String) throws(QuantizationError) {
    if let groupSize, columns % groupSize != 0 {
      throw .groupDoesNotDivide(groupSize: groupSize, inputs: columns, linear: linear)
    }
  }

  /// Fake-quantizes one row in place.
  ///
  /// - Parameters:
  ///   - row: The row's weights.
  ///   - columns: How many.
  ///   - clip: Fractions of each group of this row, or nil for no clipping.
  public func fakeQuantize(
    _ row: UnsafeMutablePointer<Float>, columns: Int, clip: ClipFractions.Row? = nil
  ) {
    let size = groupSize ?? columns
    for group in 0..<groups(in: columns) {
      let x = row + group * size
      zq_fake_quantize(x, size, Int32(bits), grid(x, size, group, clip))
    }
  }

  /// Codes, scales and zero points of one row.
  ///
  /// - Parameters:
  ///   - row: The row's weights.
  ///   - columns: How many.
  ///   - clip: Fractions of each group of this row, or nil for no clipping.
  ///   - codes: Gets `columns` codes.
  ///   - scales: Gets Δ of each group.
  ///   - zeros: Gets z of each group: an integer, possibly negative or above 2ᴺ − 1.
  public func quantize(
    _ row: UnsafePointer<Float>, columns: Int, clip: ClipFractions.Row? = nil,
    codes: UnsafeMutablePointer<UInt8>, scales: UnsafeMutablePointer<Float>,
    zeros: UnsafeMutablePointer<Float>
  ) {
    let size = groupSize ?? columns
    for group in 0..<groups(in: columns) {
      let x = row + group * size
      let grid = grid(x, size, group, clip)
      scales[group] = grid.scale
      zeros[group] = grid.zero
      zq_codes(x, codes + group * size, size, Int32(bits), grid)
    }
  }

  func grid(
    _ x: UnsafePointer<Float>, _ size: Int, _ group: Int, _ clip: ClipFractions.Row?
  ) -> zq_grid {
    zq_grid_of(
      x, size, Int32(bits), clip?.up(group) ?? 1, clip?.low(group) ?? 1, minimumScale)
  }

  /// Fake-quantizes all rows of `matrix` in place, tiled over rows.
  public func fakeQuantize(_ matrix: Matrix, clip: ClipFractions? = nil) {
    forEachTile(tileCount(matrix.rows, size: 16)) { tile, _ in
      for row in tileRange(tile, of: matrix.rows, size: 16) {
        fakeQuantize(matrix.row(row), columns: matrix.columns, clip: clip?.row(row))
      }
    }
  }
}

/// Learned clipping: the fractions σ(γ) of max and min that a group's grid spans.
public struct ClipFractions: Sendable {
  /// Groups in a row.
  public let groups: Int
  private let rows: Int
  private let storage: (up: Vector, low: Vector)
  /// Elements from one row's fractions to the next's: 0 where all rows have the same.
  private let stride: Int

  /// Fractions of the maxima, `[rows · groups]`.
  public var up: Vector { whole(storage.up) }

  /// Fractions of the minima, `[rows · groups]`.
  public var low: Vector { whole(storage.low) }

  private func whole(_ fractions: Vector) -> Vector {
    if stride > 0 { return fractions }
    return Vector(Array(repeating: fractions.elements, count: rows).flatMap { $0 })
  }

  /// Fractions that share the storage of `up` and `low`, `[rows · groups]` each.
  public init(up: Vector, low: Vector, groups: Int) {
    precondition(up.count == low.count && up.count % groups == 0, "fractions of \(groups) groups")
    storage = (up, low)
    stride = groups
    rows = up.count / groups
    self.groups = groups
  }

  /// Fractions of every group of every row, `[rows · groups]` each.
  public init(up: [Float], low: [Float], groups: Int) {
    self.init(up: Vector(up), low: Vector(low), groups: groups)
  }

  /// The same fraction for all groups, stored once: OPT-13B's Q and V alone have 16 million groups.
  public init(constant: Float, rows: Int, groups: Int) {
    let values = Vector([Float](repeating: constant, count: groups))
    storage = (values, values)
    stride = 0
    self.rows = rows
    self.groups = groups
  }

  /// The fractions of one row.
  public func row(_ row: Int) -> Row { Row(up: storage.up, low: storage.low, first: row * stride) }

  /// The fractions of the groups of one row.
  public struct Row: Sendable {
    let up: Vector
    let low: Vector
    let first: Int

    func up(_ group: Int) -> Float { up.pointer[first + group] }

    func low(_ group: Int) -> Float { low.pointer[first + group] }
  }
}
