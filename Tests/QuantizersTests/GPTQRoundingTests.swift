import Quantizers
import Tensors
import TestSupport
import Testing

/// GPTQ against what it is derived from, on cases small enough to try everything.
@Suite("GPTQ's rounding")
struct GPTQRoundingTests {
  /// A weight and the inputs that it sees: correlated, so that compensation has something to do.
  private struct Case {
    let w: Matrix
    let hessian: Matrix

    init(rows: Int, columns: Int, seed: UInt64) {
      var random = SplitMix64(seed: seed)
      w = Matrix(rows: rows, columns: columns, elements: random.normal(rows * columns))
      let tokens = 3 * columns + 2
      let mixing = random.normal(columns * columns)
      let x = Matrix(rows: tokens, columns: columns)
      for token in 0..<tokens {
        let z = random.normal(columns)
        for c in 0..<columns {
          var sum = z[c] * 0.3
          for k in 0..<columns { sum += z[k] * mixing[k * columns + c] }
          x.row(token)[c] = sum
        }
      }
      let sums = InputHessian(columns: columns)
      sums.add(x, sequences: 1)
      hessian = sums.matrix
    }

    func copy() -> Matrix {
      let copy = Matrix(rows: w.rows, columns: w.columns)
      copy.copy(from: w)
      return copy
    }

    /// H with damping on its diagonal, in double precision.
    func damped(_ share: Float) -> [[Double]] {
      let n = hessian.columns
      let mean = (0..<n).reduce(0.0) { $0 + Double(hessian.row($1)[$1]) } / Double(n)
      return (0..<n).map { i in
        (0..<n).map { j in
          Double(hessian.row(i)[j]) + (i == j ? Double(share) * mean : 0)
        }
      }
    }
  }

  /// `δᵀ·H·δ` of one row.
  private func objective(_ h: [[Double]], _ w: [Float], _ q: [Float]) -> Double {
    let d = zip(w, q).map { Double($0) - Double($1) }
    var sum = 0.0
    for i in d.indices { for j in d.indices { sum += d[i] * h[i][j] * d[j] } }
    return sum
  }

  private func row(_ m: Matrix, _ row: Int) -> [Float] {
    Array(m.elements[row * m.columns..<(row + 1) * m.columns])
  }

  /// The nearest value of a grid.
  private func nearest(_ w: Double, _ grid: AffineGrid, bits: Int) -> Double {
    (0..<1 << bits).map { Double(grid.value(of: Float($0))) }
      .min { abs($0 - w) < abs($1 - w) } ?? .nan
  }

  /// Solves `a·x = b` by elimination with pivots.
  private func solved(_ a: [[Double]], _ b: [Double]) -> [Double] {
    var (a, b) = (a, b)
    let n = b.count
    for k in 0..<n {
      let pivot = (k..<n).max { abs(a[$0][k]) < abs(a[$1][k]) } ?? k
      a.swapAt(k, pivot)
      b.swapAt(k, pivot)
      for i in k + 1..<max(n, k + 1) {
        let f = a[i][k] / a[k][k]
        for j in k..<n { a[i][j] -= f * a[k][j] }
        b[i] -= f * b[k]
      }
    }
    for k in stride(from: n - 1, through: 0, by: -1) {
      for j in k + 1..<max(n, k + 1) { b[k] -= a[k][j] * b[j] }
      b[k] /= a[k][k]
    }
    return b
  }

  @Test(
    "After each column the others are where the objective is least", arguments: [1, 2, 3, 5, 7],
    [2, 4])
  func optimalUpdates(columns: Int, bits: Int) throws {
    // The oracle never forms an inverse or a factor: with the first columns' errors δ_F given, the rest
    // minimises the objective at H_RR·δ_R = −H_RF·δ_F.
    for seed in 0..<20 {
      let this = Case(rows: 3, columns: columns, seed: UInt64(seed * 100 + columns))
      let rounding = GPTQRounding(bits: bits)
      let h = this.damped(rounding.damping)
      let weight = this.copy()
      let result = rounding.round(weight, try rounding.factor(of: this.hessian))
      for r in 0..<3 {
        let w = row(this.w, r).map { Double($0) }
        var errors: [Double] = []
        for column in 0..<columns {
          let rest = Array(column..<columns)
          let forces = rest.map { i in
            -errors.indices.reduce(0.0) { $0 + h[i][$1] * errors[$1] }
          }
          let moved = solved(rest.map { i in rest.map { h[i][$0] } }, forces)
          let target = w[column] + (moved.first ?? 0)
          let value = nearest(target, result.grids[r], bits: bits)
          #expect(
            abs(Double(weight.row(r)[column]) - value) < 1e-5,
            "seed \(seed), row \(r), column \(column)")
          errors.append(value - w[column])
        }
      }
    }
  }

  @Test("Against all codes there are: never above RTN for two columns, below it on average")
  func bruteForce() throws {
    for columns in [1, 2, 3, 4] {
      var (ours, nearestFirst, best) = (0.0, 0.0, 0.0)
      for seed in 0..<60 {
        let this = Case(rows: 1, columns: columns, seed: UInt64(7000 + seed * 10 + columns))
        let rounding = GPTQRounding(bits: 2)
        let h = this.damped(rounding.damping)
        let weight = this.copy()
        let result = rounding.round(weight, try rounding.factor(of: this.hessian))
        let (w, grid) = (row(this.w, 0), result.grids[0])
        let mine = objective(h, w, row(weight, 0))
        let plain = objective(h, w, w.map { Float(nearest(Double($0), grid, bits: 2)) })
        var least = Double.infinity
        for code in 0..<1 << (2 * columns) {
          let q = (0..<columns).map { grid.value(of: Float(code >> (2 * $0) & 3)) }
          least = min(least, objective(h, w, q))
        }
        let slack = 1e-5 * plain + 1e-9
        #expect(mine >= least - slack)
        // One column has nothing to make up for; of two, the second is best given the first.
        if columns == 1 { #expect(abs(mine - plain) <= slack) }
        if columns == 2 { #expect(mine <= plain + slack, "\(mine) \(plain)") }
        #expect(abs(2 * result.loss - mine) <= 1e-4 * mine + 1e-6, "\(result.loss) \(mine)")
        ours += mine
        nearestFirst += plain
        best += least
      }
      if columns > 1 { #expect(ours < nearestFirst, "\(columns): \(ours) \(nearestFirst)") }
      #expect(ours < 2 * best, "\(columns): \(ours) \(best)")
    }
  }

  @Test("With more columns it is far below RTN, at every width", arguments: [2, 3, 4, 8])
  func belowNearest(bits: Int) throws {
    let this = Case(rows: 16, columns: 33, seed: 21)
    let rounding = GPTQRounding(bits: bits)
    let h = this.damped(rounding.damping)
    let weight = this.copy()
    let result = rounding.round(weight, try rounding.factor(of: this.hessian))
    var (ours, plain) = (0.0, 0.0)
    for r in 0..<16 {
      let w = row(this.w, r)
      ours += objective(h, w, row(weight, r))
      plain += objective(h, w, w.map { Float(nearest(Double($0), result.grids[r], bits: bits)) })
    }
    #expect(ours < 0.7 * plain, "\(ours) \(plain)")
    #expect(abs(2 * result.loss / ours - 1) < 1e-3, "\(2 * result.loss) \(ours)")
  }

  @Test("Blocks are a way to compute, not another result", arguments: [1, 3, 7, 33, 130])
  func blocks(columns: Int) throws {
    let this = Case(rows: 70, columns: columns, seed: 5)
    var codes: [[UInt8]] = []
    for size in [1, 5, 16, 128] {
      var rounding = GPTQRounding(bits: 4)
      rounding.blockSize = size
      codes.append(rounding.round(this.copy(), try rounding.factor(of: this.hessian)).codes)
    }
    for other in codes.dropFirst() {
      // Another order of summation may move a weight across a border between codes.
      let differing = zip(other, codes[0]).filter { $0 != $1 }.count
      #expect(differing * 500 <= codes[0].count, "\(differing) of \(codes[0].count)")
    }
  }

  @Test("Compensated group grids are those of a block per group, wherever groups start")
  func compensatedGrids() throws {
    let this = Case(rows: 20, columns: 48, seed: 9)
    var whole = GPTQRounding(bits: 3, groupSize: 16)
    whole.blockSize = 16
    let expected = whole.round(this.copy(), try whole.factor(of: this.hessian))
    // Blocks of 20 columns: the second group starts inside one and ends in the next.
    for size in [20, 48, 128] {
      var compensated = whole
      compensated.blockSize = size
      compensated.groupGrids = .compensated
      let factor = try whole.factor(of: this.hessian)
      let found = compensated.round(this.copy(), factor)
      expectClose(
        found.grids.map(\.scale), expected.grids.map(\.scale), .relativeToLargest(1e-5),
        "blocks of \(size)")
      #expect(zip(found.codes, expected.codes).filter { $0 != $1 }.count <= 1)
      compensated.groupGrids = .lagging
      let lagging = compensated.round(this.copy(), factor)
      #expect(lagging.grids != found.grids, "blocks of \(size)")
    }
  }

  @Test("Without correlation it is rounding to nearest; dead columns become zero")
  func uncorrelated() throws {
    var random = SplitMix64(seed: 3)
    let w = Matrix(rows: 4, columns: 9, elements: random.normal(36))
    let original = w.elements
    let hessian = Matrix(rows: 9, columns: 9)
    for c in 0..<9 where c != 4 { hessian.row(c)[c] = Float(c + 1) }
    for ordered in [false, true] {
      var rounding = GPTQRounding(bits: 3)
      rounding.ordersByDiagonal = ordered
      let copy = Matrix(rows: 4, columns: 9, elements: original)
      let factor = try rounding.factor(of: hessian)
      #expect(factor.isDead == (0..<9).map { $0 == 4 })
      #expect(factor.order == (ordered ? [8, 7, 6, 5, 3, 2, 1, 0, 4] : Array(0..<9)))
      let result = rounding.round(copy, factor)
      for r in 0..<4 {
        // The grid is that of the row before its dead column was zeroed.
        let grid = original[r * 9..<r * 9 + 9].withUnsafeBufferPointer {
          $0.baseAddress.map { AffineGrid.includingZero($0, count: 9, bits: 3) }
        }
        #expect(result.grids[r] == grid)
        for c in 0..<9 {
          let value = c == 4 ? 0 : Double(original[r * 9 + c])
          let expected = nearest(value, result.grids[r], bits: 3)
          #expect(abs(Double(copy.row(r)[c]) - expected) < 1e-6)
        }
        #expect(copy.row(r)[4] == 0)
      }
    }
  }

  @Test("Every thread count gives the same bits")
  func threads() throws {
    let this = Case(rows: 200, columns: 150, seed: 11)
    let before = Threads.count
    defer { Threads.count = before }
    let results = try [1, 2, 3, 4].map { threads in
      Threads.count = threads
      let rounding = GPTQRounding(bits: 3, groupSize: 50)
      let weight = this.copy()
      _ = rounding.round(weight, try rounding.factor(of: this.hessian))
      return weight.elements
    }
    for other in results.dropFirst() { #expect(other == results[0]) }
  }

  @Test("Damping is raised when the Hessian can't be factorised, and refused when nothing helps")
  func escalation() throws {
    // [[1, c], [c, 1]] has the eigenvalue 1 − c: damping d makes it positive for d > c − 1.
    for (c, raises, damping) in [(1.05, 1, 0.1), (1.5, 2, 1), (5, 3, 10)] as [(Float, Int, Float)] {
      let h = Matrix(rows: 2, columns: 2, elements: [1, c, c, 1])
      let factor = try GPTQRounding(bits: 4).factor(of: h)
      #expect(factor.raises == raises && factor.damping == damping, "\(c)")
      #expect(h.elements == [1, c, c, 1], "the Hessian was written to")
    }
    for wrong in [12, .nan, .infinity] as [Float] {
      let error = #expect(throws: NotPositiveDefinite.self) {
        try GPTQRounding(bits: 4).factor(
          of: Matrix(rows: 2, columns: 2, elements: [1, wrong, wrong, 1]))
      }
      #expect(error?.order == 2)
    }
    // A larger start skips smaller steps.
    var rounding = GPTQRounding(bits: 4)
    rounding.damping = 0.5
    let factor = try rounding.factor(of: Matrix(rows: 2, columns: 2, elements: [1, 1.7, 1.7, 1]))
    #expect(factor.raises == 1 && factor.damping == 1)
  }

  @Test("A weight that isn't a number makes its row so, and no other")
  func notANumber() throws {
    for poison in [Float.nan, .infinity, -.infinity] {
      let this = Case(rows: 3, columns: 7, seed: 1)
      let weight = this.copy()
      weight.row(1)[5] = poison
      let rounding = GPTQRounding(bits: 4)
      _ = rounding.round(weight, try rounding.factor(of: this.hessian))
      #expect(row(weight, 1).contains { $0.isNaN })
      #expect(weight.rows(0..<1).isFinite && weight.rows(2..<3).isFinite)
    }
  }
}
