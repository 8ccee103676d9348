internal import Glibc
internal import Synchronization

/// One child process, from its start to its last byte of output: started, watched, measured.
///
/// The child's standard output and error come to the parent through one pipe. Its standard input is
/// a pipe that nobody writes to: it ends when the parent does, however that happens, and a worker
/// that watches it (``ParentWatch``) ends with it.
package struct ChildProcess: Sendable {
  /// The program's path.
  package var executable: String
  /// Its arguments, without the program's name.
  package var arguments: [String]
  /// Its whole environment.
  package var environment: [String: String]

  /// A child that isn't started yet.
  package init(executable: String, arguments: [String], environment: [String: String]) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
  }

  /// How a process ended.
  package enum Exit: Sendable, Equatable {
    /// By itself, with this status.
    case status(Int32)
    /// By this signal.
    case signal(Int32)
  }

  /// What is known of a child that has ended.
  package struct Ending: Sendable, Equatable {
    /// How it ended.
    package var exit: Exit
    /// `ru_maxrss` from wait4, bytes.
    package var residentBytes: Int
    /// The first signal that was passed on to it; nil when there was none.
    package var interruption: Int32?
  }

  /// Seconds between passing on the first signal and ending the child by force.
  private static let patience = 20.0

  /// Between making a pipe and marking it as not to be inherited, no other child may be started.
  private static let spawning = Mutex<Void>(())

  /// Starts the child and waits for its end.
  ///
  /// - Parameters:
  ///   - signalsBefore: How many signals were none of the child's business; by default those that came before it is started.
  ///   - interruption: How many signals came so far, and the last one's number. The first is passed
  ///     on to the child and its group; the second, or 20 s without an end, kills them.
  ///   - output: Gets the child's output as it comes.
  /// - Returns: How it ended, and what it took.
  /// - Throws: ``FileError`` of the operation `start`.
  package func run(
    signalsBefore: Int? = nil,
    interruption: () -> (count: Int, number: Int32) = { Interruption.current },
    output: (ArraySlice<UInt8>) -> Void
  ) throws(FileError) -> Ending {
    let before = signalsBefore ?? interruption().count
    let (child, descriptor, keepAlive) = try start()
    defer {
      close(descriptor)
      close(keepAlive)
    }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var isOpen = true
    var forwarded = 0
    var first: Int32?
    var deadline: Double?
    while true {
      var waiting = pollfd(fd: isOpen ? descriptor : -1, events: Int16(POLLIN), revents: 0)
      if poll(&waiting, 1, isOpen ? 100 : 5) > 0 {
        isOpen = Self.drain(descriptor, &buffer, output)
      }
      let (count, number) = interruption()
      if count - before > forwarded {
        forwarded = count - before
        first = first ?? number
        kill(-child, forwarded == 1 ? number : SIGKILL)
        deadline = deadline ?? monotonicSeconds() + Self.patience
      }
      if let limit = deadline, monotonicSeconds() > limit {
        kill(-child, SIGKILL)
        deadline = .infinity
      }
      var status: Int32 = 0
      var usage = rusage()
      let ended = wait4(child, &status, WNOHANG, &usage)
      if ended == 0 || ended < 0 && errno == EINTR { continue }
      if isOpen { _ = Self.drain(descriptor, &buffer, output) }
      // Linux counts ru_maxrss in KiB (getrusage(2)).
      return Ending(
        exit: status & 0x7f == 0 ? .status(status >> 8 & 0xff) : .signal(status & 0x7f),
        residentBytes: Int(usage.ru_maxrss) * 1024, interruption: first)
    }
  }

  /// Hands on what can be read without waiting; false at the end of the output.
  private static func drain(
    _ descriptor: Int32, _ buffer: inout [UInt8], _ output: (ArraySlice<UInt8>) -> Void
  ) -> Bool {
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count > 0 {
        output(buffer[..<count])
      } else if count == 0 {
        return false
      } else if errno != EINTR {
        return errno == EAGAIN
      }
    }
  }

  /// Starts the child: its id, the end of its output, and the pipe that it watches.
  private func start() throws(FileError) -> (pid_t, output: Int32, keepAlive: Int32) {
    let result = Self.spawning.withLock { _ in Result { () throws(FileError) in try spawn() } }
    return try result.get()
  }

  private func spawn() throws(FileError) -> (pid_t, output: Int32, keepAlive: Int32) {
    func failure(_ code: Int32) -> FileError { FileError("start", executable, code: code) }
    var ends: [Int32] = [-1, -1, -1, -1]
    guard pipe(&ends) == 0 else { throw failure(errno) }
    let output = (read: ends[0], write: ends[1])
    guard pipe(&ends) == 0 else {
      let code = errno
      close(output.read)
      close(output.write)
      throw failure(code)
    }
    let input = (read: ends[0], write: ends[1])
    for end in [output.read, output.write, input.read, input.write] {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    _ = fcntl(output.read, F_SETFL, O_NONBLOCK)
    defer {
      close(output.write)
      close(input.read)
    }

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input.read, 0)
    posix_spawn_file_actions_adddup2(&actions, output.write, 1)
    posix_spawn_file_actions_adddup2(&actions, output.write, 2)

    // A group of its own: a Ctrl-C at the terminal reaches the parent alone, which passes it on.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    var defaults = sigset_t()
    sigemptyset(&defaults)
    for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGIO] { sigaddset(&defaults, number) }
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    // As `ps` shows it: the link's name would tell nothing.
    let name = executable == "/proc/self/exe" ? "zeroqat" : executable
    let words = ([name] + arguments).map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in words + variables { free(text) } }
    var child: pid_t = 0
    let code = posix_spawn(&child, executable, &actions, &attributes, words, variables)
    guard code == 0 else {
      close(output.read)
      close(input.write)
      throw failure(code)
    }
    return (child, output.read, input.write)
  }
}
