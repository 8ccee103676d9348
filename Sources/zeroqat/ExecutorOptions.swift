internal import ArgumentParser
internal import Glibc
internal import Harness
internal import JSONText
internal import System

/// Who starts the processes of cells.
enum Executor: String, CaseIterable, ExpressibleByArgument {
  /// This program, on this machine.
  case local
  /// Slurm's arrays.
  case slurm
  /// Three commands of another scheduler.
  case commands
}

/// Where cells run.
struct ExecutorOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where cells run: local, slurm, or commands, another scheduler's three that the profile names.",
      discussion: """
        Cells are handed in and followed to their records; the results folder and the program must be the same on \
        every machine. Interrupted or killed, the same command follows its jobs: Documentation/guides/Clusters.md.
        """, valueName: "executor"))
  var executor = Executor.local

  @Option(
    help: ArgumentHelp(
      "What the cluster is like, JSON: partition, limits, modules.", valueName: "file"))
  var profile: String?

  @Option(
    help: ArgumentHelp(
      "Only write a list of tasks for an array that you hand in and follow yourself, and print what it needs.",
      valueName: "file"))
  var writeTasks: String?

  @Flag(help: "Take back the jobs of this table that are in the cluster's queue; run nothing.")
  var cancel = false

  /// Whether cells run elsewhere.
  var isCluster: Bool { executor != .local }

  /// Refuses what goes with one of them alone.
  func validate() throws {
    if executor == .local, profile != nil && writeTasks == nil || cancel {
      throw ValidationError(
        "\(cancel ? "--cancel" : "--profile") needs --executor slurm or --executor commands")
    }
    if executor != .local, writeTasks != nil {
      throw ValidationError("--write-tasks hands in nothing, so that --executor has nothing to do")
    }
    if executor == .commands, profile == nil {
      throw ValidationError(
        "--executor commands needs --profile, whose 'commands' says how the scheduler is spoken to")
    }
  }

  /// What the profile says; the defaults without one.
  func clusterProfile() throws -> ClusterProfile {
    guard let profile else { return ClusterProfile() }
    let document = try JSONDocument(contentsOf: profile)
    let read = try ClusterProfile(document: document)
    if executor == .commands, read.commands == nil {
      throw document.error(
        at: "", "expected 'commands', which --executor commands takes, found none")
    }
    return read
  }

  /// A way to run cells on the cluster.
  ///
  /// - Parameters:
  ///   - profile: What it is like.
  ///   - work: How many threads a cell has, if an option says so.
  ///   - worker: The program that runs a cell.
  ///   - environment: This process's.
  /// - Returns: The way.
  /// - Throws: `FileError` where this program's own path can't be told.
  func cluster(
    _ profile: ClusterProfile, _ work: WorkOptions, worker: String, environment: [String: String]
  ) throws -> ClusterRun {
    ClusterRun(
      profile: profile, threads: profile.threads ?? work.threads ?? 1,
      sharing: methodsThatShareTraining, program: try Self.ownPath(),
      worker: worker == TableRun.ownProgram ? nil : try absolute(worker),
      progress: .standardError(environment: environment))
  }

  /// The scheduler.
  func batch(_ profile: ClusterProfile, environment: [String: String]) throws -> any BatchSystem {
    if executor == .commands, let commands = profile.commands {
      return CommandBatch(commands, profile, environment: environment)
    }
    return try SlurmBatch(profile, environment: environment)
  }

  /// This program's path from the root: other machines know it by that.
  private static func ownPath() throws(FileError) -> String {
    guard let path = realpath(TableRun.ownProgram, nil) else {
      throw FileError("find", TableRun.ownProgram, code: errno)
    }
    defer { free(path) }
    return String(cString: path)
  }
}
