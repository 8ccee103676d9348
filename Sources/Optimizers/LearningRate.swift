internal import Glibc

/// A learning rate over the steps of a run.
///
/// With warm-up w, steps n, peak p and final f, at step k from 0: `p·(k + 1)/w` while k < w; then, with
/// `t = (k − w)/(n − w)`, constant `p`, linear `p + (f − p)t`, or cosine `f + (p − f)(1 + cos πt)/2`.
///
/// > Source: cosine from Loshchilov and Hutter 2016, arXiv:1608.03983, Eq. 5, without restarts.
public struct LearningRate: Sendable, Equatable {
  /// How the rate falls after the warm-up.
  public enum Schedule: String, Sendable, Codable, CaseIterable {
    /// It doesn't.
    case constant
    /// In a straight line.
    case linear
    /// Along half a cosine.
    case cosine
  }

  /// The highest rate.
  public var peak: Double
  /// How it falls.
  public var schedule: Schedule
  /// Steps of linear warm-up.
  public var warmupSteps: Int
  /// Where a falling rate would arrive after the last step.
  public var final: Double
  /// Steps in all.
  public var steps: Int

  /// A schedule from its settings.
  ///
  /// - Precondition: The warm-up isn't longer than the run.
  public init(
    peak: Double, schedule: Schedule = .constant, warmupSteps: Int = 0, final: Double = 0,
    steps: Int
  ) {
    precondition(
      warmupSteps >= 0 && steps >= warmupSteps, "\(warmupSteps) of \(steps) steps warm up")
    self.peak = peak
    self.schedule = schedule
    self.warmupSteps = warmupSteps
    self.final = final
    self.steps = steps
  }

  /// η of step `step`, from 0.
  public func rate(at step: Int) -> Double {
    if step < warmupSteps { return peak * Double(step + 1) / Double(warmupSteps) }
    let t = min(1, Double(step - warmupSteps) / Double(max(1, steps - warmupSteps)))
    switch schedule {
    case .constant: return peak
    case .linear: return peak + (final - peak) * t
    case .cosine: return final + (peak - final) * (1 + cos(Double.pi * t)) / 2
    }
  }
}
