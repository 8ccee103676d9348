public import Tensors

/// A loss that can be evaluated beside the current parameters without touching them.
public protocol ProbedLoss {
  /// Loss at `W + epsilon · z`, in nats; leaves W as it is.
  func loss(epsilon: Float, along directions: any Directions) throws -> Double

  /// `W ← W + factor · z`.
  mutating func update(factor: Float, along directions: any Directions)

  /// The same for parameters with learning rates of their own: `factor` is `−η·gradient`, and those
  /// take `gradient = g/q` instead.
  mutating func update(factor: Float, gradient: Double, along directions: any Directions)
}

extension ProbedLoss {
  /// All parameters have the optimizer's learning rate.
  public mutating func update(factor: Float, gradient: Double, along directions: any Directions) {
    update(factor: factor, along: directions)
  }
}

/// What directions are drawn from.
public enum DirectionDistribution: String, Sendable, Codable, CaseIterable {
  /// Standard normals.
  case gaussian
  /// ±1 with equal chance.
  case rademacher
}

/// The two evaluations of one direction and what was made of them.
public struct Probe: Sendable, Equatable {
  /// Step, from 0.
  public var step: Int
  /// Direction within the step, from 0.
  public var direction: Int
  /// L(W + εz), nats.
  public var plus: Double
  /// L(W − εz), nats.
  public var minus: Double
  /// g, after clipping.
  public var projectedGradient: Double
  /// Whether the difference was clipped.
  public var isClipped: Bool

  /// A probe from its parts.
  public init(
    step: Int, direction: Int, plus: Double, minus: Double, projectedGradient: Double,
    isClipped: Bool
  ) {
    self.step = step
    self.direction = direction
    self.plus = plus
    self.minus = minus
    self.projectedGradient = projectedGradient
    self.isClipped = isClipped
  }
}

/// Why a step couldn't be made.
public enum ZerothOrderError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A loss wasn't finite.
  case notFinite(step: Int, plus: Double, minus: Double)
  /// A trained weight isn't finite any more.
  case weightNotFinite(step: Int, tensor: String)

  /// One line with both losses.
  public var description: String {
    switch self {
    case .notFinite(let step, let plus, let minus):
      "the loss stopped being finite at step \(step): L+ = \(plus), L- = \(minus)"
    case .weightNotFinite(let step, let tensor):
      "a weight of \(tensor) stopped being finite at step \(step)"
    }
  }
}

/// Zeroth-order stochastic gradient descent: SPSA along random directions.
///
/// Per step, over q directions drawn at the same W:
/// `g_i = clip(L(W + εz_i) − L(W − εz_i), ±d) / 2ε`, then `W ← W − (η_t/q) Σ g_i z_i`.
/// Without clipping, `E[g·z]` is the gradient of the Gaussian-smoothed loss; also with two independent
/// roundings of z, one in g and one beside it.
///
/// > Source: ZeroQAT, arXiv:2509.00031, Eqs. 2, 3; MeZO, Malladi et al. 2023, arXiv:2305.17333,
///   algorithm 1; the clip is the official code's (trainer_wiki.py) and not in the paper.
public struct ZerothOrderSGD: Sendable, Equatable {
  /// Learning rate η, at its highest.
  public var learningRate: Double
  /// Perturbation scale ε.
  public var epsilon: Float
  /// Directions per step, q.
  public var directions: Int
  /// Bound d on |L₊ − L₋| in nats; nil leaves it alone.
  public var differenceBound: Double?
  /// Distribution of z.
  public var distribution: DirectionDistribution
  /// Bits of a direction's numbers, rounded stochastically once for probes and once for the update;
  /// nil leaves them alone.
  public var directionBits: Int?
  /// How η falls over ``scheduleSteps``.
  public var schedule: LearningRate.Schedule
  /// Steps after which a falling η would be 0.
  public var scheduleSteps: Int
  /// Master seed.
  public var seed: UInt64

  /// An optimizer from its settings.
  public init(
    learningRate: Double, epsilon: Float, directions: Int = 1, differenceBound: Double? = nil,
    distribution: DirectionDistribution = .gaussian, directionBits: Int? = nil,
    schedule: LearningRate.Schedule = .constant, scheduleSteps: Int = 0, seed: UInt64
  ) {
    precondition(directions >= 1 && epsilon > 0, "\(directions) directions, epsilon \(epsilon)")
    self.learningRate = learningRate
    self.epsilon = epsilon
    self.directions = directions
    self.differenceBound = differenceBound
    self.distribution = distribution
    self.directionBits = directionBits
    self.schedule = schedule
    self.scheduleSteps = scheduleSteps
    self.seed = seed
  }

  /// η of step `step`, from 0.
  public func rate(at step: Int) -> Double {
    LearningRate(peak: learningRate, schedule: schedule, steps: scheduleSteps).rate(at: step)
  }

  /// The direction `direction` of step `step`: a pure function of the seed and both.
  public func draw(step: Int, direction: Int) -> any Directions {
    let number = UInt32(truncatingIfNeeded: step * directions + direction)
    switch distribution {
    case .gaussian: return NormalStream(seed: seed, draw: number)
    case .rademacher: return RademacherStream(seed: seed, draw: number)
    }
  }

  /// The same as a probe or an update sees it: rounded where it has few bits.
  private func draw(step: Int, direction: Int, for purpose: NoisePurpose) -> any Directions {
    let z = draw(step: step, direction: direction)
    guard let directionBits else { return z }
    return RoundedDirections(z, bits: directionBits, purpose)
  }

  /// Evaluates both probes of one direction; changes nothing.
  ///
  /// - Throws: ``ZerothOrderError/notFinite(step:plus:minus:)``, or whatever the loss throws.
  public func probe(_ loss: some ProbedLoss, step: Int, direction: Int) throws -> Probe {
    let z = draw(step: step, direction: direction, for: .probe)
    let plus = try loss.loss(epsilon: epsilon, along: z)
    let minus = try loss.loss(epsilon: -epsilon, along: z)
    guard plus.isFinite, minus.isFinite else {
      throw ZerothOrderError.notFinite(step: step, plus: plus, minus: minus)
    }
    var difference = plus - minus
    var isClipped = false
    if let bound = differenceBound, abs(difference) > bound {
      difference = difference < 0 ? -bound : bound
      isClipped = true
    }
    return Probe(
      step: step, direction: direction, plus: plus, minus: minus,
      projectedGradient: difference / (2 * Double(epsilon)), isClipped: isClipped)
  }

  /// Applies the update of one probe: `W ← W − (η/q)·g·z`.
  ///
  /// Replaying the probes of a log through this gives the final weights bit for bit.
  public func apply(_ probe: Probe, to loss: inout some ProbedLoss) {
    let factor = Float(-rate(at: probe.step) * probe.projectedGradient / Double(directions))
    loss.update(
      factor: factor, gradient: probe.projectedGradient / Double(directions),
      along: draw(step: probe.step, direction: probe.direction, for: .update))
  }

  /// One whole step: all probes at the same W, then all updates.
  public func step(_ step: Int, on loss: inout some ProbedLoss) throws -> [Probe] {
    var probes: [Probe] = []
    for direction in 0..<directions {
      probes.append(try probe(loss, step: step, direction: direction))
    }
    for probe in probes { apply(probe, to: &loss) }
    return probes
  }
}
