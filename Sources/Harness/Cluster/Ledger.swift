internal import Glibc
package import JSONText
internal import System

/// What a run has submitted: kept on disk before the scheduler is asked, so that a run that was killed finds its jobs.
package struct Ledger: Codable, Sendable, Equatable {
  /// The version of this layout.
  package static let currentSchema = 1

  /// Version of this layout.
  package var schema = Ledger.currentSchema
  /// The run's name in the queue: the same for every run of one table in one folder.
  package var run: String
  /// In the order in which they were made.
  package var submissions: [Submission] = []

  /// One submission.
  package struct Submission: Codable, Sendable, Equatable {
    /// Its number, from 1.
    package var number: Int
    /// What the scheduler calls it; null between being written down and being taken.
    package var job: String?
    /// When it was handed in, seconds since 1970.
    package var at: Double
    /// What each task asks for.
    package var request: TaskRequest
    /// Ids of cells, task by task.
    package var tasks: [[String]]
    /// Tasks that are at their end, with all that was to be learned from them.
    package var closed: [Int] = []

    /// A submission from its parts.
    package init(
      number: Int, job: String?, at: Double, request: TaskRequest, tasks: [[String]],
      closed: [Int] = []
    ) {
      self.number = number
      self.job = job
      self.at = at
      self.request = request
      self.tasks = tasks
      self.closed = closed
    }

    /// Tasks that aren't at their end.
    package var openTasks: [Int] { tasks.indices.filter { !closed.contains($0) } }
  }

  /// An empty ledger.
  package init(run: String) { self.run = run }

  /// Submissions that aren't at their end.
  package var open: [Submission] { submissions.filter { !$0.openTasks.isEmpty } }

  /// The number of the next submission.
  package var nextNumber: Int { (submissions.last?.number ?? 0) + 1 }

  /// The submission of that number.
  package subscript(_ number: Int) -> Submission? { submissions.first { $0.number == number } }

  /// Changes the submission of that number.
  package mutating func change(_ number: Int, _ change: (inout Submission) -> Void) {
    guard let index = submissions.firstIndex(where: { $0.number == number }) else { return }
    change(&submissions[index])
  }

  /// The name of runs of a table in a folder of results: twelve hex digits.
  package static func run(of store: ResultStore) -> String {
    String(digest(of: Array(store.folder.utf8)).prefix(12))
  }

  /// Reads what is in the folder of a run; an empty ledger where nothing is.
  ///
  /// - Throws: `JSONError` where it can't be read, with its place.
  package static func read(in folder: String, run: String) throws(JSONError) -> Ledger {
    let path = folder + "/ledger.json"
    guard FileStatus(of: path) != nil else { return Ledger(run: run) }
    let document = try JSONDocument(contentsOf: path)
    let ledger = try document.decode(Ledger.self)
    guard ledger.schema == currentSchema else {
      throw document.error(
        at: "/schema",
        "schema \(ledger.schema) isn't supported; this build reads schema \(currentSchema)")
    }
    guard ledger.run == run else {
      throw document.error(
        at: "/run",
        "expected '\(run)', the run of this folder, found '\(ledger.run)': was the folder moved? "
          + "Once its jobs are gone, remove \(path)")
    }
    return ledger
  }

  /// Writes it, whole or not at all.
  ///
  /// - Throws: ``HarnessError/results(_:)``.
  package func write(in folder: String) throws {
    let text = try jsonText(of: self, style: .pretty)
    do {
      try makeFolder(folder)
      try writeDurably(Array(text.utf8), to: folder + "/ledger.json")
    } catch { throw HarnessError.results(error) }
  }
}

/// Seconds since 1970: of what must be told apart after a restart, perhaps on another machine.
func wallSeconds() -> Double {
  var now = timespec()
  clock_gettime(CLOCK_REALTIME, &now)
  return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
}
