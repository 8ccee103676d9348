internal import Records

/// Slurm, by its own commands.
///
/// > Source: Slurm 22.05, sbatch(1), squeue(1), sacct(1), scontrol(1).
package struct SlurmBatch: BatchSystem {
  private let command: SchedulerCommand
  private let profile: ClusterProfile
  private let user: String?
  /// Whether ended jobs are kept in a database: without one they are known as long as the controller remembers.
  package let hasAccounting: Bool
  private let arraySize: Int?

  package var hasArrays: Bool { true }

  /// Slurm as the environment finds it.
  ///
  /// - Throws: ``HarnessError/scheduler(command:words:)`` where it isn't there or doesn't answer.
  package init(_ profile: ClusterProfile, environment: [String: String]) throws(HarnessError) {
    command = SchedulerCommand(environment: environment)
    self.profile = profile
    user = environment["USER"] ?? environment["LOGNAME"]
    let answer = try command(["scontrol", "show", "config"])
    guard answer.status == 0 else {
      throw .scheduler(command: "scontrol show config", words: answer.words)
    }
    arraySize = Self.setting("MaxArraySize", in: answer.output).flatMap { Int($0) }
    hasAccounting =
      Self.setting("AccountingStorageType", in: answer.output)?.hasSuffix("/slurmdbd") == true
  }

  /// A value of `scontrol show config`, whose lines read `Name = value`.
  package static func setting(_ name: String, in text: String) -> String? {
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, parts[0].trimmed == name else { continue }
      return parts[1].trimmed
    }
    return nil
  }

  package func limits() throws(HarnessError) -> BatchLimits {
    guard hasAccounting, let user else { return BatchLimits(arraySize: arraySize) }
    let answer = try command([
      "sacctmgr", "--noheader", "--parsable2", "show", "assoc", "where", "user=\(user)",
      "format=MaxSubmitJobs",
    ])
    let submitted = answer.status == 0 ? answer.lines.compactMap { Int($0) }.min() : nil
    return BatchLimits(arraySize: arraySize, submitted: submitted)
  }

  package func script(for job: BatchJob, command: [String]) -> String {
    let request = job.request
    let grace = min(profile.graceSeconds, max(1, request.minutes * 60 / 2))
    var options = [
      "--job-name=\(Self.name(job.run))", "--comment=\(Self.comment(job.run, job.number))",
      "--array=0-\(job.tasks - 1)" + (profile.atATime.map { "%\($0)" } ?? ""),
      "--nodes=1", "--ntasks=1", "--cpus-per-task=\(request.threads)",
      "--mem=\(request.mebibytes)M", "--time=\(request.minutes)",
      // To the script alone, which is the task by then: it hands the signal on to its worker once.
      "--signal=B:TERM@\(grace)", "--requeue", "--open-mode=append", "--output=\(job.output)",
    ]
    if request.isExclusive { options.append("--exclusive") }
    if let partition = profile.slurm.partition { options.append("--partition=\(partition)") }
    if let account = profile.slurm.account { options.append("--account=\(account)") }
    if let qos = profile.slurm.qos { options.append("--qos=\(qos)") }
    if !job.after.isEmpty {
      options.append("--dependency=" + job.after.map { "afterany:\($0)" }.joined(separator: ","))
    }
    let lines = (options + profile.slurm.options).map { "#SBATCH \(Self.quoted($0))" }
    return profile.script(
      lines, title: "\(job.title), run \(job.run), submission \(job.number)", command: command,
      number: "\"$SLURM_ARRAY_TASK_ID\"")
  }

  /// As `sbatch` reads the lines of a script: quotes around what has spaces.
  private static func quoted(_ option: String) -> String {
    guard option.contains(" "), let equals = option.firstIndex(of: "=") else { return option }
    return "\(option[...equals])\"\(option[option.index(after: equals)...])\""
  }

  /// What all jobs of a run are called.
  package static func name(_ run: String) -> String { "zeroqat-\(run)" }

  private static func comment(_ run: String, _ number: Int) -> String {
    "zeroqat-\(run)-\(number)"
  }

  package func submit(_ job: BatchJob, script: String) throws(HarnessError) -> BatchAnswer {
    let answer = try command(["sbatch", "--parsable", script])
    guard answer.status == 0 else {
      if Self.passes(answer.output) { return .later(answer.words) }
      throw .scheduler(command: "sbatch \(script)", words: answer.words)
    }
    // Of several clusters, `id;cluster`; warnings may stand before it.
    let id = answer.lines.last?.split(separator: ";").first.map(String.init) ?? ""
    guard Int(id) != nil else {
      throw .scheduler(
        command: "sbatch \(script)", words: "expected a job's number, found '\(answer.words)'")
    }
    return .taken(job: id)
  }

  /// Whether a refusal passes by itself: too many jobs now, or a controller that is busy or away.
  ///
  /// > Source: Slurm 22.05, src/common/slurm_errno.c.
  package static func passes(_ words: String) -> Bool {
    [
      "temporarily unable to accept job", "MaxSubmitJob", "Job violates accounting/QOS policy",
      "Unable to contact slurm controller", "Socket timed out", "Zero Bytes were transmitted",
      "Resource temporarily unavailable", "Job dependency problem", "in standby mode",
    ].contains { words.contains($0) }
  }

  package func states(of run: String, open: [Ledger.Submission]) throws(HarnessError)
    -> [BatchTask]?
  {
    let answer = try command([
      "squeue", "--noheader", "--array", "--states=all", "--name=\(Self.name(run))",
      "--format=%F|%K|%T|%k|%r",
    ])
    guard answer.status == 0 else { return nil }
    var tasks = answer.lines.compactMap { Self.task(String($0), of: run) }
    guard hasAccounting else { return tasks }
    let missing = open.filter { submission in
      submission.job != nil
        && submission.openTasks.contains { task in
          !tasks.contains { $0.submission == submission.number && $0.task == task }
        }
    }
    guard !missing.isEmpty else { return tasks }
    let past = try command([
      "sacct", "--noheader", "--parsable2", "--allocations", "--format=JobID,State",
      "--jobs=" + missing.compactMap(\.job).joined(separator: ","),
    ])
    guard past.status == 0 else { return nil }
    let numbers = Dictionary(missing.map { ($0.job ?? "", $0.number) }) { $1 }
    for line in past.lines {
      guard let task = Self.pastTask(String(line), numbers),
        !tasks.contains(where: { $0.submission == task.submission && $0.task == task.task })
      else { continue }
      tasks.append(task)
    }
    return tasks
  }

  /// A task from a line of `squeue`: `job|task|state|comment|reason`.
  package static func task(_ line: String, of run: String) -> BatchTask? {
    let fields = line.split(separator: "|", maxSplits: 4, omittingEmptySubsequences: false)
    guard fields.count == 5, let task = Int(fields[1]), fields[3].hasPrefix("zeroqat-\(run)-"),
      let number = Int(fields[3].split(separator: "-").last ?? "")
    else { return nil }
    return BatchTask(
      submission: number, task: task, job: String(fields[0]),
      state: state(String(fields[2]), reason: String(fields[4])))
  }

  /// A task from a line of `sacct`: `job_task|state`.
  package static func pastTask(_ line: String, _ numbers: [String: Int]) -> BatchTask? {
    let fields = line.split(separator: "|", omittingEmptySubsequences: false)
    guard fields.count == 2 else { return nil }
    let id = fields[0].split(separator: "_")
    guard id.count == 2, let task = Int(id[1]), let number = numbers[String(id[0])] else {
      return nil
    }
    // `CANCELLED by 1000`.
    let word = fields[1].split(separator: " ").first.map(String.init) ?? ""
    return BatchTask(
      submission: number, task: task, job: String(id[0]), state: state(word, reason: ""))
  }

  /// > Source: Slurm 22.05, squeue(1), "JOB STATE CODES" and "JOB REASON CODES".
  private static func state(_ word: String, reason: String) -> BatchTask.State {
    switch word {
    case "PENDING", "REQUEUED", "REQUEUE_FED", "CONFIGURING", "RESV_DEL_HOLD", "SUSPENDED",
      "STOPPED", "SPECIAL_EXIT", "REQUEUE_HOLD":
      let held = [
        "JobHeldUser", "JobHeldAdmin", "launch failed requeued held", "BadConstraints",
        "PartitionTimeLimit", "PartitionNodeLimit",
      ]
      return .waiting(held: held.contains(reason) ? reason : nil)
    case "RUNNING", "COMPLETING", "SIGNALING", "STAGE_OUT", "RESIZING": return .running
    case "CANCELLED": return .cancelled
    // COMPLETED, FAILED, TIMEOUT, OUT_OF_MEMORY, DEADLINE, NODE_FAIL, BOOT_FAIL, PREEMPTED, REVOKED: what the task
    // left says what came of it.
    default: return .ended
    }
  }

  package func cancel(_ open: [Ledger.Submission]) throws(HarnessError) {
    let jobs = open.compactMap(\.job)
    guard !jobs.isEmpty else { return }
    let answer = try command(["scancel"] + jobs)
    guard answer.status == 0 else { throw .scheduler(command: "scancel", words: answer.words) }
  }

  package func cancelling(_ run: String) -> String? { "scancel --name=\(Self.name(run))" }
}

extension StringProtocol {
  /// Without blanks at both ends.
  fileprivate var trimmed: String {
    let start = firstIndex { !$0.isWhitespace } ?? endIndex
    let end = lastIndex { !$0.isWhitespace }.map { index(after: $0) } ?? start
    return start < end ? String(self[start..<end]) : ""
  }
}
