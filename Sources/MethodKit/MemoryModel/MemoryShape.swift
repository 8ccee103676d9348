import Tensors
package import Transformers

/// What decides how much memory a run takes, known before any weight is read.
package struct MemoryShape: Sendable {
  /// The model's shape.
  package var configuration: ModelConfiguration
  /// T, tokens of a window.
  package var windowTokens: Int
  /// Windows of training text.
  package var trainingWindows: Int
  /// Windows that are chosen on.
  package var developmentWindows: Int
  /// Windows that are scored.
  package var testWindows: Int
  /// Threads that operations keep scratch space for.
  package var threads: Int
  /// Processors: no more threads than these run at a time, the scratch space of others stays untouched.
  package var processors: Int

  /// A shape from its parts.
  package init(
    configuration: ModelConfiguration, windowTokens: Int, trainingWindows: Int,
    developmentWindows: Int, testWindows: Int, threads: Int, processors: Int
  ) {
    self.configuration = configuration
    self.windowTokens = windowTokens
    self.trainingWindows = trainingWindows
    self.developmentWindows = developmentWindows
    self.testWindows = testWindows
    self.threads = threads
    self.processors = processors
  }

  /// Tokens of so many calibration windows; of no more than there are, as asking for more is an error that the
  /// method tells of.
  package func calibrationTokens(_ windows: Int) -> Int {
    min(windows, trainingWindows).timesOrMost(windowTokens)
  }

  /// How many of the threads find a tile of their own.
  package func busyThreads(tiles: Int) -> Int { min(threads, processors, tiles) }
}

extension MemoryShape {
  /// The estimate of a run that `rehearse` goes through in sizes alone.
  package func estimate(_ rehearse: (inout MemoryLedger) -> Void) -> MemoryEstimate {
    var ledger = MemoryLedger()
    rehearse(&ledger)
    let tensors = MemoryUse.allCases.compactMap { use in
      ledger.uses[use].flatMap { $0 > 0 ? MemoryEstimate.Part(use.rawValue, $0) : nil }
    }
    return MemoryEstimate(parts: tensors, tensorBytes: ledger.mostMapped)
  }
}
