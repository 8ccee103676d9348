internal import Statistics

/// Time, memory and machine of one run: everything that isn't a function of the cell.
public struct Measurement: Codable, Sendable, Equatable {
  /// Phases in the order they ran: load, calibrate, quantize, train, evaluate.
  public var phases: [Phase]
  /// Wall-clock seconds of the whole worker.
  public var wallSeconds: Double
  /// How long the updates of training took; null where nothing was trained step by step, where an
  /// interrupted run was gone on with, and in records made before this was kept.
  public var updates: UpdateTimes?
  /// Largest resident set of the worker, bytes: the kernel's VmHWM, largest over phases.
  public var peakResidentBytes: Int
  /// Anonymous part of the resident set at the end, bytes (RssAnon).
  public var anonymousBytes: Int
  /// File-backed part of the resident set at the end, bytes (RssFile).
  public var fileBytes: Int
  /// Largest sum of live tensor buffers by the worker's own count, bytes.
  public var peakLiveTensorBytes: Int
  /// Peak resident memory that the analytic model predicts from sizes alone, bytes; null where there is none.
  public var analyticBytes: Int?
  /// What of ``peakLiveTensorBytes`` the model predicts, bytes; null where there is none.
  public var analyticTensorBytes: Int?
  /// What takes ``analyticBytes`` at the fullest moment: weights, gradients, …, each in bytes; null where
  /// there is no model.
  public var analyticParts: [NamedNumber]?
  /// `ru_maxrss` from wait4, bytes; filled in by the parent.
  public var waitResidentBytes: Int?
  /// Threads used.
  public var threads: Int
  /// `openblas_get_corename()`.
  public var blasCore: String
  /// CPU model name.
  public var processor: String
  /// Logical processors online.
  public var processors: Int
  /// Kernel release and distribution.
  public var operatingSystem: String
  /// Compiler version.
  public var compiler: String
  /// Commit that the program was built from, with `+dirty` where its sources had changes.
  ///
  /// Filled in by the parent. Records made before programs knew theirs have the checkout's.
  public var commit: String?
  /// UTC start time, ISO 8601; filled in by the parent.
  public var startedAt: String?
  /// 1 when the cell went on from an interrupted run, else 0.
  public var resumes: Int
  /// Training that another cell did; null where there is none.
  ///
  /// Times and peaks above include what it cost there, as if this cell had done it.
  public var shared: SharedTraining?

  /// A measurement from its parts.
  public init(
    phases: [Phase], wallSeconds: Double, updates: UpdateTimes? = nil, peakResidentBytes: Int,
    anonymousBytes: Int, fileBytes: Int, peakLiveTensorBytes: Int, analyticBytes: Int? = nil,
    analyticTensorBytes: Int? = nil, analyticParts: [NamedNumber]? = nil,
    waitResidentBytes: Int? = nil, threads: Int, blasCore: String, processor: String,
    processors: Int, operatingSystem: String, compiler: String, commit: String? = nil,
    startedAt: String? = nil, resumes: Int = 0,
    shared: SharedTraining? = nil
  ) {
    self.phases = phases
    self.wallSeconds = wallSeconds
    self.updates = updates
    self.peakResidentBytes = peakResidentBytes
    self.anonymousBytes = anonymousBytes
    self.fileBytes = fileBytes
    self.peakLiveTensorBytes = peakLiveTensorBytes
    self.analyticBytes = analyticBytes
    self.analyticTensorBytes = analyticTensorBytes
    self.analyticParts = analyticParts
    self.waitResidentBytes = waitResidentBytes
    self.threads = threads
    self.blasCore = blasCore
    self.processor = processor
    self.processors = processors
    self.operatingSystem = operatingSystem
    self.compiler = compiler
    self.commit = commit
    self.startedAt = startedAt
    self.resumes = resumes
    self.shared = shared
  }
}

/// Wall-clock time of a training's updates, in seconds.
public struct UpdateTimes: Codable, Sendable, Equatable {
  /// How many were timed.
  public var count: Int
  /// Their median; of an even number, the mean of the two in the middle.
  public var medianSeconds: Double
  /// The shortest.
  public var leastSeconds: Double
  /// The longest.
  public var mostSeconds: Double

  /// The summary of so many times, in any order; nil of none.
  public init?(_ seconds: [Double]) {
    let sorted = seconds.sorted()
    guard let least = sorted.first, let most = sorted.last, let median = median(of: sorted) else {
      return nil
    }
    count = sorted.count
    medianSeconds = median
    leastSeconds = least
    mostSeconds = most
  }
}

/// One phase of a run.
public struct Phase: Codable, Sendable, Equatable {
  /// `load`, `calibrate`, `quantize`, `train` or `evaluate`.
  public var name: String
  /// Wall-clock seconds, summed over all stretches of this phase.
  public var wallSeconds: Double
  /// Largest resident set during this phase, bytes; null where the kernel doesn't let it be reset.
  public var peakResidentBytes: Int?

  /// A phase from its parts.
  public init(name: String, wallSeconds: Double, peakResidentBytes: Int?) {
    self.name = name
    self.wallSeconds = wallSeconds
    self.peakResidentBytes = peakResidentBytes
  }
}
