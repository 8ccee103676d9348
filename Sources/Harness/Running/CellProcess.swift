package import Digests
internal import Glibc
internal import JSONText
package import Records
internal import System

/// Runs one cell in a process of its own and makes a record of whatever happens.
package struct CellProcess: Sendable {
  /// The program that understands `cell --spec … --out … --threads … --work … --files … --stages …`.
  package var executable: String
  /// Threads inside the cell.
  package var threads: Int
  /// This process's environment; what OpenBLAS reads is set on top.
  package var environment: [String: String]
  /// The commit that the program was built from, for the record.
  package var commit: String?
  /// The most that this process itself ever held, bytes: it survives exec in a child's figure.
  package var ownPeakBytes: @Sendable () -> Int = {
    var own = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &own)
    return own.ru_maxrss * 1024
  }

  /// A way to run cells; by default with this very program.
  package init(
    executable: String = "/proc/self/exe", threads: Int, environment: [String: String],
    commit: String?
  ) {
    self.executable = executable
    self.threads = threads
    self.environment = environment
    self.commit = commit
  }

  /// What became of a cell.
  package enum Outcome: Sendable, Equatable {
    /// A record, finished or not, to be stored.
    case record(RunRecord)
    /// This signal came before there was a record; the work folder holds what was reached.
    case interrupted(by: Int32)
  }

  /// Runs `cell`, or takes the record that an earlier worker finished just before its parent ended.
  ///
  /// - Parameters:
  ///   - cell: What to run.
  ///   - inputs: The files that it stands on, as they were when the cell was planned.
  ///   - store: Where its work folder is; the record isn't stored yet.
  ///   - signalsBefore: As for ``ChildProcess/run(signalsBefore:interruption:output:)``.
  ///   - interruption: As for ``ChildProcess/run(signalsBefore:interruption:output:)``.
  ///   - output: Gets the worker's output as it comes.
  /// - Returns: A record, or that there is none because of a signal.
  /// - Throws: ``HarnessError`` when the work folder can't be written or nothing can be started: a
  ///   trouble of this machine, not of the cell.
  package func run(
    _ cell: Cell, inputs: [DigestedFile] = [], in store: ResultStore, signalsBefore: Int? = nil,
    interruption: () -> (count: Int, number: Int32) = { Interruption.current },
    output: (ArraySlice<UInt8>) -> Void
  ) throws -> Outcome {
    let work = store.workFolder(of: cell.id)
    let specification = work + "/cell.json"
    let files = work + "/files.json"
    let result = work + "/record.json"
    if case .record(let record) = ResultStore.read(result, expecting: cell.id),
      record.cell == cell, record.status == .finished || record.status == .diverged
    {
      return .record(record)
    }
    do {
      try makeFolder(work)
      try removeTree(result)
      try writeDurably(
        Array(try jsonText(of: cell, style: .pretty).utf8), to: specification)
      try writeDurably(Array(try jsonText(of: inputs, style: .pretty).utf8), to: files)
    } catch let error as FileError { throw HarnessError.results(error) }

    let startedAt = utcNow()
    var tail = OutputTail()
    let worker = ChildProcess(
      executable: executable,
      arguments: [
        "cell", "--spec", specification, "--out", result, "--threads", String(threads), "--work",
        work, "--files", files, "--stages", store.stages,
      ], environment: BLASCore.environment(for: cell.blasCore, parent: environment))
    let ending: ChildProcess.Ending
    do throws(FileError) {
      ending = try worker.run(signalsBefore: signalsBefore, interruption: interruption) { bytes in
        tail.append(bytes)
        output(bytes)
      }
    } catch { throw HarnessError.cannotStart(error) }
    var record: RunRecord
    switch verdict(on: cell, ending, result: result, words: tail.reason) {
    case .success(let sound): record = sound
    case .failure(let failure):
      if let number = ending.interruption { return .interrupted(by: number) }
      record = RunRecord(cell: cell, status: .failed, reason: failure.reason)
    }
    record.addWhatTheParentKnows(
      of: ending, commit: commit, startedAt: startedAt, parentBytes: ownPeakBytes())
    return .record(record)
  }

  private struct Failure: Error { var reason: String }

  /// The worker's record, if it ended well or says itself why not.
  private func verdict(
    on cell: Cell, _ ending: ChildProcess.Ending, result: String, words: String?
  ) -> Result<RunRecord, Failure> {
    let entry =
      FileStatus(of: result) == nil ? .none : ResultStore.read(result, expecting: cell.id)
    let words = words.map { ": \($0)" } ?? ""
    switch ending.exit {
    case .signal(let number):
      return .failure(
        Failure(reason: "the worker was ended by signal \(number)\(meaning(of: number))\(words)"))
    case .status(let status) where status != 0:
      if case .record(let record) = entry, record.cell == cell, record.status == .failed {
        return .success(record)
      }
      return .failure(Failure(reason: "the worker ended with status \(status)\(words)"))
    case .status:
      switch entry {
      case .none: return .failure(Failure(reason: "the worker wrote no record\(words)"))
      case .corrupt(let reason):
        let line = reason.split(separator: "\n").first.map(String.init) ?? reason
        return .failure(Failure(reason: "the worker's record can't be read: \(line)"))
      case .record(let record) where record.cell != cell:
        return .failure(Failure(reason: "the worker's record is of another cell"))
      case .record(let record): return .success(record)
      }
    }
  }
}

extension RunRecord {
  /// Adds wait4's figure, the commit and the start; notes when the two memory figures disagree.
  fileprivate mutating func addWhatTheParentKnows(
    of ending: ChildProcess.Ending, commit: String?, startedAt: String, parentBytes: Int
  ) {
    guard var known = measurement else { return }
    known.waitResidentBytes = ending.residentBytes
    known.commit = commit
    known.startedAt = startedAt
    measurement = known
    // The worker resets its high-water mark at each phase, and with it what wait4 will say: wait4 is
    // an independent check of the last stretch only. More than the worker ever saw is a warning.
    // What the parent ever held survives exec in that figure, so only more than that tells.
    // An external program is among the worker's children, whose most that figure has too; its own stands in a fact.
    if cell.method.name != GridProgram.method,
      Double(ending.residentBytes)
        > 1.02 * Double(max(known.peakResidentBytes, parentBytes))
    {
      events.append(
        "peak memory: wait4 reports \(ending.residentBytes) bytes, "
          + "the worker only \(known.peakResidentBytes)")
    }
  }
}

/// The name and the usual cause of a signal.
private func meaning(of signal: Int32) -> String {
  switch signal {
  case SIGKILL: " (SIGKILL; out of memory?)"
  case SIGSEGV: " (SIGSEGV)"
  case SIGILL: " (SIGILL)"
  case SIGABRT: " (SIGABRT)"
  case SIGBUS: " (SIGBUS; was a file cut short while it was mapped?)"
  case SIGFPE: " (SIGFPE)"
  case SIGTRAP: " (SIGTRAP)"
  case SIGTERM: " (SIGTERM)"
  default: ""
  }
}

/// Now, as ISO 8601 in UTC to the second.
package func utcNow() -> String {
  var now = time(nil)
  var parts = tm()
  gmtime_r(&now, &parts)
  func padded(_ value: Int32, _ width: Int = 2) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
  return padded(parts.tm_year + 1900, 4) + "-" + padded(parts.tm_mon + 1) + "-"
    + padded(parts.tm_mday) + "T" + padded(parts.tm_hour) + ":" + padded(parts.tm_min) + ":"
    + padded(parts.tm_sec) + "Z"
}
