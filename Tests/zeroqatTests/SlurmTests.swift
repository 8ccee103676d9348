import Glibc
import Harness
import JSONText
import Records
import System
import TestSupport
import Testing

/// Cells that are really run, by jobs of a Slurm that is really there.
@Suite("On a Slurm cluster", .serialized, .needsSlurm)
struct SlurmTests {
  /// Full precision, roundings, trainings and cells that take a while, so that something is at work when it is ended.
  private static let grid = """
    {
      "schema": 1, "table": "real", "title": "A cluster",
      "models": { "one": "One", "two": "Two" },
      "rows": [
        { "key": "fp", "label": "FP", "method": "full-precision" },
        { "key": "rtn", "label": "RTN", "method": "rtn" },
        { "key": "slow", "label": "Slow", "method": "dummy",
          "options": { "ballastMilliseconds": 2500 } },
        { "key": "zo", "label": "ZeroQAT", "method": "zeroqat",
          "options": { "steps": 60, "learningRate": 1e-4, "epsilon": 1e-3, "batchWindows": 1,
            "calibrationWindows": 2, "checkpointEvery": 20 } }
      ],
      "columns": [
        { "key": "one4", "label": "1", "metric": "perplexity", "bits": "W4A4", "model": "one" },
        { "key": "two4", "label": "2", "metric": "perplexity", "bits": "W4A4", "model": "two" },
        { "key": "one3", "label": "3", "metric": "perplexity", "bits": "W3A16", "model": "one" },
        { "key": "two3", "label": "4", "metric": "perplexity", "bits": "W3A16", "model": "two" }
      ],
      "scales": {
        "tiny": { "models": { "one": "one", "two": "two" }, "protocols": ["words-32"], "seed": 1,
          "testWindows": 4, "developmentWindows": 3 }
      }
    }
    """

  private static let profile = """
    { "schema": 1, "atATime": 4, "threads": 1, "taskMinutes": 1, "unknownMinutes": 1,
      "graceSeconds": 5, "pollSeconds": 0.5, "settleSeconds": 1,
      "limits": { "minutes": 5, "mebibytes": 1024 } }
    """

  private let cluster: SlurmCluster
  private let table: RealTable

  init() throws {
    cluster = try SlurmCluster()
    table = try RealTable(grid: Self.grid)
    try table.folder.write(Self.profile, to: "site.json")
  }

  private var results: String { table.folder.path("cluster-results") }

  private func run(meanwhile: () throws -> Void = {}) throws -> (status: Int32, output: String) {
    try table.run(
      [
        "--executor", "slurm", "--profile", table.folder.path("site.json"), "--results", results,
      ], variables: cluster.variables.merging(["PATH": SlurmCluster.searchPath]) { $1 },
      meanwhile: meanwhile)
  }

  /// The text of every record in a folder of results, without what differs from run to run, by its id.
  private func records(in results: String) throws -> [String: String] {
    let folder = results + "/real/tiny"
    var texts: [String: String] = [:]
    for name in try listFolder(folder) where name.hasSuffix(".json") {
      var record = try JSONDocument(contentsOf: "\(folder)/\(name)").decode(RunRecord.self)
      #expect(record.status == .finished, "\(name): \(record.reason ?? "")")
      record.measurement = nil
      texts[name] = try jsonText(of: record, style: .pretty)
    }
    return texts
  }

  /// When each finished cell was begun: another time would mean that it ran again.
  private func beginnings() throws -> [String: String] {
    let folder = results + "/real/tiny"
    guard FileStatus(of: folder) != nil else { return [:] }
    var found: [String: String] = [:]
    for name in try listFolder(folder) where name.hasSuffix(".json") {
      let record = try JSONDocument(contentsOf: "\(folder)/\(name)").decode(RunRecord.self)
      if record.status == .finished { found[name] = record.measurement?.startedAt }
    }
    return found
  }

  @Test(
    "A failing machine, a cancelled task, a requeued one and a killed driver lose no finished cell")
  func losesNothing() throws {
    let local = table.folder.path("local-results")
    let (status, output) = try table.run(["--results", local])
    try #require(status == 0, "\(output)")
    let expected = try records(in: local)
    #expect(expected.count == 14)

    // The driver is killed once its arrays are in the queue.
    var finished: [String: String] = [:]
    let killed = try table.run(
      [
        "--executor", "slurm", "--profile", table.folder.path("site.json"), "--results", results,
      ], variables: cluster.variables.merging(["PATH": SlurmCluster.searchPath]) { $1 },
      interruption: {
        usleep(200_000)
        let isIn = (try? cluster.tasks().count >= expected.count) == true
        return isIn ? (1, SIGKILL) : (0, 0)
      })
    #expect(killed.status == -SIGKILL, "\(killed.output)")
    let jobs = Set(try cluster.tasks().map { $0.id.prefix { $0 != "_" } })

    // Followed again: a machine fails, one task is requeued and one cancelled, each at its moment.
    enum Moment { case toFail, failed, up, over }
    var moment = Moment.toFail
    var (requeued, cancelled): (String?, String?)
    let followed = try run {
      usleep(200_000)
      let tasks = try cluster.tasks()
      let running = tasks.filter { $0.state == "RUNNING" }
      switch moment {
      case .toFail where running.count >= 2 && tasks.contains { $0.state == "COMPLETED" }:
        finished = try beginnings()
        try cluster.failNode()
        moment = .failed
      case .failed where try cluster("sinfo", "-h", "-o", "%T").contains("down"):
        try cluster.startNode()
        moment = .up
      case .up:
        try cluster.hasten()
        // The last ones in the queue, so that others have come to their end.
        guard let running = running.last, let waiting = tasks.last(where: { $0.state == "PENDING" })
        else { return }
        // One that is just at its end can't be requeued.
        guard (try? cluster("scontrol", "requeue", running.id)) != nil else { return }
        requeued = running.id
        try cluster("scancel", waiting.id)
        cancelled = waiting.id
        moment = .over
      case .over: try cluster.hasten()
      default: break
      }
    }
    #expect(moment == .over, "\(followed.output)")
    #expect(followed.output.contains("an earlier run has handed in "))
    // What somebody took back is nobody's failure, but isn't there either.
    #expect(followed.status == 3, "\(followed.output)")
    #expect(followed.output.contains("1 cancelled"), "\(followed.output)")
    #expect(cancelled != nil && requeued != nil && cancelled != requeued)
    #expect(followed.output.contains("asked for and used:"))
    #expect(!finished.isEmpty, "nothing was finished when the machine failed")
    // Nothing was handed in twice: Slurm itself starts again what its machine lost.
    #expect(Set(try cluster.tasks().map { $0.id.prefix { $0 != "_" } }) == jobs)

    let rest = try run {
      usleep(200_000)
      try cluster.hasten()
    }
    #expect(rest.status == 0, "\(rest.output)")
    let found = try records(in: results)
    #expect(found.keys.sorted() == expected.keys.sorted())
    for (name, text) in found where text != expected[name] {
      let lines = zip(text.split(separator: "\n"), (expected[name] ?? "").split(separator: "\n"))
      let first = lines.first { $0 != $1 }
      Issue.record("\(name): \(first.map { "\($0) in the place of \($1)" } ?? "more lines")")
    }
    let last = try beginnings()
    for (name, began) in finished { #expect(last[name] == began, "\(name) ran again") }
  }

  @Test("The same Slurm by three commands, as any scheduler is spoken to")
  func threeCommands() throws {
    try table.folder.write(
      """
      { "schema": 1, "threads": 1, "taskMinutes": 20, "unknownMinutes": 1, "pollSeconds": 0.5,
        "settleSeconds": 1,
        "commands": {
          "submit": ["sbatch", "--parsable", "--job-name={name}", "--output={output}",
            "--time={minutes}", "--mem={mebibytes}M", "--cpus-per-task={threads}", "{script}"],
          "status": ["squeue", "--noheader", "--states=all", "--jobs={job}", "--format=%T"],
          "alive": ["PENDING", "RUNNING", "COMPLETING", "CONFIGURING"],
          "cancel": ["scancel", "{job}"]
        } }
      """, to: "commands.json")
    let arguments = [
      "--executor", "commands", "--profile", table.folder.path("commands.json"), "--results",
      results, "--filter", "column=one4",
    ]
    let variables = cluster.variables.merging(["PATH": SlurmCluster.searchPath]) { $1 }
    let (status, output) = try table.run(arguments, variables: variables)
    #expect(status == 0, "\(output)")
    #expect(output.contains("job 1: 1 cell in 1 task of 5 min, 1 GiB, 1 processor"))
    #expect(output.contains("job 2: 3 cells in 1 task of 10 min, 1 GiB, 1 processor"))
    let local = table.folder.path("local-results")
    #expect(try table.run(["--results", local, "--filter", "column=one4"]).status == 0)
    #expect(try records(in: results) == records(in: local))
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips a test where Slurm or munge isn't installed.
  static var needsSlurm: Self {
    .enabled(
      if: SlurmCluster.missing == nil,
      "skipped: \(SlurmCluster.missing ?? "") isn't installed; Debian has it in the packages slurm-wlm and munge"
    )
  }
}
