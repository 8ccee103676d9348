import Glibc
import Tensors
import Testing

/// The distribution of many normals.
///
/// Seeds are fixed, so that a test passes always or never.
@Suite("Normals are normal")
struct NormalDistributionTests {
  #if DEBUG
    private static let rows = 50
  #else
    private static let rows = 5000
  #endif
  private static let columns = 20_000

  /// `rows · columns` normals: a hundred million in a release build.
  private func forEachRow(_ body: (UnsafeBufferPointer<Float>) -> Void) {
    let stream = NormalStream(seed: 20_250_900_031, draw: 1)
    let row = Matrix(rows: 1, columns: Self.columns)
    for index in 0..<Self.rows {
      stream.fill(row.pointer, count: Self.columns, row: index, tensor: 3)
      body(UnsafeBufferPointer(start: row.pointer, count: Self.columns))
    }
  }

  @Test("Mean, variance, skewness and kurtosis")
  func moments() {
    var sums = SIMD4<Double>.zero
    forEachRow { row in
      for value in row {
        let x = Double(value)
        let square = x * x
        sums += SIMD4(x, square, square * x, square * square)
      }
    }
    let n = Double(Self.rows * Self.columns)
    let means = sums / n
    // Five standard errors of each moment's mean: Var x = 1, x² 2, x³ 15, x⁴ 96.
    for (found, expected, variance, name) in [
      (means[0], 0, 1, "mean"), (means[1], 1, 2, "variance"), (means[2], 0, 15, "third moment"),
      (means[3], 3, 96, "fourth moment"),
    ] as [(Double, Double, Double, String)] {
      let error = (variance / n).squareRoot()
      #expect(
        abs(found - expected) < 5 * error,
        "\(name): \(found) instead of \(expected) ± \(error) in \(n) samples")
    }
  }

  @Test("Shares beyond 1, 2, 3, 4 and 5 deviations, on each side")
  func tails() {
    let limits: [Float] = [1, 2, 3, 4, 5]
    var above = [Int](repeating: 0, count: limits.count)
    var below = above
    var largest: Float = 0
    forEachRow { row in
      for value in row where abs(value) > 1 {
        largest = max(largest, abs(value))
        for (index, limit) in limits.enumerated() where abs(value) > limit {
          if value > 0 { above[index] += 1 } else { below[index] += 1 }
        }
      }
    }
    let n = Double(Self.rows * Self.columns)
    for (index, limit) in limits.enumerated() {
      let expected = n * erfc(Double(limit) / 2.0.squareRoot()) / 2
      let bound = 5 * max(expected.squareRoot(), 1)
      for count in [above[index], below[index]] {
        #expect(
          abs(Double(count) - expected) < bound,
          "beyond \(limit)σ: \(count) instead of \(expected) ± \(bound)")
      }
    }
    // 2^-33 is the smallest uniform: nothing can be further out than sqrt(2·33·ln 2).
    #expect(largest < 6.7638)
  }

  @Test("Kolmogorov and Smirnov can't tell them from the normal distribution")
  func kolmogorovSmirnov() {
    // The two distribution functions are compared at 65,536 places 1/4096 apart: between two of them at
    // most 1e-4 of the samples lie, so that the largest distance can't hide there.
    let (perUnit, least) = (4096.0, -8.0)
    var counts = [Int](repeating: 0, count: Int(-2 * least * perUnit))
    forEachRow { row in
      for value in row { counts[Int((Double(value) - least) * perUnit)] += 1 }
    }
    let n = Double(Self.rows * Self.columns)
    var (below, distance) = (0, 0.0)
    for (index, count) in counts.enumerated() {
      let edge = least + Double(index) / perUnit
      let share = erfc(-edge / 2.0.squareRoot()) / 2
      distance = max(distance, abs(share - Double(below) / n))
      below += count
    }
    #expect(below == Self.rows * Self.columns)
    // The chance of more than 2.2/√n is 1.3e-4.
    #expect(distance * n.squareRoot() < 2.2, "D·√n = \(distance * n.squareRoot()) for n = \(n)")
    #expect(distance * n.squareRoot() > 0.2, "closer than chance allows")
  }

  @Test(
    "Elements of a pair, of a block, of neighbouring rows, tensors, draws and seeds are uncorrelated"
  )
  func correlations() {
    let count = 1 << 18
    func normals(seed: UInt64 = 1, draw: UInt32 = 1, row: Int = 1, tensor: Int = 1) -> [Float] {
      var out = [Float](repeating: 0, count: count)
      NormalStream(seed: seed, draw: draw).fill(&out, count: count, row: row, tensor: tensor)
      return out
    }
    let base = normals()
    func check(_ other: ArraySlice<Float>, _ what: String) {
      var (plain, squares) = (0.0, 0.0)
      for (a, b) in zip(base, other) {
        plain += Double(a) * Double(b)
        squares += (Double(a) * Double(a) - 1) * (Double(b) * Double(b) - 1)
      }
      let n = Double(other.count)
      #expect(abs(plain) / n.squareRoot() < 5, "\(what): \(plain / n)")
      #expect(abs(squares) / (2 * n.squareRoot()) < 5, "squares of \(what): \(squares / n)")
    }
    for lag in [1, 15, 16, 17, 32, 48, 64, 128] { check(base[lag...], "lag \(lag)") }
    check(normals(row: 2)[...], "the next row")
    check(normals(tensor: 2)[...], "the next tensor")
    check(normals(draw: 2)[...], "the next draw")
    check(normals(seed: 2)[...], "the next seed")
  }
}
