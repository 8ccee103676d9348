import Optimizers
import Tensors
import TestSupport
import Testing

/// The estimate g·z against a gradient that is known exactly.
@Suite("The two-point estimate")
struct EstimatorTests {
  static let epsilon: Float = 0x1p-7
  static let draws = 4000

  /// Whether the mean of `estimates` is the gradient, and their spread what theory says.
  ///
  /// For one direction `Var(g zᵢ)` is `|∇|² + ∇ᵢ²` for normals and `|∇|² − ∇ᵢ²` for signs, exactly on
  /// a quadratic; over q directions a q-th of it. The mean of N may be five standard errors out (once
  /// in 10⁶), the summed variance 15 %.
  static func isUnbiased(
    _ estimates: [[Double]], _ gradient: [Double], _ distribution: DirectionDistribution,
    directions q: Int = 1
  ) -> Bool {
    let n = Double(estimates.count)
    let square = gradient.reduce(0) { $0 + $1 * $1 }
    var (expected, found) = (0.0, 0.0)
    for i in gradient.indices {
      let own = gradient[i] * gradient[i] * (distribution == .gaussian ? 1 : -1)
      let variance = (square + own) / Double(q)
      let mean = estimates.reduce(0) { $0 + $1[i] } / n
      guard abs(mean - gradient[i]) <= 5 * (variance / n).squareRoot() else { return false }
      expected += variance
      found += estimates.reduce(0) { $0 + ($1[i] - mean) * ($1[i] - mean) } / (n - 1)
    }
    return abs(found / expected - 1) < 0.15
  }

  /// What single steps at learning rate 1 take away from the weights, always from the same weights.
  static func estimates(_ optimizer: ZerothOrderSGD, _ loss: QuadraticLoss) throws -> [[Double]] {
    try (0..<draws).map { step in
      var moved = loss
      _ = try optimizer.step(step, on: &moved)
      return zip(loss.weights.elements, moved.weights.elements).map { Double($0) - Double($1) }
    }
  }

  static func optimizer(
    _ distribution: DirectionDistribution, directions: Int = 1, rate: Double = 1
  ) -> ZerothOrderSGD {
    ZerothOrderSGD(
      learningRate: rate, epsilon: epsilon, directions: directions, distribution: distribution,
      seed: 99)
  }

  @Test(
    "The mean of the steps is the gradient, with the variance of theory",
    arguments: [DirectionDistribution.gaussian, .rademacher], [1, 3])
  func unbiased(distribution: DirectionDistribution, directions: Int) throws {
    let loss = QuadraticLoss()
    let found = try Self.estimates(Self.optimizer(distribution, directions: directions), loss)
    #expect(Self.isUnbiased(found, loss.gradient, distribution, directions: directions))
  }

  @Test("The test above refuses estimators that are wrong")
  func mutants() throws {
    let loss = QuadraticLoss()
    let right = try Self.estimates(Self.optimizer(.gaussian), loss)
    func refused(_ what: String, _ change: (Int, Double) -> Double) {
      let wrong = right.enumerated().map { step, e in e.map { change(step, $0) } }
      #expect(!Self.isUnbiased(wrong, loss.gradient, .gaussian), "\(what)")
    }
    refused("without / 2ε") { $1 * 2 * Double(Self.epsilon) }
    refused("/ ε") { $1 * 2 }
    refused("ascent") { -$1 }
    refused("one in four steps lost") { $0 % 4 == 0 ? 0 : $1 }
    refused("10 % too long") { $1 * 1.1 }
    // Another z for the update than for the probes.
    let optimizer = Self.optimizer(.gaussian)
    let redrawn = try (0..<Self.draws).map { step in
      let g = try optimizer.probe(loss, step: step, direction: 0).projectedGradient
      return elements(of: optimizer.draw(step: step + 1, direction: 0)).map { g * Double($0) }
    }
    #expect(!Self.isUnbiased(redrawn, loss.gradient, .gaussian))
    // Three directions summed instead of averaged, and only the first of them used.
    let three = try Self.estimates(Self.optimizer(.gaussian, directions: 3), loss)
    let summed = three.map { $0.map { $0 * 3 } }
    #expect(!Self.isUnbiased(summed, loss.gradient, .gaussian, directions: 3))
    #expect(!Self.isUnbiased(right, loss.gradient, .gaussian, directions: 3))
  }

  /// Whether the mean is the gradient within five standard errors of what was seen.
  private static func isUnbiased(_ estimates: [[Double]], _ gradient: [Double]) -> Bool {
    let n = Double(estimates.count)
    return gradient.indices.allSatisfy { i in
      let mean = estimates.reduce(0) { $0 + $1[i] } / n
      let variance = estimates.reduce(0) { $0 + ($1[i] - mean) * ($1[i] - mean) } / (n - 1)
      return abs(mean - gradient[i]) <= 5 * (variance / n).squareRoot()
    }
  }

  @Test(
    "With directions of few bits, rounded twice, the mean is the gradient still",
    arguments: [2, 4, 8], [DirectionDistribution.gaussian, .rademacher])
  func rounded(bits: Int, distribution: DirectionDistribution) throws {
    let loss = QuadraticLoss()
    var optimizer = Self.optimizer(distribution)
    optimizer.directionBits = bits
    let right = try (0..<2).flatMap { part in
      optimizer.seed = UInt64(part)
      return try Self.estimates(optimizer, loss)
    }
    #expect(Self.isUnbiased(right, loss.gradient))
    #expect(!Self.isUnbiased(right.map { $0.map { $0 * 1.3 } }, loss.gradient))
    // One rounding for both: E[u·uᵀ] is more than I, by the variance of the rounding.
    let wrong = try (0..<2 * Self.draws).map { step in
      let probe = try optimizer.probe(loss, step: step, direction: 0)
      let z = optimizer.draw(step: step, direction: 0)
      return elements(of: RoundedDirections(z, bits: bits, .probe)).map {
        probe.projectedGradient * Double($0)
      }
    }
    // Signs have no fraction, so nothing is rounded; at 8 bits the difference is below the noise.
    if bits == 2, distribution == .gaussian {
      #expect(!Self.isUnbiased(wrong, loss.gradient))
    }
    if distribution == .rademacher {
      #expect(try Self.estimates(optimizer, loss) == Array(wrong.prefix(Self.draws)))
    }
  }

  @Test("A rounded direction has few values, and none beyond the largest", arguments: 2...8)
  func levels(bits: Int) {
    for step in 0..<20 {
      let z = Self.optimizer(.gaussian).draw(step: step, direction: 0)
      let (exact, found) = (
        elements(of: z), elements(of: RoundedDirections(z, bits: bits, .update))
      )
      for row in 0..<QuadraticLoss.rows {
        let columns = row * QuadraticLoss.columns..<(row + 1) * QuadraticLoss.columns
        let scale =
          exact[columns].map { abs($0) }.max().map { $0 / Float(1 << (bits - 1) - 1) } ?? 0
        for i in columns {
          let level = (found[i] / scale).rounded()
          #expect(abs(found[i] - level * scale) <= 1e-6 * abs(found[i]))
          #expect(abs(level) <= Float(1 << (bits - 1) - 1))
          #expect(abs(found[i] - exact[i]) <= scale * (1 + 1e-6), "not a neighbour")
        }
      }
    }
  }

  @Test(
    "On a quadratic g is z·∇, draw by draw",
    arguments: [DirectionDistribution.gaussian, .rademacher])
  func directional(distribution: DirectionDistribution) throws {
    let (loss, optimizer) = (QuadraticLoss(), Self.optimizer(distribution, directions: 2))
    for step in 0..<50 {
      for direction in 0..<2 {
        let probe = try optimizer.probe(loss, step: step, direction: direction)
        let z = elements(of: optimizer.draw(step: step, direction: direction))
        let exact = zip(z, loss.gradient).reduce(0) { $0 + Double($1.0) * $1.1 }
        // Rounding of w ± εz to float32: 2⁻²⁴ of a weight below 2, over ε.
        let bound = 8 * 2 * 0x1p-24 * 0x1p7 * 4
        #expect(abs(probe.projectedGradient - exact) < bound, "step \(step)")
        #expect(probe.step == step && probe.direction == direction && !probe.isClipped)
      }
    }
  }

  @Test("Turning the directions round exchanges L+ and L− and turns g round, bit for bit")
  func antisymmetry() throws {
    struct Mirrored: ProbedLoss {
      var base: QuadraticLoss
      func loss(epsilon: Float, along directions: any Directions) throws -> Double {
        try base.loss(epsilon: -epsilon, along: directions)
      }
      mutating func update(factor: Float, along directions: any Directions) {
        base.update(factor: -factor, along: directions)
      }
    }
    let optimizer = Self.optimizer(.gaussian, rate: 0.01)
    for step in 0..<20 {
      let loss = QuadraticLoss(seed: UInt64(step))
      let there = try optimizer.probe(loss, step: step, direction: 0)
      let back = try optimizer.probe(Mirrored(base: loss), step: step, direction: 0)
      #expect(there.plus == back.minus && there.minus == back.plus && there.plus != there.minus)
      #expect(there.projectedGradient == -back.projectedGradient)
      // And so both walk to the same weights.
      var (one, other) = (loss, Mirrored(base: loss))
      optimizer.apply(there, to: &one)
      optimizer.apply(back, to: &other)
      #expect(one.weights.elements == other.base.weights.elements)
      #expect(one.weights.elements != loss.weights.elements)
    }
  }

  @Test("Descending a convex quadratic by steps alone reaches its minimum")
  func descent() throws {
    var loss = QuadraticLoss()
    // Diagonally dominant: convex.
    var a = loss.curvature
    for i in a.indices { a[i][i] = 4 }
    loss = QuadraticLoss(curvature: a, slope: loss.slope, weights: loss.weights)
    let start = loss.gradient.map { $0 * $0 }.reduce(0, +)
    let optimizer = Self.optimizer(.gaussian, directions: 2, rate: 0.02)
    for step in 0..<600 { _ = try optimizer.step(step, on: &loss) }
    #expect(loss.gradient.map { $0 * $0 }.reduce(0, +) < 1e-6 * start)
  }
}

extension QuadraticLoss {
  init(curvature: [[Double]], slope: [Double], weights: Matrix) {
    self.curvature = curvature
    self.slope = slope
    self.weights = weights
  }
}
