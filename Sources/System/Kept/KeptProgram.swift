internal import Glibc

/// A program that a keeper runs, and that is talked to over its standard streams.
///
/// > Note: Writing to a program that has ended raises SIGPIPE; this process must ignore it (``ignoreBrokenPipes()``).
package struct KeptProgram: Sendable {
  /// The program's path.
  package var program: String
  /// Its working folder, the only one that it may write below.
  package var folder: String
  /// Its whole environment.
  package var environment: [String: String]
  /// What it may take.
  package var limits: KeptLimits
  /// The folder that its keeper removes where this process ends before the program does; nil for none.
  package var leavings: String?
  /// The program that understands `keep …`.
  package var keeper: String

  /// A program that isn't started yet.
  package init(
    program: String, folder: String, environment: [String: String], limits: KeptLimits,
    leavings: String? = nil, keeper: String = "/proc/self/exe"
  ) {
    self.program = program
    self.folder = folder
    self.environment = environment
    self.limits = limits
    self.leavings = leavings
    self.keeper = keeper
  }

  /// What is to happen after some of its output was read.
  package enum Reaction: Sendable, Equatable {
    /// It goes on.
    case goOn
    /// It gets these bytes, and then goes on.
    case answer([UInt8])
    /// It gets no more, and goes on.
    case finish
    /// It is ended.
    case stop
  }

  /// Runs the program to its end.
  ///
  /// - Parameters:
  ///   - output: Gets what it writes to its standard output, as it comes.
  ///   - errors: Gets what it writes to its standard error.
  /// - Returns: How it ended, and the number of the signal that ended the keeper, where it didn't end by itself:
  ///   nothing is known of the program then.
  /// - Throws: ``FileError`` of the operation `start`.
  package func run(
    output: (ArraySlice<UInt8>) -> Reaction, errors: (ArraySlice<UInt8>) -> Reaction
  ) throws(FileError) -> Result<KeptEnding, KeeperLoss> {
    let streams = try KeeperStreams(self)
    defer { streams.close() }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var pending: [UInt8] = []
    var told: [UInt8] = []
    var isOpen = [true, true, true]
    var isStopped = false
    func react(_ reaction: Reaction) {
      switch reaction {
      case .goOn: break
      case .answer(let bytes): pending += bytes
      case .finish: streams.closeInput()
      case .stop:
        if !isStopped { kill(streams.child, SIGTERM) }
        isStopped = true
      }
    }
    // The keeper tells the ending last: then nothing more can come.
    while isOpen[2] {
      var waiting = zip(streams.outputs, isOpen).map {
        pollfd(fd: $1 ? $0 : -1, events: Int16(POLLIN), revents: 0)
      }
      let wantsInput = !pending.isEmpty && streams.input >= 0
      waiting.append(
        pollfd(fd: wantsInput ? streams.input : -1, events: Int16(POLLOUT), revents: 0))
      if poll(&waiting, nfds_t(waiting.count), -1) < 0 && errno != EINTR { break }
      if wantsInput, waiting[3].revents != 0 {
        let count = write(streams.input, pending, pending.count)
        if count > 0 { pending.removeFirst(count) }
        if count < 0 && errno != EAGAIN && errno != EINTR { streams.closeInput() }
      }
      for index in 0..<3 where isOpen[index] && waiting[index].revents != 0 {
        let count = read(streams.outputs[index], &buffer, buffer.count)
        if count < 0 && (errno == EAGAIN || errno == EINTR) { continue }
        guard count > 0 else {
          isOpen[index] = false
          continue
        }
        if index == 2 {
          told += buffer[..<count]
        } else if !isStopped {
          react(index == 0 ? output(buffer[..<count]) : errors(buffer[..<count]))
        }
      }
    }
    // What stood in the pipes when the last process ended.
    for index in 0..<2 where isOpen[index] && !isStopped {
      while true {
        let count = read(streams.outputs[index], &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { break }
        if !isStopped {
          react(index == 0 ? output(buffer[..<count]) : errors(buffer[..<count]))
        }
      }
    }
    let exit = streams.wait()
    let text = String(decoding: told, as: UTF8.self)
    if case .status(0) = exit, let ending = KeptEnding(text: text) { return .success(ending) }
    if text.hasPrefix("error ") {
      throw FileError("start", program, reason: String(text.dropFirst(6).prefix { $0 != "\n" }))
    }
    return .failure(KeeperLoss(exit: exit))
  }

  /// Lets writes to a program that has ended fail instead of ending this process.
  package static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }
}

/// A keeper that ended without a word of its program.
package struct KeeperLoss: Error, Sendable, Equatable {
  /// How it ended.
  package let exit: ChildProcess.Exit

  /// A loss from its part.
  package init(exit: ChildProcess.Exit) { self.exit = exit }
}
