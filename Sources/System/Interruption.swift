internal import Glibc
internal import Synchronization

/// Ctrl-C and its kin, remembered until somebody asks.
///
/// A signal handler may do next to nothing, so it stores a number; loops that wait look at it.
package enum Interruption {
  private static let last = Atomic<Int32>(0)
  private static let count = Atomic<Int>(0)

  /// From now on SIGINT, SIGTERM and SIGHUP are remembered instead of ending this process.
  package static func install() {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number) { number in
        Interruption.last.store(number, ordering: .relaxed)
        Interruption.count.add(1, ordering: .relaxed)
      }
    }
  }

  /// The exit status of a program that this signal ended, as shells have it: 130 for SIGINT, 143 for
  /// SIGTERM, 129 for SIGHUP.
  package static func exitStatus(of number: Int32) -> Int32 { 128 + number }

  /// How many signals came, and the last one's number.
  package static var current: (count: Int, number: Int32) {
    (count.load(ordering: .relaxed), last.load(ordering: .relaxed))
  }
}
