internal import ArgumentParser
internal import Harness
internal import Records
internal import System

/// How many cells a command runs at a time.
struct JobsOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Cells at a time; threads are shared out among them, and nothing starts that wouldn't fit into memory.",
      discussion: "The numbers don't depend on it. Cells whose times a table prints run alone.",
      valueName: "count"))
  var jobs = 1

  func validate() throws {
    if !(1...256).contains(jobs) {
      throw ValidationError("expected 1 to 256 jobs, found \(jobs)")
    }
  }

  /// Threads of each cell: the processors' share, unless an option says how many.
  func threads(_ work: WorkOptions) -> Int { work.threads ?? max(1, work.threadCount / jobs) }

  /// What a runner must know of it.
  func settings(_ work: WorkOptions) -> Jobs {
    Jobs(count: jobs, threadsAlone: work.threadCount, sharing: methodsThatShareTraining)
  }
}
