/// What a kept program may take.
package struct KeptLimits: Sendable, Equatable {
  /// Seconds from its start to its end.
  package var seconds: Double
  /// Memory of it and all its children together, bytes.
  package var bytes: Int
  /// Bytes of a file that it writes.
  package var fileBytes: Int
  /// Processes at a time, itself among them.
  package var processes: Int

  /// Limits from their parts.
  package init(seconds: Double, bytes: Int, fileBytes: Int, processes: Int = 256) {
    self.seconds = seconds
    self.bytes = bytes
    self.fileBytes = fileBytes
    self.processes = processes
  }
}

/// What stands between a kept program and the rest of the machine.
package enum Fence: String, Sendable, CaseIterable {
  /// It reaches no network.
  case network
  /// It writes to no file outside of its folder.
  case files
  /// It sends no signal to a process that it didn't start.
  case signals

  /// What a program could do without it.
  package var absence: String {
    switch self {
    case .network: "reach the network"
    case .files: "write outside of its folder"
    case .signals: "signal other processes"
    }
  }
}

/// How a kept program ended, and what it took.
package struct KeptEnding: Sendable, Equatable {
  /// Why a program was ended by its keeper.
  package enum Cause: String, Sendable {
    /// It took longer than it may.
    case time
    /// It held more memory than it may.
    case memory
    /// It had more processes than it may.
    case processes
    /// Whoever asked for it wanted no more of it.
    case stopped
  }

  /// How it ended.
  package var exit: ChildProcess.Exit
  /// Why it was ended, where its keeper did it.
  package var cause: Cause?
  /// Seconds from start to end.
  package var seconds: Double
  /// Seconds of processors that it and its children used.
  package var processorSeconds: Double
  /// The most memory that was resident at a time, of it and all its children, bytes; pages that several share
  /// count for each.
  package var peakBytes: Int
  /// Names of the processes that it left running, which were ended; sorted.
  package var leftBehind: [String]
  /// The fences that stood.
  package var fences: Set<Fence>

  /// An ending from its parts.
  package init(
    exit: ChildProcess.Exit, cause: Cause? = nil, seconds: Double = 0, processorSeconds: Double = 0,
    peakBytes: Int = 0, leftBehind: [String] = [], fences: Set<Fence> = []
  ) {
    self.exit = exit
    self.cause = cause
    self.seconds = seconds
    self.processorSeconds = processorSeconds
    self.peakBytes = peakBytes
    self.leftBehind = leftBehind
    self.fences = fences
  }
}
