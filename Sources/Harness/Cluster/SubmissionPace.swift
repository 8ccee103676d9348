/// At most ten submissions in any minute, as sites ask for: a scheduler serves everybody.
package struct SubmissionPace: Sendable {
  /// How many.
  package static let most = 10
  /// In how many seconds.
  package static let window = 60.0

  private var times: [Double]

  /// The pace of a run that submitted at these times, seconds since 1970.
  package init(_ times: [Double]) { self.times = times }

  /// Whether one more may be submitted now.
  package func allows(at now: Double) -> Bool {
    // A clock that was set back makes times of the future: they count, but only for a minute of it.
    times.count { abs(now - $0) < Self.window } < Self.most
  }

  /// Notes one.
  package mutating func note(at now: Double) {
    times = times.filter { abs(now - $0) < Self.window } + [now]
  }
}
