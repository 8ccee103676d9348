import MethodKit
import Methods
import Optimizers
import Quantizers
import Tensors
import TestSupport
import Testing

/// Ways from losses to updates, each held to its formula, and as methods to what all methods promise.
@Suite("Estimators") struct EstimatorTests {
  /// ½·Σ aᵢ(wᵢ − 1)² over one small matrix: a loss whose every number can be written down.
  private struct Bowl: ProbedLoss {
    var rows: [[Float]]

    init(rows: Int = 3, columns: Int = 5) {
      self.rows = (0..<rows).map { row in (0..<columns).map { Float(row * columns + $0) / 7 } }
    }

    static func add(_ z: any Directions, factor: Float, to rows: inout [[Float]]) {
      for row in rows.indices {
        let count = rows[row].count
        z.add(to: &rows[row], factor: factor, count: count, row: row, tensor: 4)
      }
    }

    func loss(epsilon: Float, along directions: any Directions) throws -> Double {
      var moved = rows
      Self.add(directions, factor: epsilon, to: &moved)
      return moved.joined().enumerated().reduce(0) {
        $0 + Double($1.offset + 1) / 10 * Double($1.element - 1) * Double($1.element - 1) / 2
      }
    }

    mutating func update(factor: Float, along directions: any Directions) {
      Self.add(directions, factor: factor, to: &rows)
    }

    /// A direction's numbers.
    func dense(_ z: any Directions) -> [Double] {
      var zero = rows.map { $0.map { _ in Float(0) } }
      Self.add(z, factor: 1, to: &zero)
      return zero.joined().map(Double.init)
    }

    var values: [Double] { rows.joined().map(Double.init) }
  }

  private func optimizer(_ directions: Int = 1, _ distribution: DirectionDistribution = .gaussian)
    -> ZerothOrderSGD
  {
    ZerothOrderSGD(
      learningRate: 1e-2, epsilon: 1e-2, directions: directions, distribution: distribution, seed: 9
    )
  }

  private func expectEqual(
    _ found: [Double], _ expected: [Double], within tolerance: Double = 2e-6,
    _ place: SourceLocation = #_sourceLocation
  ) {
    let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
    #expect(found.count == expected.count && worst <= tolerance, "\(worst)", sourceLocation: place)
  }

  @Test("SPSA: the bits of the optimizer that everything else uses")
  func spsa() throws {
    var (own, others) = (Bowl(), Bowl())
    var estimator = TwoSided(optimizer: optimizer(3))
    for step in 0..<4 {
      let losses = try estimator.losses(own, step: step)
      estimator.update(&own, step: step, losses: losses, rate: 1e-2)
      let probes = try optimizer(3).step(step, on: &others)
      #expect(losses == probes.flatMap { [$0.plus, $0.minus] })
    }
    #expect(own.rows == others.rows)
  }

  @Test("FZOO: (L_i − L_0)/σ along each direction, σ with N − 1")
  func oneSided() throws {
    var bowl = Bowl()
    let drawn = optimizer(5, .rademacher)
    var estimator = OneSidedBatch(optimizer: drawn)
    #expect(estimator.lossesPerStep == 6)
    let losses = try estimator.losses(bowl, step: 2)
    let directions = (0..<5).map { drawn.draw(step: 2, direction: $0) }
    let byHand =
      try [bowl.loss(epsilon: 0, along: directions[0])]
      + directions.map { try bowl.loss(epsilon: 1e-2, along: $0) }
    #expect(losses == byHand)
    let beside = losses.dropFirst()
    let mean = beside.reduce(0, +) / 5
    let spread = (beside.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 4).squareRoot()
    var expected = bowl.values
    for (z, loss) in zip(directions.map(bowl.dense), beside) {
      for i in expected.indices { expected[i] -= 0.1 / 5 * (loss - losses[0]) / spread * z[i] }
    }
    estimator.update(&bowl, step: 2, losses: losses, rate: 0.1)
    expectEqual(bowl.values, expected)
    // The size of a step doesn't depend on the loss's unit.
    var scaled = Bowl()
    estimator.update(&scaled, step: 2, losses: losses.map { 1000 * $0 }, rate: 0.1)
    expectEqual(scaled.values, expected)
    let before = scaled.rows
    estimator.update(&scaled, step: 3, losses: [1, 1, 1, 1, 1, 1], rate: 0.1)
    #expect(scaled.rows == before)
  }

  @Test("Momentum and Adam: their formulas over dense gradients", arguments: [nil, 0.99])
  func moments(second: Double?) throws {
    var bowl = Bowl()
    let two = TwoSided(optimizer: optimizer(2))
    var estimator = Moments(two, momentum: 0.8, secondMoment: second)
    var weights = bowl.values
    var (m, v) = (weights.map { _ in 0.0 }, weights.map { _ in 0.0 })
    for step in 0..<5 {
      let losses = try estimator.losses(bowl, step: step)
      let directions = two.directions(ofStep: step).map(bowl.dense)
      for i in weights.indices {
        let g = zip(directions, two.gradients(losses)).reduce(0) { $0 + $1.0[i] * $1.1 } / 2
        if let second {
          m[i] = 0.8 * m[i] + 0.2 * g
          v[i] = second * v[i] + (1 - second) * g * g
          let t = step + 1
          let (a, b) = (1 - power(0.8, t), 1 - power(second, t))
          weights[i] -= 0.01 * (m[i] / a) / ((v[i] / b).squareRoot() + 1e-8)
        } else {
          m[i] = 0.8 * m[i] + g
          weights[i] -= 0.01 * m[i]
        }
      }
      estimator.update(&bowl, step: step, losses: losses, rate: 0.01)
      expectEqual(bowl.values, weights, within: 2e-5)
    }
  }

  private func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { product, _ in product * base }
  }

  @Test("LOZO: U·Vᵀ/√r, V the same for so many steps, elements of variance 1")
  func lowRank() throws {
    let low = LowRank(rank: 2, lazySteps: 3, seed: 77)
    let bowl = Bowl(rows: 40, columns: 30)
    func direction(_ step: Int) -> [Double] {
      bowl.dense(low.directions(NormalStream(seed: 9, draw: UInt32(step)), step: step))
    }
    func numbers(_ stream: NormalStream, row: Int, _ count: Int) -> [Double] {
      var out = [Float](repeating: 0, count: count)
      stream.add(to: &out, factor: 1, count: count, row: row, tensor: 4)
      return out.map(Double.init)
    }
    for step in [0, 2, 3, 7] {
      let left = NormalStream(seed: 9, draw: UInt32(step))
      let right = NormalStream(seed: 77, draw: UInt32(step / 3))
      let v = (0..<2).map { numbers(right, row: $0, 30) }
      let expected = (0..<40).flatMap { row -> [Double] in
        let u = numbers(left, row: row, 2)
        return (0..<30).map { (u[0] * v[0][$0] + u[1] * v[1][$0]) / 2.0.squareRoot() }
      }
      expectEqual(direction(step), expected)
    }
    let all = (0..<60).flatMap { direction(3 * $0) }
    let mean = all.reduce(0, +) / Double(all.count)
    let variance = all.reduce(0) { $0 + $1 * $1 } / Double(all.count)
    // Rows and columns are shared, so that far fewer numbers are independent than there are elements.
    #expect(abs(mean) < 0.05 && abs(variance - 1) < 0.1, "\(mean), \(variance)")
  }

  static let kinds = ["spsa", "one-sided", "momentum", "adam", "low-rank"]

  private func options(_ kind: String, steps: Int, rate: String = "1e-4", _ more: String = "")
    -> String
  {
    """
    {"estimator": "\(kind)", "model": {"steps": \(steps), "learningRate": \(rate), "epsilon": 1e-3,
      "directions": 3, "checkpointEvery": 2, "calibrationWindows": 2\(more)}}
    """
  }

  @Test("As SPSA the study is ZeroQAT, bit for bit")
  func isZeroQAT() throws {
    let (own, others) = (try Rehearsal(), try Rehearsal())
    let study = try own(make(EstimatorStudy.self, options("spsa", steps: 3), spec(4, 4)))
    let zeroqat = try others(
      make(
        ZeroQAT.self,
        #"{"steps": 3, "learningRate": 1e-4, "epsilon": 1e-3, "directions": 3, "checkpointEvery": 2, "calibrationWindows": 2}"#,
        spec(4, 4)))
    #expect(study.weightDigest == zeroqat.weightDigest)
    #expect(own.journalled == others.journalled && own.summary == others.summary)
  }

  @Test("Interrupted anywhere, training ends with the same weights", arguments: kinds)
  func resumption(kind: String) throws {
    let whole = try Rehearsal()
    let expected = try whole(make(EstimatorStudy.self, options(kind, steps: 3), spec(4, 4)))
      .weightDigest
    let count = whole.journalled.count
    #expect(count == 3 * (kind == "one-sided" ? 2 : 3) && Set(whole.weights).count > 1)
    #expect(whole.summary?.probes.count == count)
    for kept in 0...count {
      let folder = try TemporaryFolder()
      let log = try ReplayLog(path: folder.path("log"), binding: "this")
      for probe in whole.journalled.prefix(kept) { try log.append(probe) }
      let rehearsal = try Rehearsal()
      rehearsal.log = log
      let model = try rehearsal(make(EstimatorStudy.self, options(kind, steps: 3), spec(4, 4)))
      #expect(model.weightDigest == expected && rehearsal.weights == whole.weights)
    }
  }

  @Test("Each lowers the loss of the one window that it trains on", arguments: kinds)
  func descends(kind: String) throws {
    let rate = ["one-sided": "3e-4", "momentum": "3e-5", "adam": "3e-4"][kind] ?? "2e-4"
    let rehearsal = try Rehearsal(windows: 1)
    _ = try rehearsal(
      make(
        EstimatorStudy.self,
        options(kind, steps: 60, rate: rate, ", \"distribution\": \"rademacher\"")
          .replacing("\"checkpointEvery\": 2", with: "\"checkpointEvery\": 60")
          .replacing("\"calibrationWindows\": 2", with: "\"calibrationWindows\": 1"), spec(8, nil)))
    let losses = rehearsal.journalled.map { ($0.plus + $0.minus) / 2 }
    let (first, last) = (losses.prefix(6).reduce(0, +) / 6, losses.suffix(6).reduce(0, +) / 6)
    #expect(last < first - 0.01, "\(first) to \(last)")
  }

  @Test("What an estimator doesn't have, or can't do, is refused by name")
  func refusals() throws {
    func reason(_ options: String) throws -> String {
      let error = #expect(throws: MethodError.self) {
        try make(EstimatorStudy.self, options, spec(4, 4))
      }
      return "\(error.map { "\($0)" } ?? "")"
    }
    func with(_ more: String, _ kind: String = "spsa", directions: Int = 3) -> String {
      "{\"estimator\": \"\(kind)\"\(more), \"model\": {\"steps\": 1, \"learningRate\": 1e-4, "
        + "\"epsilon\": 1e-3, \"directions\": \(directions)}}"
    }
    #expect(
      try reason(with(", \"rank\": 2"))
        == "option 'rank': expected none with the estimator 'spsa', found 2.0")
    #expect(try reason(with(", \"secondMoment\": 0.9", "momentum")).contains("'secondMoment'"))
    #expect(try reason(with(", \"momentum\": 1", "adam")).contains("from 0 to below 1"))
    #expect(try reason(with(", \"rank\": 0", "low-rank")).contains("expected 1 to 64, found 0"))
    for directions in [1, 4] {
      #expect(
        try reason(with("", "one-sided", directions: directions)).contains(
          "an odd number from 3 on"))
    }
  }
}
