import Optimizers
import Tensors
import Testing

@Suite("Learning rates and gradient descent")
struct LearningRateTests {
  @Test(
    "Warm-up, then a fall of the named shape",
    arguments: [
      (LearningRate.Schedule.constant, [0.5, 1, 1, 1, 1, 1]),
      (.linear, [0.5, 1, 1, 0.8, 0.6, 0.4]),
      // (1 + cos πt)/2 at t = 0, 1/4, 1/2, 3/4, between 1 and 0.2.
      (.cosine, [0.5, 1, 1, 0.882_842_712_474_619, 0.6, 0.317_157_287_525_381]),
    ])
  func shapes(schedule: LearningRate.Schedule, expected: [Double]) {
    let rate = LearningRate(
      peak: 1, schedule: schedule, warmupSteps: 2, final: 0.2, steps: 6)
    for (step, value) in expected.enumerated() {
      #expect(abs(rate.rate(at: step) - value) < 1e-12, "step \(step)")
    }
    // Beyond the last step a falling rate stays where it arrived.
    #expect(abs(rate.rate(at: 60) - (schedule == .constant ? 1 : 0.2)) < 1e-12)
  }

  @Test("Gradient descent by its definition")
  func descent() {
    let weights = Vector([1, -2, 3])
    SGD(weightDecay: 0.5).update(weights, gradient: Vector([4, 0, -1]), rate: 0.1)
    let expected: [Float] = [0.55, -1.9, 2.95]
    for (found, value) in zip(weights.elements, expected) { #expect(abs(found - value) < 1e-6) }
  }

  @Test("Gradients are clipped together, and only when too long")
  func clipping() {
    let vectors = [Vector([3, 0, 0, 0, 0, 0, 0, 0, 0, 0]), Vector([0, -4])]
    #expect(clipNorm(of: vectors, to: 6) == 5)
    #expect(vectors[0].elements[0] == 3)
    #expect(clipNorm(of: vectors, to: nil) == 5)
    #expect(clipNorm(of: vectors, to: 2.5) == 5)
    #expect(vectors[0].elements[0] == 1.5)
    #expect(vectors[1].elements == [0, -2])
    let broken = [Vector([1, .infinity])]
    #expect(clipNorm(of: broken, to: 1) == .infinity)
    #expect(broken[0].elements[0] == 1)
  }
}
