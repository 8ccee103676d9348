import Glibc
import Quantizers
import TestSupport
import Testing

@Suite("Grids that include zero")
struct AffineGridTests {
  private func grid(_ x: [Float], bits: Int, isSearched: Bool = false) -> AffineGrid? {
    x.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map {
        AffineGrid.includingZero($0, count: x.count, bits: bits, isSearched: isSearched)
      }
    }
  }

  @Test("By hand: both signs, one sign only, all zero, tiny")
  func byHand() {
    for (x, bits, scale, zero) in [
      ([-0.5, 0.25, 1], 2, 0.5, 1), ([0.4, 0.5, 0.6, 0.75], 2, 0.25, 0),
      ([-0.75, -0.6], 2, 0.25, 3), ([0, 0, 0], 2, 2.0 / 3, 2), ([1e-30, -2e-30], 4, 2e-31, 10),
    ] as [([Float], Int, Float, Float)] {
      let found = grid(x, bits: bits)
      #expect(abs((found?.scale ?? .nan) / scale - 1) < 1e-6 && found?.zero == zero, "\(x)")
    }
  }

  @Test("NaN and infinity make the grid NaN", arguments: [Float.nan, .infinity, -.infinity])
  func poison(value: Float) {
    #expect(grid([1, value, -1], bits: 4)?.scale.isNaN == true)
    #expect(grid([1, value, -1], bits: 4, isSearched: true)?.scale.isNaN == true)
  }

  @Test("Zero is always a value, and zero's code lies within the codes", arguments: [2, 3, 4, 8])
  func zeroIsExact(bits: Int) throws {
    let top = Float((1 << bits) - 1)
    for seed in 0..<50 {
      var random = SplitMix64(seed: UInt64(seed))
      let shift = 3 * (random.uniform() - 0.5)
      let x = random.normal(1 + seed % 33).map { $0 + shift }
      let found = try #require(grid(x, bits: bits))
      #expect(found.value(of: found.code(of: 0, top: top)) == 0)
      #expect(found.zero >= 0 && found.zero <= top)
      for value in x {
        let error = abs(found.value(of: found.code(of: value, top: top)) - value)
        #expect(error <= found.scale * 1.0001)
      }
    }
  }

  @Test("The search finds the best of its eighty ranges", arguments: [2, 3, 4])
  func search(bits: Int) throws {
    let top = Float((1 << bits) - 1)
    for seed in 0..<20 {
      var random = SplitMix64(seed: UInt64(seed + 100))
      var x = random.normal(24)
      x[3] *= 5
      func error(_ grid: AffineGrid) -> Double {
        x.reduce(0) {
          $0 + pow(Double(abs(grid.value(of: grid.code(of: $1, top: top)) - $1)), 2.4)
        }
      }
      let (plain, found) = (
        try #require(grid(x, bits: bits)), try #require(grid(x, bits: bits, isSearched: true))
      )
      let (low, high) = (min(0, x.min() ?? 0), max(0, x.max() ?? 0))
      let best = (0..<80).map { step -> Double in
        let share = 1 - Float(step) / 100
        let scale = share * (high - low) / top
        return error(
          AffineGrid(scale: scale, zero: (-share * low / scale).rounded(.toNearestOrEven)))
      }.min()
      #expect(error(found) <= error(plain))
      #expect(abs(error(found) / (best ?? .nan) - 1) < 1e-4)
    }
  }
}
