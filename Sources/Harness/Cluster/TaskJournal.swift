internal import JSONText
package import System

/// What one start of a task did, as far as it came: written by the task, read by whoever follows the run.
///
/// Each start has a file of its own, which is replaced whole: two machines never write into one file.
package struct TaskJournal: Codable, Sendable, Equatable {
  /// Version of this layout.
  package var schema = 1
  /// Which of the run's submissions.
  package var submission: Int
  /// The task's number.
  package var task: Int
  /// The machine.
  package var host: String
  /// What the scheduler calls the job, where its environment says so.
  package var job: String?
  /// When it began, UTC.
  package var startedAt: String
  /// Seconds from then to the last line of this.
  package var seconds: Double
  /// What became of cells, in the order in which they ended.
  package var cells: [Entry]
  /// The exit status; null while it runs, or where it was ended by force.
  package var status: Int32?
  /// What kept the task from going on; null where nothing did.
  package var trouble: String?

  /// What became of a cell.
  package enum Outcome: String, Codable, Sendable {
    /// It has a record that holds.
    case recorded
    /// It has a record that says that it failed.
    case failed
    /// It needs more memory than the task was given, which its record says.
    case tooLarge
    /// A signal came; the next task goes on there.
    case interrupted
    /// Another process has it.
    case busy
    /// The full precision that it is compared with has no record yet.
    case waits
    /// Full precision misses its anchor.
    case blocked
    /// This program or this machine isn't the one that it was planned for.
    case refused
  }

  /// One cell.
  package struct Entry: Codable, Sendable, Equatable {
    /// The cell's id.
    package var id: String
    /// What became of it.
    package var outcome: Outcome
    /// Seconds that it took here.
    package var seconds: Double
    /// Why, where there is something to say.
    package var reason: String?
  }

  /// What a task's files are called before the machine and the process.
  package static func stem(submission: Int, task: Int) -> String {
    "\(padded(submission))-\(task)"
  }

  /// Four digits at least, so that names sort.
  package static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  /// All starts of a task that left something, in the order in which they began.
  ///
  /// What can't be read was being written by a machine that failed: it counts as nothing.
  package static func all(submission: Int, task: Int, in folder: String) throws(FileError)
    -> [TaskJournal]
  {
    let prefix = stem(submission: submission, task: task) + "-"
    return try listFolder(folder).filter { $0.hasPrefix(prefix) && $0.hasSuffix(".json") }
      .compactMap { name in
        try? JSONDocument(contentsOf: "\(folder)/\(name)").decode(TaskJournal.self)
      }.sorted { $0.startedAt < $1.startedAt }
  }
}
