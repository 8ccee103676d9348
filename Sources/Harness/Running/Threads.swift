internal import Dispatch

/// Runs `body` in so many threads and waits for all of them; one is this thread.
///
/// Threads of their own, as they wait for processes: a pool would count on them to compute.
package func inThreads(_ count: Int, _ body: @escaping @Sendable () -> Void) {
  let others = DispatchGroup()
  for number in 1..<max(1, count) {
    DispatchQueue(label: "cell \(number)").async(group: others, execute: body)
  }
  body()
  others.wait()
}
