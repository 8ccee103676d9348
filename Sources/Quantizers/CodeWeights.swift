public import Tensors

/// Trained weights as codes on a grid that stays: eight bits, moved by stochastic rounding.
///
/// Each group's grid holds zero and reaches a quarter beyond its largest and smallest first weights, so that
/// weights may grow and change sign; beyond it they are clamped. With rounding to nearest no update far below Δ would
/// ever move a code, so there is no such form.
public struct CodeWeights: StoredWeights {
  /// Bits of a code.
  public static let bits = 8
  /// Most columns that share a grid: the largest divisor of a row up to this.
  public static let largestGroup = 128
  /// How much wider than the first weights' range the grid is.
  public static let headroom: Float = 1.25
  /// Floor under Δ, for groups of zeros.
  public static let minimumScale: Float = 1e-6

  /// The codes.
  public let matrix: PackedMatrix
  private let quantizer: WeightQuantizer

  /// Zeros of `[rows, columns]`, to be stored piece by piece.
  public init(rows: Int, columns: Int) {
    quantizer = Self.quantizer(columns: columns)
    matrix = PackedMatrix(rows: rows, columns: columns, quantizer: quantizer)
  }

  /// `weights` on grids of their own.
  public init(_ weights: Matrix) {
    self.init(rows: weights.rows, columns: weights.columns)
    store(weights, at: 0)
  }

  /// The quantizer of a weight of `columns` columns.
  public static func quantizer(columns: Int) -> WeightQuantizer {
    let size = (1...min(largestGroup, columns)).last { columns % $0 == 0 } ?? 1
    return WeightQuantizer(bits: bits, groupSize: size, minimumScale: minimumScale)
  }

  /// Stores some rows, from row `first` on, and finds their grids.
  ///
  /// > Shape: `weights` is `[…, columns]`.
  public func store(_ weights: Matrix, at first: Int) {
    let groups = quantizer.groups(in: weights.columns)
    let size = weights.columns / groups
    var (up, low) = ([Float](), [Float]())
    for row in 0..<weights.rows {
      let values = weights.row(row)
      for group in 0..<groups {
        let group = UnsafeBufferPointer(start: values + group * size, count: size)
        // An end on the other side of zero is taken in to zero, so that zero is always on the grid.
        up.append((group.max() ?? 0) > 0 ? Self.headroom : 0)
        low.append((group.min() ?? 0) < 0 ? Self.headroom : 0)
      }
    }
    matrix.store(
      weights, at: first, quantizer: quantizer,
      clip: ClipFractions(up: up, low: low, groups: groups), firstClip: 0)
  }

  /// Output rows.
  public var rows: Int { matrix.rows }

  /// Input columns.
  public var columns: Int { matrix.columns }

  /// Writes one row as float32.
  public func loadRow(_ row: Int, to destination: UnsafeMutablePointer<Float>) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: columns) { scratch in
      guard let base = scratch.baseAddress else { return }
      matrix.dequantize(row: row, into: destination, scratch: base)
    }
  }

  /// Codes move by their share of Δ, rounded stochastically.
  ///
  /// A step that isn't finite can't be held by codes; it makes a scale NaN.
  public func move(_ directions: any Directions, factor: Float, tensor: Int) {
    guard factor.isFinite else {
      matrix.scales.pointer[0] = .nan
      return
    }
    matrix.moveCodes(directions, factor: factor, tensor: tensor)
  }

  /// Whether no scale is NaN or infinite; codes can't be.
  public var isFinite: Bool { matrix.scales.isFinite }
}
