package import Records
internal import System
internal import Vocabulary

/// How many cells run at a time, and what must be known for that.
package struct Jobs: Sendable {
  /// Cells at a time.
  package var count: Int
  /// Threads of a cell that must run alone, as one does whose times a table prints.
  package var threadsAlone: Int
  /// Methods whose cells may share one training: of those on the same material the first does it, the others wait.
  package var sharing: Set<String>
  /// What the cells that run may need together.
  package var memoryBytes: Int

  /// So many cells at a time.
  package init(
    count: Int, threadsAlone: Int, sharing: Set<String> = [], memoryBytes: Int = MachineMemory.bytes
  ) {
    self.count = count
    self.threadsAlone = threadsAlone
    self.sharing = sharing
    self.memoryBytes = memoryBytes
  }
}

/// The cells of a plan that are still to run, and which of them may start beside those that do.
///
/// In the plan's order, but for cells that have to wait: for the full precision that they are compared with, for
/// a training that another one does, for memory, or for quiet.
package struct CellQueue {
  /// A cell that may start.
  package struct Ticket: Sendable {
    package let entry: PlanEntry
    let cell: Cell
    let cause: PlanEntry.Cause
    /// Which of the cells to run it is, from 1 in the order of starting.
    let number: Int
    /// Whether nothing else runs.
    let isAlone: Bool
    fileprivate let waiting: Waiting
  }

  /// What comes next.
  package enum Next {
    case start(Ticket)
    /// Nothing that may start beside what runs.
    case wait
    /// Nothing at all.
    case done
  }

  fileprivate struct Waiting: Sendable {
    let entry: PlanEntry
    let cell: Cell
    let cause: PlanEntry.Cause
    /// The memory that it should need.
    let bytes: Int
    /// Whether a table prints its times.
    let isAlone: Bool
    /// What names a training that others may take up; nil where none is shared.
    let training: String?
  }

  private let jobs: Jobs
  private var waiting: [Waiting]
  private var running: [Waiting] = []
  private var started = 0
  private var trained: Set<String> = []

  /// The cells of `plan` that have no record.
  package init(_ plan: Plan, _ jobs: Jobs) {
    self.jobs = jobs
    waiting = plan.entries.compactMap { entry in
      guard let cell = entry.cell, case .run(let cause) = entry.state else { return nil }
      return Waiting(
        entry: entry, cell: cell, cause: cause,
        bytes: entry.expectedBytes,
        isAlone: entry.needsQuiet, training: entry.training(sharedBy: jobs.sharing))
    }
  }

  /// The next cell, which counts as running from here on.
  ///
  /// - Parameter missed: What full precision has against its anchor, by panel: those cells are dropped.
  /// - Returns: It, and the reasons of those that were dropped.
  package mutating func next(missed: [GridPanel: String]) -> (Next, blocked: [String]) {
    var blocked: [String] = []
    waiting.removeAll { cell in
      guard !cell.entry.isAnchor, let reason = missed[cell.entry.point.panel] else { return false }
      blocked.append(reason)
      return true
    }
    guard !waiting.isEmpty else { return (running.isEmpty ? .done : .wait, blocked) }
    guard running.count < jobs.count,
      let index = waiting.indices.first(where: { mayStart(waiting[$0]) })
    else { return (.wait, blocked) }
    let cell = waiting.remove(at: index)
    running.append(cell)
    started += 1
    return (
      .start(
        Ticket(
          entry: cell.entry, cell: cell.cell, cause: cell.cause, number: started,
          isAlone: cell.isAlone, waiting: cell)),
      blocked
    )
  }

  /// Nothing more starts.
  mutating func stop() { waiting = [] }

  /// That cell is at its end, whatever came of it.
  package mutating func ended(_ ticket: Ticket) {
    running.removeAll { $0.cell.id == ticket.cell.id }
    if let training = ticket.waiting.training { trained.insert(training) }
  }

  private func mayStart(_ cell: Waiting) -> Bool {
    let panel = cell.entry.point.panel
    if !cell.entry.isAnchor,
      (waiting + running).contains(where: { $0.entry.isAnchor && $0.entry.point.panel == panel })
    {
      return false
    }
    // Whatever it needs, alone it may try: the worker itself says what is too large.
    guard !running.isEmpty else { return true }
    if cell.isAlone || running.contains(where: \.isAlone) { return false }
    if let training = cell.training, !trained.contains(training),
      running.contains(where: { $0.training == training })
    {
      return false
    }
    let (bytes, overflow) = running.reduce((cell.bytes, false)) { sum, other in
      let (bytes, overflow) = sum.0.addingReportingOverflow(other.bytes)
      return (bytes, sum.1 || overflow)
    }
    return !overflow && MachineMemory.holds(bytes, on: jobs.memoryBytes)
  }
}
