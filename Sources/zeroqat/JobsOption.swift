internal import ArgumentParser
internal import Harness
internal import Records
internal import System

/// How many cells a command runs at a time.
struct JobsOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Cells at a time; threads are shared out among them, and nothing starts that wouldn't fit into memory.",
      discussion: """
        The numbers don't depend on it. Cells whose times a table prints run alone. Default: 1, so that times and memory \
        are a cell's own; where nobody publishes them, with a quick budget and in an audit, one for each processor.
        """,
      valueName: "count"))
  var jobs: Int?

  func validate() throws {
    if let jobs, !(1...256).contains(jobs) {
      throw ValidationError("expected 1 to 256 jobs, found \(jobs)")
    }
  }

  /// What a runner must know, and the threads of each cell.
  ///
  /// - Parameters:
  ///   - work: How many threads a cell has, if an option says so.
  ///   - timesMatter: Whether what a cell takes may be published.
  /// - Returns: Cells at a time, and threads in each.
  func settings(_ work: WorkOptions, timesMatter: Bool) -> (jobs: Jobs, threads: Int) {
    let processors = onlineProcessors()
    let count = jobs ?? (timesMatter ? 1 : max(1, processors / (work.threads ?? 1)))
    return (
      Jobs(count: count, threadsAlone: work.threadCount, sharing: methodsThatShareTraining),
      work.threads ?? max(1, processors / count)
    )
  }
}
