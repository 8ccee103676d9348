/// A scheduler, as far as a run needs one.
package protocol BatchSystem: Sendable {
  /// Whether a submission can hold several tasks and wait for others.
  var hasArrays: Bool { get }

  /// What it takes.
  ///
  /// - Throws: ``HarnessError/scheduler(command:words:)`` where it isn't there.
  func limits() throws(HarnessError) -> BatchLimits

  /// The shell script of a submission: what the scheduler reads of it, and a last line that runs one task.
  ///
  /// - Parameters:
  ///   - job: The submission.
  ///   - command: The task's program and arguments, but for the task's number.
  /// - Returns: The script's text.
  func script(for job: BatchJob, command: [String]) -> String

  /// Hands in a submission.
  ///
  /// - Parameters:
  ///   - job: The submission.
  ///   - script: Where its script is.
  /// - Returns: What the scheduler calls it; or why it can't take it yet.
  /// - Throws: ``HarnessError/scheduler(command:words:)`` where it never will.
  func submit(_ job: BatchJob, script: String) throws(HarnessError) -> BatchAnswer

  /// What the scheduler says of a run's tasks: those it doesn't know aren't among them.
  ///
  /// - Parameters:
  ///   - run: The run's name.
  ///   - open: Submissions that aren't at their end.
  /// - Returns: Their states; nil while the scheduler doesn't answer.
  /// - Throws: ``HarnessError/scheduler(command:words:)``, or ``HarnessError/cannotStart(_:)``.
  func states(of run: String, open: [Ledger.Submission]) throws(HarnessError) -> [BatchTask]?

  /// Takes back what is in the queue.
  ///
  /// - Throws: As ``states(of:open:)``.
  func cancel(_ open: [Ledger.Submission]) throws(HarnessError)

  /// What a person types to take all of it back.
  func cancelling(_ run: String) -> String?
}

/// What a scheduler takes; nil where it sets no limit.
package struct BatchLimits: Sendable, Equatable {
  /// Tasks in an array.
  package var arraySize: Int?
  /// Tasks of this user in the queue.
  package var submitted: Int?

  /// Limits from their parts.
  package init(arraySize: Int? = nil, submitted: Int? = nil) {
    self.arraySize = arraySize
    self.submitted = submitted
  }

  /// The smaller of each.
  package func and(_ limits: ClusterLimits) -> BatchLimits {
    func least(_ a: Int?, _ b: Int?) -> Int? { [a, b].compactMap(\.self).min() }
    return BatchLimits(
      arraySize: least(arraySize, limits.arraySize), submitted: least(submitted, limits.submitted))
  }
}

/// One submission, as a scheduler is told of it.
package struct BatchJob: Sendable, Equatable {
  /// The run's name.
  package var run: String
  /// The submission's number in it.
  package var number: Int
  /// Table and scale, for whoever looks at the queue.
  package var title: String
  /// How many tasks.
  package var tasks: Int
  /// What each asks for.
  package var request: TaskRequest
  /// Jobs that must be at their end before, by the scheduler's names.
  package var after: [String]
  /// Where output goes; `%a` stands for the task's number.
  package var output: String

  /// A submission from its parts.
  package init(
    run: String, number: Int, title: String, tasks: Int, request: TaskRequest, after: [String],
    output: String
  ) {
    self.run = run
    self.number = number
    self.title = title
    self.tasks = tasks
    self.request = request
    self.after = after
    self.output = output
  }
}

/// What a scheduler says to a submission.
package enum BatchAnswer: Sendable, Equatable {
  /// It has it, under this name.
  case taken(job: String)
  /// Not now, and why.
  case later(String)
}

/// A task in a scheduler's words.
package struct BatchTask: Sendable, Equatable {
  /// How far it is.
  package enum State: Sendable, Equatable {
    /// In the queue; where somebody must do something for it to start, what is said.
    case waiting(held: String?)
    /// At work.
    case running
    /// At its end, whatever came of it.
    case ended
    /// Taken back by somebody.
    case cancelled
  }

  /// The submission's number.
  package var submission: Int
  /// The task's number in it.
  package var task: Int
  /// What the scheduler calls the submission.
  package var job: String
  /// How far it is.
  package var state: State

  /// A task from its parts.
  package init(submission: Int, task: Int, job: String, state: State) {
    self.submission = submission
    self.task = task
    self.job = job
    self.state = state
  }
}
