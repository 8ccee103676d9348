internal import Glibc

/// How often something is tried, and how long is waited in between.
package struct Patience: Sendable, Equatable {
  /// Attempts without anything gained between them.
  package var attempts: Int
  /// Seconds before the second attempt; each further wait is twice as long.
  package var firstWait: Double
  /// The longest wait that a hub may ask for, seconds.
  package var longestWait: Double
  /// Bytes that must have come for the count of attempts to begin anew.
  package var gain: Int

  /// A patience from its parts.
  package init(
    attempts: Int = 5, firstWait: Double = 1, longestWait: Double = 300, gain: Int = 1 << 20
  ) {
    self.attempts = attempts
    self.firstWait = firstWait
    self.longestWait = longestWait
    self.gain = gain
  }

  /// The seconds of a `Retry-After`: a number, or a date; nil for neither.
  ///
  /// > Source: RFC 9110 §10.2.3, §5.6.7.
  package static func seconds(retryAfter text: String, unixSeconds: Double) -> Double? {
    if let seconds = Int(text), seconds >= 0 { return Double(seconds) }
    let words = text.split(whereSeparator: { " :".contains($0) })
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    guard words.count == 8, words[7] == "GMT", let day = Int32(words[1]),
      let month = months.firstIndex(of: String(words[2])), let year = Int32(words[3]),
      let hour = Int32(words[4]), let minute = Int32(words[5]), let second = Int32(words[6]),
      (1...31).contains(day), (1970...9999).contains(year), (0...23).contains(hour),
      (0...59).contains(minute), (0...60).contains(second)
    else { return nil }
    var date = tm()
    (date.tm_mday, date.tm_mon, date.tm_year) = (day, Int32(month), year - 1900)
    (date.tm_hour, date.tm_min, date.tm_sec) = (hour, minute, second)
    return max(0, Double(timegm(&date)) - unixSeconds)
  }
}

/// An answer that may be another one later.
struct PassingAnswer: Error {
  let host: String
  let status: Int
  /// What the hub asks for.
  let retryAfter: Double?
}

/// Attempts at one thing, and the waits between them.
struct Attempts {
  let patience: Patience
  let clock: HubClock
  let report: (String) -> Void
  private var count = 0

  init(_ patience: Patience, _ clock: HubClock, _ report: @escaping (String) -> Void) {
    self.patience = patience
    self.clock = clock
    self.report = report
  }

  /// Something was gained: what comes next is a first attempt again.
  mutating func gained() { count = 0 }

  /// Waits before the next attempt, or throws where there is to be none.
  mutating func wait(after error: any Error) throws {
    count += 1
    var wait = patience.firstWait * Double(1 << min(count - 1, 16))
    let words: String
    switch error {
    case let answer as PassingAnswer:
      if let asked = answer.retryAfter {
        guard asked <= patience.longestWait else {
          throw answer.status == 429
            ? HubError.tooMany(host: answer.host, seconds: Int(min(asked, 1e9)))
            : HubError.unavailable(host: answer.host, status: answer.status, attempts: count)
        }
        wait = max(asked, patience.firstWait)
      }
      guard count < patience.attempts else {
        throw answer.status == 429
          ? HubError.tooMany(host: answer.host, seconds: nil)
          : HubError.unavailable(host: answer.host, status: answer.status, attempts: count)
      }
      words = "\(answer.host) answered \(answer.status)"
    case let error as TransportError:
      guard error.isPassing, count < patience.attempts else {
        throw HubError.transport(error, attempts: count)
      }
      words = "\(error)"
    default: throw error
    }
    wait = min(wait, patience.longestWait)
    let tenths = Int((wait * 10).rounded())
    let text = tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    report("\(words); again in \(text) s")
    try clock.sleep(wait)
  }
}
