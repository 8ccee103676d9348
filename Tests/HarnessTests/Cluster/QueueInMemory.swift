import Harness
import Synchronization
import System

/// A scheduler that does nothing by itself: a test says what becomes of each task.
final class QueueInMemory: BatchSystem {
  struct Job {
    let job: BatchJob
    let script: String
    var states: [BatchTask.State]
  }

  private struct State {
    var jobs: [Job] = []
    var isAway = false
    var refusal: String?
  }

  let hasArrays: Bool
  private let ownLimits: BatchLimits
  private let state = Mutex(State())
  /// Called at each look, before it is answered.
  private let look: @Sendable (QueueInMemory) -> Void

  init(
    hasArrays: Bool = true, limits: BatchLimits = BatchLimits(),
    look: @escaping @Sendable (QueueInMemory) -> Void
  ) {
    self.hasArrays = hasArrays
    ownLimits = limits
    self.look = look
  }

  var jobs: [Job] { state.withLock { $0.jobs } }

  func set(_ new: BatchTask.State, job: Int, task: Int) {
    state.withLock { $0.jobs[job].states[task] = new }
  }

  func forget(_ job: Int) { state.withLock { $0.jobs[job].states = [] } }
  func setAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }
  func refuse(_ words: String?) { state.withLock { $0.refusal = words } }

  func limits() throws(HarnessError) -> BatchLimits { ownLimits }

  func script(for job: BatchJob, command: [String]) -> String {
    command.joined(separator: " ") + "\n"
  }

  func submit(_ job: BatchJob, script: String) throws(HarnessError) -> BatchAnswer {
    state.withLock { state in
      if let refusal = state.refusal { return .later(refusal) }
      state.jobs.append(
        Job(
          job: job, script: script,
          states: Array(repeating: .waiting(held: nil), count: job.tasks)))
      return .taken(job: String(state.jobs.count))
    }
  }

  func states(of run: String, open: [Ledger.Submission]) throws(HarnessError) -> [BatchTask]? {
    look(self)
    return state.withLock { state in
      if state.isAway { return nil }
      return state.jobs.enumerated().flatMap { index, job in
        job.states.enumerated().map { task, state in
          BatchTask(
            submission: job.job.number, task: task, job: String(index + 1), state: state)
        }
      }
    }
  }

  func cancel(_ open: [Ledger.Submission]) throws(HarnessError) {
    state.withLock { state in
      for submission in open {
        guard let index = submission.job.flatMap({ Int($0) }) else { continue }
        state.jobs[index - 1].states = state.jobs[index - 1].states.map { _ in .cancelled }
      }
    }
  }

  func cancelling(_ run: String) -> String? { "take back \(run)" }
}
