internal import ArgumentParser
internal import Harness
internal import Records
internal import System

/// `zeroqat task --list FILE --index N`: what a job of a cluster runs.
struct TaskCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "task", abstract: "Run the cells of one task; started by a cluster's scheduler.",
    discussion: """
      'run --executor' writes the list and hands in a script that calls this. Exit status: 0 every cell has a record; \
      1 full precision misses its anchor; 2 bad input, or a cell of another program or processor; 3 a cell failed; \
      4 some must wait for a record or for another process; 129, 130 or 143 interrupted: the next start goes on there.
      """)

  @Option(help: "The list of tasks, JSON.")
  var list: String

  @Option(help: "The task's number, from 0.")
  var index: Int

  func run() throws {
    Interruption.install()
    let environment = processEnvironment()
    let task = try TaskRun(
      listAt: try absolute(list), number: index,
      progress: .standardError(environment: environment),
      isOurs: { builtScience.digests(of: $0.method.name) == $0.science }
    ) { list in
      CellProcess(
        executable: list.worker ?? TableRun.ownProgram, threads: list.threads,
        environment: environment, commit: builtCommit)
    }
    throw ExitCode(try task())
  }
}
