public import Tensors

/// GPTQ's rounding of one weight matrix: column by column, each error made up for by the columns to come.
///
/// With `H⁻¹ = Uᵀ·U`, for each column j in turn: `e = (w_j − quant(w_j))/U_jj` and
/// `w_k −= e·U_jk` for k ≥ j. That minimises `‖XW − XŴ‖²` greedily. Columns go in blocks: inside a block the
/// updates are made at once, beyond it in one product per block.
///
/// > Source: Frantar et al. 2022, arXiv:2210.17323, algorithm 1; official code, gptq.py (fasterquant).
public struct GPTQRounding: Sendable, Equatable {
  /// Which weights the grid of a group is taken from.
  public enum GroupGrids: String, Codable, Sendable, CaseIterable {
    /// Weights without the updates of the block in which the group starts, as in the official code.
    case lagging
    /// Weights with all updates so far, as the official code does when a block is a group.
    case compensated
  }

  /// Bits of a code, N.
  public var bits: Int
  /// Columns that share a grid, in the order in which they are rounded; nil means a whole row.
  public var groupSize: Int?
  /// Columns in a block.
  public var blockSize = 128
  /// What is added to H's diagonal, as a share of its mean.
  public var damping: Float = 0.01
  /// Columns go by falling diagonal of H ("act-order"), not as they stand.
  public var ordersByDiagonal = false
  /// Groups are consecutive columns, with grids from the weights before any update.
  public var hasStaticGroups = false
  /// Which weights the grids of other groups are taken from.
  public var groupGrids = GroupGrids.lagging
  /// Grids are searched, as in ``AffineGrid/includingZero(_:count:bits:isSearched:)``.
  public var searchesGrids = false

  /// Dampings that are tried in turn after ``damping``, where they are larger.
  public static let escalation: [Float] = [0.1, 1, 10]

  /// Rounding to `bits` bits with the official code's other defaults.
  public init(bits: Int, groupSize: Int? = nil) {
    precondition((1...8).contains(bits), "codes of \(bits) bits")
    self.bits = bits
    self.groupSize = groupSize
  }

  /// What rounding needs to know of a Hessian; shared by all weights that see the same input.
  public struct Factor: Sendable {
    /// U of the damped, ordered H.
    public let upper: Matrix
    /// Which column comes when.
    public let order: [Int]
    /// Columns whose input was never anything but zero.
    public let isDead: [Bool]
    /// The damping that worked.
    public let damping: Float
    /// How often it had to be raised.
    public let raises: Int
  }

  /// Orders, dampens, inverts and factorises a Hessian.
  ///
  /// When the factorisation fails, damping is raised through ``escalation``.
  ///
  /// > Shape: `hessian` is `[C, C]`, symmetric; it isn't written to.
  ///
  /// - Throws: ``Tensors/NotPositiveDefinite`` when no damping helps.
  public func factor(of hessian: Matrix) throws(NotPositiveDefinite) -> Factor {
    let columns = hessian.columns
    let isDead = (0..<columns).map { hessian.row($0)[$0] == 0 }
    let diagonal = (0..<columns).map { isDead[$0] ? 1 : hessian.row($0)[$0] }
    // Equal entries keep their places, so that the order is one.
    let order =
      ordersByDiagonal
      ? (0..<columns).sorted { (diagonal[$0], $1) > (diagonal[$1], $0) } : Array(0..<columns)
    let mean = Float(diagonal.reduce(0.0) { $0 + Double($1) } / Double(max(columns, 1)))
    let dampings = [damping] + Self.escalation.filter { $0 > damping }
    let upper = Matrix(rows: columns, columns: columns)
    var raises = 0
    while true {
      let damping = dampings[raises]
      for (i, from) in order.enumerated() {
        let (row, source) = (upper.row(i), hessian.row(from))
        for (j, column) in order.enumerated() { row[j] = source[column] }
        row[i] = diagonal[from] + damping * mean
      }
      do {
        try Cholesky.factorOfInverse(upper)
        return Factor(
          upper: upper, order: order, isDead: isDead, damping: damping, raises: raises)
      } catch {
        raises += 1
        if raises == dampings.count { throw error }
      }
    }
  }
}
