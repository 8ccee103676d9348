internal import CFence
internal import Glibc

/// Starts one program behind fences, watches it with all its children, and leaves none of them behind.
///
/// It is a process of its own, with one thread: what outlives the program becomes its child, and it ends no
/// process but its own descendants.
package struct ProgramKeeper: Sendable {
  /// The program's path.
  package var program: String
  /// Its working folder, the only one that it may write below.
  package var folder: String
  /// What it may take.
  package var limits: KeptLimits
  /// The fences that are tried.
  package var fences: Set<Fence>
  /// The process that asked for the program.
  package var parent: Int32
  /// The folder that is removed where that process is gone at the end; nil for none.
  package var leavings: String?

  /// The descriptor that the ending is told to.
  package static let reportDescriptor: Int32 = 3
  /// Microseconds between two looks at whether the program has ended.
  private static let interval: UInt32 = 20_000
  /// How many of those come to one at the whole tree: listing processes takes a millisecond or more, which would
  /// be the program's.
  private static let looksPerTree = 6
  /// Seconds that children have to end by themselves once the program has.
  private static let grace = 1.0
  /// Seconds after which a process that doesn't end is given up.
  private static let patience = 10.0

  /// A keeper from its parts.
  package init(
    program: String, folder: String, limits: KeptLimits,
    fences: Set<Fence> = Set(Fence.allCases), parent: Int32 = getppid(), leavings: String? = nil
  ) {
    self.program = program
    self.folder = folder
    self.limits = limits
    self.fences = fences
    self.parent = parent
    self.leavings = leavings
  }

  /// Runs the program to its end.
  ///
  /// Its standard streams are this process's own. A signal to this process, or the end of its parent, ends it.
  ///
  /// - Returns: How it ended.
  /// - Throws: ``FileError`` of the operation `start`, or where processes can't be listed.
  package func run(environment: [String: String] = processEnvironment()) throws(FileError)
    -> KeptEnding
  {
    Interruption.install()
    let code = zq_fence_adopt()
    guard code == 0 else { throw FileError("adopt children for", program, code: code) }
    let other = zq_fence_end_with_parent(SIGTERM)
    guard other == 0 else { throw FileError("watch the parent of", program, code: other) }
    defer {
      // Nobody else knows of the folder then, and nobody is there to be told of an error.
      if let leavings, getppid() != parent { try? removeTree(leavings) }
    }
    // It may have ended before the line above.
    guard getppid() == parent else { throw FileError("start", program, code: ESRCH) }
    _ = fcntl(Self.reportDescriptor, F_SETFD, FD_CLOEXEC)
    let (child, standing) = try start(environment)
    let began = monotonicSeconds()
    var watch = Watch(child: child)
    do {
      var looks = 0
      while !watch.collect() {
        if looks % Self.looksPerTree == 0 {
          try watch.look(limits, elapsed: monotonicSeconds() - began)
          if watch.cause != nil { break }
        }
        looks += 1
        usleep(Self.interval)
      }
      if watch.cause == nil { try watch.wait(Self.grace) }
      try watch.endAll(within: Self.patience)
    } catch {
      // Whatever can't be seen can still be ended by its group.
      kill(-child, SIGKILL)
      throw error
    }
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
    return KeptEnding(
      exit: watch.exit ?? .signal(SIGKILL), cause: watch.cause,
      seconds: monotonicSeconds() - began,
      processorSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
      peakBytes: max(watch.peakBytes, Int(usage.ru_maxrss) * 1024),
      leftBehind: watch.leftBehind.sorted(), fences: standing)
  }

  private func start(_ environment: [String: String]) throws(FileError) -> (pid_t, Set<Fence>) {
    let words = [strdup(program), nil]
    let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    let (path, place) = (strdup(program), strdup(folder))
    defer { for text in words + variables + [path, place] { free(text) } }
    var report = zq_fence_report()
    let child = words.withUnsafeBufferPointer { words in
      variables.withUnsafeBufferPointer { variables in
        var request = zq_fence_request()
        request.path = UnsafePointer(path)
        request.folder = UnsafePointer(place)
        request.writable = fences.contains(.files) ? UnsafePointer(place) : nil
        request.arguments = words.baseAddress
        request.environment = variables.baseAddress
        (request.input, request.output, request.error) = (0, 1, 2)
        request.file_bytes = UInt64(clamping: limits.fileBytes)
        request.network = fences.contains(.network) ? 0 : 1
        request.signals = fences.contains(.signals) ? 0 : 1
        return zq_fence_start(&request, &report)
      }
    }
    guard child > 0 else { throw FileError("start", program, code: report.code) }
    var standing: Set<Fence> = []
    if report.network != 0 { standing.insert(.network) }
    if report.files != 0 { standing.insert(.files) }
    if report.signals != 0 { standing.insert(.signals) }
    return (child, standing)
  }

  /// What is seen of the program and its children.
  private struct Watch {
    let child: pid_t
    var exit: ChildProcess.Exit?
    var cause: KeptEnding.Cause?
    var peakBytes = 0
    var leftBehind: [String] = []
    private var isAlone = false

    init(child: pid_t) { self.child = child }

    /// Collects what has ended; true once the program itself has.
    mutating func collect() -> Bool {
      while true {
        var status: Int32 = 0
        let ended = waitpid(-1, &status, WNOHANG)
        if ended == child {
          exit = status & 0x7f == 0 ? .status(status >> 8 & 0xff) : .signal(status & 0x7f)
        } else if ended <= 0 {
          if ended < 0 && errno == EINTR { continue }
          isAlone = ended < 0 && errno == ECHILD
          return exit != nil
        }
      }
    }

    /// Measures the tree and holds it to its limits.
    mutating func look(_ limits: KeptLimits, elapsed: Double) throws(FileError) {
      let all = try ListedProcess.below(getpid())
      let bytes = all.reduce(0) { $0 + $1.bytes }
      peakBytes = max(peakBytes, bytes)
      if Interruption.current.count > 0 {
        cause = .stopped
      } else if bytes > limits.bytes {
        cause = .memory
      } else if all.count > limits.processes {
        cause = .processes
      } else if elapsed > limits.seconds {
        cause = .time
      }
    }

    /// Waits a little for children that are about to end; notes those that don't.
    mutating func wait(_ seconds: Double) throws(FileError) {
      let deadline = monotonicSeconds() + seconds
      while true {
        _ = collect()
        if isAlone || Interruption.current.count > 0 { return }
        if monotonicSeconds() > deadline { break }
        usleep(5_000)
      }
      leftBehind = try ListedProcess.below(getpid()).filter { $0.state != "Z" }.map(\.name)
    }

    /// Ends every descendant; each is stopped first, so that none can start others meanwhile.
    mutating func endAll(within seconds: Double) throws(FileError) {
      let deadline = monotonicSeconds() + seconds
      while true {
        _ = collect()
        if isAlone || monotonicSeconds() > deadline { return }
        let all = try ListedProcess.below(getpid()).filter { $0.state != "Z" }
        for process in all { kill(process.id, SIGSTOP) }
        for process in all { kill(process.id, SIGKILL) }
        usleep(2_000)
      }
    }
  }
}

/// A time of the kernel's in seconds.
private func seconds(_ time: timeval) -> Double {
  Double(time.tv_sec) + Double(time.tv_usec) / 1e6
}
