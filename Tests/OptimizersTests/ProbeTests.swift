import Optimizers
import Tensors
import Testing

/// A loss that says what it is told to, and remembers what it was asked.
private final class Script {
  var asked: [(epsilon: Float, z: [Float])] = []
  var updates: [(factor: Float, z: [Float])] = []
}

private struct ScriptedLoss: ProbedLoss {
  let (plus, minus): (Double, Double)
  let script = Script()

  init(_ plus: Double, _ minus: Double) { (self.plus, self.minus) = (plus, minus) }

  func loss(epsilon: Float, along directions: any Directions) throws -> Double {
    script.asked.append((epsilon, elements(of: directions)))
    return epsilon > 0 ? plus : minus
  }

  mutating func update(factor: Float, along directions: any Directions) {
    script.updates.append((factor, elements(of: directions)))
  }
}

@Suite("Probes and updates")
struct ProbeTests {
  private func optimizer(
    epsilon: Float = 1e-3, directions: Int = 1, bound: Double? = nil, seed: UInt64 = 5
  ) -> ZerothOrderSGD {
    ZerothOrderSGD(
      learningRate: 0.25, epsilon: epsilon, directions: directions, differenceBound: bound,
      seed: seed)
  }

  @Test("Both probes and the update go along one z, at +ε, −ε and −ηg/q")
  func order() throws {
    var loss = ScriptedLoss(3.5, 3)
    let optimizer = optimizer(epsilon: 0.5, directions: 2)
    let probes = try optimizer.step(4, on: &loss)
    let script = loss.script
    #expect(script.asked.map(\.epsilon) == [0.5, -0.5, 0.5, -0.5])
    #expect(script.asked[0].z == script.asked[1].z && script.asked[2].z == script.asked[3].z)
    #expect(script.asked[0].z != script.asked[2].z)
    // g = 0.5 / (2 · 0.5); −0.25 · 0.5 / 2.
    #expect(probes.map(\.projectedGradient) == [0.5, 0.5])
    #expect(script.updates.map(\.factor) == [-0.0625, -0.0625])
    #expect(script.updates.map(\.z) == [script.asked[0].z, script.asked[2].z])
    #expect(probes.map(\.step) == [4, 4] && probes.map(\.direction) == [0, 1])
  }

  @Test("A falling rate falls over its own steps, whatever was trained before")
  func schedule() throws {
    var optimizer = optimizer(epsilon: 0.5)
    optimizer.schedule = .linear
    optimizer.scheduleSteps = 8
    var loss = ScriptedLoss(3.5, 3)
    for step in [0, 2, 6, 7, 8] { _ = try optimizer.step(step, on: &loss) }
    // −0.25 · 0.5 · (1 − t/8).
    #expect(loss.script.updates.map(\.factor) == [-0.125, -0.09375, -0.03125, -0.015625, 0])
    optimizer.schedule = .cosine
    #expect(abs(optimizer.rate(at: 4) - 0.125) < 1e-15 && optimizer.rate(at: 0) == 0.25)
    optimizer.schedule = .constant
    optimizer.scheduleSteps = 0
    #expect(optimizer.rate(at: 9) == 0.25)
  }

  @Test(
    "A bound of 0.4 on the difference is the official clip of g to ±0.2/ε",
    arguments: [
      (3.5, 3.0, 0.4, true), (3.0, 3.5, -0.4, true), (3.4000001, 3.0, 0.4, true),
      (3.25, 3.0, 0.25, false), (2.875, 3.0, -0.125, false), (3.0, 3.0, 0, false),
    ])
  func clip(plus: Double, minus: Double, difference: Double, isClipped: Bool) throws {
    for epsilon: Float in [1e-3, 5e-4, 1e-4] {
      let probe = try optimizer(epsilon: epsilon, bound: 0.4).probe(
        ScriptedLoss(plus, minus), step: 0, direction: 0)
      #expect(probe.isClipped == isClipped)
      #expect(probe.projectedGradient == difference / (2 * Double(epsilon)))
      if isClipped {
        #expect(abs(abs(probe.projectedGradient) * Double(epsilon) / 0.2 - 1) < 1e-12)
      }
      // The losses themselves are kept as they were.
      #expect(probe.plus == plus && probe.minus == minus)
    }
  }

  @Test("A difference of exactly the bound isn't clipped; without a bound none is")
  func border() throws {
    let exact = try optimizer(bound: 0.5).probe(ScriptedLoss(3.5, 3), step: 0, direction: 0)
    #expect(!exact.isClipped)
    let free = try optimizer().probe(ScriptedLoss(300, 3), step: 0, direction: 0)
    #expect(!free.isClipped && free.projectedGradient == 297 / (2 * Double(Float(1e-3))))
  }

  @Test(
    "A loss that isn't finite stops the step, which is named",
    arguments: [
      (Double.nan, 1.0, "L+ = nan, L- = 1.0"), (1, .nan, "L+ = 1.0, L- = nan"),
      (.infinity, 1, "L+ = inf, L- = 1.0"), (1, -.infinity, "L+ = 1.0, L- = -inf"),
    ])
  func notFinite(plus: Double, minus: Double, words: String) throws {
    var loss = ScriptedLoss(plus, minus)
    // Neither may a bound hide it.
    for bound in [nil, 0.4] {
      let error = #expect(throws: ZerothOrderError.self) {
        try optimizer(bound: bound).step(17, on: &loss)
      }
      #expect(error?.description == "the loss stopped being finite at step 17: \(words)")
    }
    #expect(loss.script.updates.isEmpty)
  }

  @Test("Every step, direction and seed has a z of its own; the same ones, the same")
  func draws() {
    for distribution in [DirectionDistribution.gaussian, .rademacher] {
      var seen: [[Float]] = []
      for seed: UInt64 in [1, 2] {
        let optimizer = ZerothOrderSGD(
          learningRate: 1, epsilon: 1, directions: 3, distribution: distribution, seed: seed)
        for step in 0..<20 {
          for direction in 0..<3 {
            let z = elements(of: optimizer.draw(step: step, direction: direction))
            #expect(z == elements(of: optimizer.draw(step: step, direction: direction)))
            seen.append(z)
            if distribution == .rademacher { #expect(z.allSatisfy { abs($0) == 1 }) }
          }
        }
      }
      // 120 draws of 8 signs can't all differ, but neighbours mustn't be locked together.
      let different = Set(seen.map { $0.description }).count
      #expect(distribution == .gaussian ? different == 120 : different > 60, "\(different)")
    }
  }
}
