import Glibc
import Harness
import System
import TestSupport
import Testing

/// A Slurm of one machine in a temporary folder: a controller, one slurmd and a munged of its own, as the current user.
final class SlurmCluster {
  let folder: TemporaryFolder
  private let configuration: String
  private let node: String

  /// Programs that it takes, and where Debian's packages `slurm-wlm` and `munge` put them.
  private static let programs = ["slurmctld", "slurmd", "munged", "sbatch", "squeue", "scontrol"]

  /// Where commands are found.
  static let searchPath = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"

  /// The first program that isn't installed.
  static var missing: String? {
    programs.first { path(of: $0) == nil }
  }

  private static func path(of program: String) -> String? {
    ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"].map { "\($0)/\(program)" }
      .first { access($0, X_OK) == 0 }
  }

  /// What commands of Slurm need to find it.
  var variables: [String: String] { ["SLURM_CONF": configuration] }

  init() throws {
    folder = try TemporaryFolder()
    configuration = folder.path("slurm.conf")
    node = String(HostName.current.prefix { $0 != "." })
    for inner in ["state", "spool", "log"] { try makeFolder(folder.path(inner)) }
    let user = try #require(getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) })
    let port = Int.random(in: 10_000..<15_000) * 2
    try folder.write(
      """
      ClusterName=test
      SlurmctldHost=\(node)(127.0.0.1)
      SlurmctldPort=\(port)
      SlurmdPort=\(port + 1)
      SlurmUser=\(user)
      SlurmdUser=\(user)
      AuthType=auth/munge
      AuthInfo=socket=\(folder.path)/munge.socket
      CredType=cred/munge
      StateSaveLocation=\(folder.path)/state
      SlurmdSpoolDir=\(folder.path)/spool
      SlurmctldPidFile=\(folder.path)/slurmctld.pid
      SlurmdPidFile=\(folder.path)/slurmd.pid
      SlurmctldLogFile=\(folder.path)/log/slurmctld.log
      SlurmdLogFile=\(folder.path)/log/slurmd.log
      ProctrackType=proctrack/linuxproc
      TaskPlugin=task/none
      SwitchType=switch/none
      MpiDefault=none
      SelectType=select/cons_tres
      SelectTypeParameters=CR_Core_Memory
      SchedulerParameters=sched_min_interval=100000,batch_sched_delay=0,bf_interval=1
      SlurmdParameters=config_overrides
      ReturnToService=2
      SlurmdTimeout=3
      MessageTimeout=2
      BatchStartTimeout=2
      KillWait=3
      MaxArraySize=9
      JobCompType=jobcomp/none
      AccountingStorageType=accounting_storage/none
      JobAcctGatherType=jobacct_gather/none
      NodeName=\(node) NodeAddr=127.0.0.1 CPUs=4 RealMemory=16000 State=UNKNOWN
      PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP

      """, to: "slurm.conf")
    var generator = SystemRandomNumberGenerator()
    let key = (0..<64).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    chmod(try folder.write(key, to: "munge.key"), 0o600)
    chmod(folder.path, 0o755)
    try start(
      "munged",
      [
        "--key-file=\(folder.path)/munge.key", "--socket=\(folder.path)/munge.socket",
        "--pid-file=\(folder.path)/munged.pid", "--log-file=\(folder.path)/log/munged.log",
        "--seed-file=\(folder.path)/munge.seed", "--force",
      ])
    try start("slurmctld", ["-f", configuration])
    try startNode()
    // The controller needs a moment before it answers at all.
    try wait("the node to be idle") {
      (try? self("sinfo", "-h", "-o", "%T"))?.contains("idle") == true
    }
  }

  deinit {
    // Steps first: a step whose slurmd is gone would wait for it.
    for process in steps() { kill(process, SIGKILL) }
    for name in ["slurmd", "slurmctld", "munged"] {
      if let process = process(name) { kill(process, SIGKILL) }
    }
  }

  private func start(_ program: String, _ arguments: [String]) throws {
    let path = try #require(Self.path(of: program))
    // A daemon keeps no pipe of ours open.
    let (status, output) = try run(
      "/bin/sh",
      ["-c", "exec \"$@\" </dev/null >\"$0\" 2>&1", folder.path("log/\(program).start"), path]
        + arguments)
    let words = smallFile(folder.path("log/\(program).start")) ?? ""
    try #require(status == 0, "\(program): \(output)\(words)")
  }

  /// Starts the one slurmd, again where it was killed.
  func startNode() throws { try start("slurmd", ["-f", configuration]) }

  /// Kills slurmd and everything that it started, as a machine that fails does.
  func failNode() throws {
    if let process = process("slurmd") { kill(process, SIGKILL) }
    for process in steps() { kill(process, SIGKILL) }
  }

  /// The process whose id stands in a daemon's file.
  private func process(_ name: String) -> pid_t? {
    smallFile(folder.path("\(name).pid")).flatMap { pid_t($0.prefix { $0.isNumber }) }
  }

  /// Steps of jobs and what they started: every process in whose environment this cluster's configuration stands, but
  /// for the daemons and this test.
  private func steps() -> [pid_t] {
    let mark = "SLURM_CONF=\(configuration)"
    let names = (try? listFolder("/proc")) ?? []
    return names.compactMap { pid_t($0) }.filter { process in
      guard process != getpid(), let variables = smallFile("/proc/\(process)/environ"),
        let words = smallFile("/proc/\(process)/cmdline")
      else { return false }
      let isStep = words.contains("slurmstepd")
      let isTask = variables.contains("SLURM_JOB_ID=") && variables.contains(mark)
      return isTask || isStep && variables.contains(mark)
    }
  }

  /// Waits until something holds, half a minute at most.
  func wait(_ what: String, seconds: Double = 30, until holds: () throws -> Bool) throws {
    let end = monotonicSeconds() + seconds
    while try !holds() {
      try #require(monotonicSeconds() < end, "waited in vain for \(what)\n\(report)")
      usleep(100_000)
    }
  }

  /// What the daemons wrote last.
  private var report: String {
    ["slurmctld", "slurmd"].map { name in
      let lines = (smallFile(folder.path("log/\(name).log")) ?? "").split(separator: "\n")
      return "\(name):\n" + lines.suffix(15).joined(separator: "\n")
    }.joined(separator: "\n")
  }

  /// A command that didn't do what it was told.
  struct Refusal: Error { let words: String }

  /// Runs a command of Slurm: what it prints.
  ///
  /// - Throws: ``Refusal``.
  @discardableResult
  func callAsFunction(_ words: String...) throws -> String {
    let (status, output) = try run("/usr/bin/env", words)
    guard status == 0 else { throw Refusal(words: "\(words.joined(separator: " ")): \(output)") }
    return output
  }

  private func run(_ program: String, _ arguments: [String]) throws -> (Int32, String) {
    var output: [UInt8] = []
    let ending = try ChildProcess(
      executable: program, arguments: arguments,
      environment: [
        "PATH": Self.searchPath, "HOME": folder.path,
        "SLURM_CONF": configuration,
      ]
    ).run(interruption: { (0, 0) }, output: { output += $0 })
    let text = String(decoding: output, as: UTF8.self)
    guard case .status(let status) = ending.exit else { return (-1, text) }
    return (status, text)
  }

  /// Tasks of all jobs: `job_task`, and the state.
  func tasks() throws -> [(id: String, state: String)] {
    try self("squeue", "-h", "-r", "-t", "all", "-o", "%F_%K|%T").split(separator: "\n").map {
      let fields = $0.split(separator: "|")
      return (String(fields[0]), String(fields[1]))
    }
  }

  /// Lets jobs that Slurm holds back for two minutes after a failure begin now.
  func hasten() throws {
    for task in try tasks() where task.state == "PENDING" {
      _ = try? self("scontrol", "update", "JobId=\(task.id)", "StartTime=now")
    }
  }
}
