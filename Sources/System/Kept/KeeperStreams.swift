internal import CFence
internal import Glibc

/// A keeper that was started, and the pipes to it.
final class KeeperStreams {
  /// The keeper's id.
  let child: pid_t
  /// Output, error and the ending's report, to be read without waiting.
  let outputs: [Int32]
  /// The program's standard input; -1 once it is closed.
  private(set) var input: Int32

  /// Starts the keeper of `program`.
  ///
  /// - Throws: ``FileError`` of the operation `start`.
  init(_ program: KeptProgram) throws(FileError) {
    func failure(_ code: Int32) -> FileError { FileError("start", program.keeper, code: code) }
    var pipes: [(read: Int32, write: Int32)] = []
    for _ in 0..<4 {
      var ends: [Int32] = [-1, -1]
      let code = zq_fence_pipe(&ends)
      guard code == 0 else {
        for pipe in pipes {
          Glibc.close(pipe.read)
          Glibc.close(pipe.write)
        }
        throw failure(code)
      }
      pipes.append((ends[0], ends[1]))
    }
    let (into, others) = (pipes[0], Array(pipes[1...]))
    _ = fcntl(into.write, F_SETFL, O_NONBLOCK)
    for pipe in others { _ = fcntl(pipe.read, F_SETFL, O_NONBLOCK) }
    defer {
      Glibc.close(into.read)
      for pipe in others { Glibc.close(pipe.write) }
    }

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // Sources could be among 0 to 3 themselves: they go above first.
    let high = ([into.read] + others.map(\.write)).map { fcntl($0, F_DUPFD_CLOEXEC, 10) }
    defer { for descriptor in high where descriptor >= 0 { Glibc.close(descriptor) } }
    for (target, source) in high.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    var defaults = sigset_t()
    sigemptyset(&defaults)
    for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGIO] { sigaddset(&defaults, number) }
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    // A group of its own: whoever kills this process's group lets the keeper end its program.
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    let limits = program.limits
    let arguments =
      [
        "zeroqat", "keep", "--folder", program.folder, "--seconds", "\(limits.seconds)", "--bytes",
        "\(limits.bytes)", "--file-bytes", "\(limits.fileBytes)", "--processes",
        "\(limits.processes)", "--parent", "\(getpid())",
      ] + (program.leavings.map { ["--leavings", $0] } ?? []) + [program.program]
    let words = arguments.map { strdup($0) } + [nil]
    let variables = program.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in words + variables { free(text) } }
    var child: pid_t = 0
    let code = posix_spawn(&child, program.keeper, &actions, &attributes, words, variables)
    self.child = child
    input = into.write
    outputs = others.map(\.read)
    guard code == 0 else {
      close()
      throw failure(code)
    }
  }

  /// Closes the program's standard input.
  func closeInput() {
    if input >= 0 { Glibc.close(input) }
    input = -1
  }

  /// Closes all that is read.
  func close() {
    closeInput()
    for descriptor in outputs { Glibc.close(descriptor) }
  }

  /// Waits for the keeper's end.
  func wait() -> ChildProcess.Exit {
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 && errno == EINTR {}
    return status & 0x7f == 0 ? .status(status >> 8 & 0xff) : .signal(status & 0x7f)
  }
}
