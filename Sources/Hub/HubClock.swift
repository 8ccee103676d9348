internal import Glibc
internal import System

/// Time as a fetch sees it: a test has its own.
package struct HubClock {
  /// Seconds of a clock that nobody sets.
  package var now: () -> Double
  /// Seconds since 1970.
  package var unixSeconds: () -> Double
  /// Waits so many seconds; throws where a signal comes meanwhile.
  package var sleep: (Double) throws -> Void

  /// A clock from its parts.
  package init(
    now: @escaping () -> Double, unixSeconds: @escaping () -> Double,
    sleep: @escaping (Double) throws -> Void
  ) {
    self.now = now
    self.unixSeconds = unixSeconds
    self.sleep = sleep
  }

  /// The system's.
  ///
  /// - Parameter isInterrupted: Asked every tenth of a second of a wait; true ends it with ``HubError/interrupted``.
  /// - Returns: The clock.
  package static func system(isInterrupted: @escaping () -> Bool) -> HubClock {
    HubClock(
      now: monotonicSeconds,
      unixSeconds: { Double(time(nil)) },
      sleep: { seconds in
        let end = monotonicSeconds() + seconds
        while monotonicSeconds() < end {
          if isInterrupted() { throw HubError.interrupted }
          usleep(UInt32(min(0.1, max(0.001, end - monotonicSeconds())) * 1_000_000))
        }
      })
  }
}
