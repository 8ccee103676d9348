import System

/// How fast a run goes, in words, every ten seconds.
struct Pace {
  private let stepTokens: Int
  private let last: Int
  private var firstStep: Int
  private var start = monotonicSeconds()
  private var latest = monotonicSeconds()

  /// A run from `step` to `last`, with so many tokens a step.
  init(step: Int, of last: Int, stepTokens: Int) {
    firstStep = step
    self.last = last
    self.stepTokens = stepTokens
  }

  /// A line when one is due.
  mutating func line(step: Int, loss: Double) -> String? {
    let now = monotonicSeconds()
    guard now - latest >= 10 else { return nil }
    latest = now
    // Over the whole run so far: pauses of the machine even out.
    let elapsed = now - start
    let rate = Double(step - firstStep) / elapsed
    let left = Int((Double(last - step) / rate).rounded())
    return "step \(step) of \(last): loss \(Self.rounded(loss)), "
      + "\(Int(rate * Double(stepTokens))) tokens/s, \(left / 3600) h \(left / 60 % 60) min left"
  }

  /// Three digits after the point.
  static func rounded(_ value: Double) -> String {
    guard value.isFinite, value.magnitude < 1e9 else { return "\(value)" }
    let thousandths = Int((value.magnitude * 1000).rounded())
    let digits = String(1000 + thousandths % 1000).dropFirst()
    return "\(value < 0 ? "-" : "")\(thousandths / 1000).\(digits)"
  }
}
