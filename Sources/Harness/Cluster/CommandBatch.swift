/// Any scheduler that hands in a script, says of a job whether it is there, and takes it back: three commands.
///
/// Each submission is one task. What came of it isn't asked of the scheduler: records and journals say it.
package struct CommandBatch: BatchSystem {
  private let command: SchedulerCommand
  private let profile: ClusterProfile
  private let commands: SchedulerCommands

  package var hasArrays: Bool { false }

  /// The scheduler of a profile.
  package init(
    _ commands: SchedulerCommands, _ profile: ClusterProfile, environment: [String: String]
  ) {
    self.commands = commands
    self.profile = profile
    command = SchedulerCommand(environment: environment)
  }

  package func limits() throws(HarnessError) -> BatchLimits { BatchLimits(arraySize: 1) }

  package func script(for job: BatchJob, command: [String]) -> String {
    profile.script(
      [], title: "\(job.title), run \(job.run), submission \(job.number)", command: command,
      number: "0")
  }

  package func submit(_ job: BatchJob, script: String) throws(HarnessError) -> BatchAnswer {
    let request = job.request
    let values = [
      "script": script, "name": "zeroqat-\(job.run)-\(job.number)",
      "output": job.output.replacing("%a", with: "0"), "minutes": String(request.minutes),
      "hms": Self.clock(request.minutes), "mebibytes": String(request.mebibytes),
      "threads": String(request.threads),
    ]
    let words = commands.submit.map { Self.filled($0, values) }
    let answer = try command(words)
    let line = words.joined(separator: " ")
    guard answer.status == 0 else { throw .scheduler(command: line, words: answer.words) }
    guard let name = Self.job(in: answer.output, commands.answer) else {
      throw .scheduler(
        command: line, words: "expected '\(commands.answer)', found '\(answer.words)'")
    }
    return .taken(job: name)
  }

  /// A template with its words in braces replaced; two braces stand for one of the command's own.
  package static func filled(_ template: String, _ values: [String: String]) -> String {
    SchedulerCommands.withoutOwnBraces(template).replacing(/\{([a-zA-Z]+)\}/) { match in
      values[String(match.1)] ?? String(match.0)
    }.replacing("\u{1}", with: "{").replacing("\u{2}", with: "}")
  }

  /// `02:30:00`.
  package static func clock(_ minutes: Int) -> String {
    let (hours, rest) = minutes.quotientAndRemainder(dividingBy: 60)
    return "\(hours < 10 ? "0" : "")\(hours):\(rest < 10 ? "0" : "")\(rest):00"
  }

  /// The job's name in the first line that has `pattern`, text around `{job}`: what stands there without spaces.
  package static func job(in answer: String, _ pattern: String) -> String? {
    guard let (before, behind) = pattern.components(around: "{job}") else { return nil }
    for line in answer.split(separator: "\n") {
      var rest = line
      if before.isEmpty {
        rest = rest.drop { $0.isWhitespace }
      } else {
        guard let start = rest.firstRange(of: before)?.upperBound else { continue }
        rest = rest[start...]
      }
      let end =
        behind.isEmpty
        ? rest.firstIndex { $0.isWhitespace } ?? rest.endIndex
        : rest.firstRange(of: behind)?.lowerBound
      guard let end, end > rest.startIndex, !rest[..<end].contains(where: \.isWhitespace) else {
        continue
      }
      return String(rest[..<end])
    }
    return nil
  }

  package func states(of run: String, open: [Ledger.Submission]) throws(HarnessError)
    -> [BatchTask]?
  {
    var tasks: [BatchTask] = []
    for submission in open {
      guard let job = submission.job else { continue }
      let answer = try command(commands.status.map { Self.filled($0, ["job": job]) })
      // A command that hangs says nothing.
      guard answer.status >= 0 else { return nil }
      tasks.append(
        BatchTask(
          submission: submission.number, task: 0, job: job,
          state: isAlive(answer.status, answer.output) ? .running : .ended))
    }
    return tasks
  }

  private func isAlive(_ status: Int32, _ output: String) -> Bool {
    guard status == 0 else { return false }
    let words = output.split(whereSeparator: \.isWhitespace).map(String.init)
    return commands.alive.isEmpty || commands.alive.contains { words.contains($0) }
  }

  package func cancel(_ open: [Ledger.Submission]) throws(HarnessError) {
    for job in open.compactMap(\.job) {
      let words = commands.cancel.map { Self.filled($0, ["job": job]) }
      let answer = try command(words)
      guard answer.status == 0 else {
        throw .scheduler(command: words.joined(separator: " "), words: answer.words)
      }
    }
  }

  package func cancelling(_ run: String) -> String? { nil }
}
