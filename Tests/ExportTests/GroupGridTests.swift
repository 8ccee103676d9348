import Export
import TestSupport
import Testing

/// Grids are found from weights alone.
@Suite struct GroupGridTests {
  /// Every grid of every width, with zero points inside and outside of the codes, is found to the last bit.
  @Test(arguments: [2, 3, 4, 6, 8])
  func roundedWeightsGiveTheirGrid(bits: Int) throws {
    var random = SplitMix64(seed: UInt64(bits))
    let top = (1 << bits) - 1
    for trial in 0..<300 {
      let scale = random.uniform(1, in: 1e-4..<0.3)[0]
      let zero = trial % 3 == 0 ? Int(random.next() % 400) - 200 : Int(random.next() & UInt64(top))
      let count = [1, 2, 7, 32, 128][trial % 5]
      // A group needn't use every code.
      let used = trial % 2 == 0 ? top : max(1, top / 2)
      let codes = (0..<count).map { _ in Int(random.next() % UInt64(used + 1)) }
      let values = codes.map { scale * Float($0 - zero) }
      let grid = try #require(GroupGrid(values, top: top), "\(trial): Δ \(scale), z \(zero)")
      #expect(grid.isExact && grid.most - grid.least <= top, "\(trial)")
      #expect(
        values.map { grid.scale * Float(grid.level(of: $0)) } == values, "\(trial): \(grid)")
    }
  }

  @Test func whatLiesOnNoGridHasNone() {
    #expect(GroupGrid([0, 1, 2.5], top: 3) == nil)
    #expect(GroupGrid([0, 1, 2.5], top: 5)?.scale == 0.5)
    #expect(GroupGrid([0.1, 0.2, 0.30001], top: 15) == nil)
    #expect(GroupGrid([1, 2, 3, 4, 5], top: 3) == nil)
    #expect(GroupGrid([0, .nan], top: 3) == nil)
    #expect(GroupGrid([0, .infinity], top: 3) == nil)
    var random = SplitMix64(seed: 9)
    #expect(GroupGrid(random.normal(64, deviation: 1), top: 255) == nil)
  }

  @Test func oneValueIsOneStepFromZero() throws {
    for value in [Float(0), -0, 0.25, -3] {
      let grid = try #require(GroupGrid([value, value], top: 3))
      #expect(grid.scale * Float(grid.level(of: value)) == value)
      #expect(grid.least == grid.most && abs(grid.least) <= 1)
    }
  }

  /// Division by a reciprocal, as one of the methods rounds, is off by units in the last place.
  @Test func nearlyIsSaid() throws {
    let inverse: Float = 37.123
    let values = (-7...7).map { Float($0) / inverse }
    let grid = try #require(GroupGrid(values, top: 15))
    #expect((grid.least, grid.most) == (-7, 7))
    let off = values.map { $0 == 0 ? $0 : $0 + $0.ulp * 2 * ($0 < 0 ? -1 : 1) }
    let moved = (0..<15).map { $0 % 2 == 0 ? values[$0] : off[$0] }
    let near = try #require(GroupGrid(moved, top: 15))
    #expect(!near.isExact && (near.least, near.most) == (-7, 7))
  }
}
