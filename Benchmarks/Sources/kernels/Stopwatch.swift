internal import Glibc

/// Times of calls that take turns, so that whatever disturbs the machine disturbs all of them.
struct Stopwatch {
  /// How often each is timed.
  var repeats: Int
  /// A sample repeats its call until it lasts at least this long, in seconds.
  var leastSeconds = 0.01
  /// Whether only time on the processor counts: for calls that stay on this thread.
  var isOfThisThread = false

  /// The same for calls on so many threads: of one thread, waiting for the processor doesn't count.
  func onThreads(_ threads: Int) -> Stopwatch {
    var result = self
    result.isOfThisThread = threads == 1
    return result
  }

  /// Seconds of one call of each body, `[body][repeat]`; every body is called before it is timed.
  func takeTurns(_ bodies: [() -> Void]) -> [[Double]] {
    let calls = bodies.map { body in
      body()
      let once = seconds(of: body)
      return max(1, Int((leastSeconds / max(once, 1e-9)).rounded(.up)))
    }
    var samples = [[Double]](repeating: [], count: bodies.count)
    for _ in 0..<repeats {
      for (index, body) in bodies.enumerated() {
        let total = seconds { for _ in 0..<calls[index] { body() } }
        samples[index].append(total / Double(calls[index]))
      }
    }
    return samples
  }

  private func seconds(of body: () -> Void) -> Double {
    let start = now()
    body()
    return now() - start
  }

  /// A clock that only goes forward.
  private func now() -> Double {
    var time = timespec()
    clock_gettime(isOfThisThread ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

extension [Double] {
  /// The middle value; of an even number, the mean of the two in the middle.
  var median: Double {
    let sorted = sorted()
    guard let last = sorted.last else { return .nan }
    let middle = count / 2
    return count % 2 == 1
      ? sorted[middle] : (sorted[middle - 1] + (middle > 0 ? sorted[middle] : last)) / 2
  }

  /// The least value.
  var least: Double { self.min() ?? .nan }
}
