internal import Tensors

/// What a kernel does in a second.
struct Figure {
  /// What a second is full of.
  enum Unit: String {
    case floatOperations = "GFLOP/s"
    case integerOperations = "GOP/s"
    case bytes = "GB/s"
    case samples = "Gsamples/s"
    case weights = "Gweights/s"
  }

  /// The kernel.
  let name: String
  /// What it is given.
  let shape: String
  /// On how many threads.
  var threads = 2
  /// Unit of `work`, of which a call does so much.
  let unit: Unit
  /// Operations, bytes, samples or weights of one call.
  let work: Double
  /// What it is held against; made when ``threads`` are set.
  let ceiling: () -> Ceiling?
  /// The least that is wanted, in `unit`; nil where nothing was agreed.
  var line: Double?
  /// The call.
  let body: () -> Void

  /// A measured figure.
  struct Result {
    /// What was measured.
    let figure: Figure
    /// Median rate in the figure's unit.
    let rate: Double
    /// Median rate of the ceiling in turns with it, its name, and the median of the shares.
    let ceiling: (rate: Double, name: String, share: Double)?

    /// Whether the line is kept; nil where there is none.
    var keepsLine: Bool? { figure.line.map { rate >= $0 } }
  }

  /// Times the kernel in turns with its ceiling.
  func measure(_ stopwatch: Stopwatch) -> Result {
    Threads.count = threads
    let stopwatch = stopwatch.onThreads(threads)
    guard let ceiling = ceiling() else {
      let seconds = stopwatch.takeTurns([body])[0]
      return Result(figure: self, rate: work / seconds.median / 1e9, ceiling: nil)
    }
    let seconds = stopwatch.takeTurns([ceiling.body, body])
    let shares = zip(seconds[0], seconds[1]).map { ($0 / ceiling.work) / ($1 / work) }
    return Result(
      figure: self, rate: work / seconds[1].median / 1e9,
      ceiling: (ceiling.work / seconds[0].median / 1e9, ceiling.name, shares.median))
  }
}

/// The time of one kernel over that of another that does the same.
struct Pair {
  /// The kernel, and what it is compared with.
  let name: String
  /// What both are given.
  let shape: String
  /// On how many threads.
  var threads = 2
  /// The most that is wanted; nil where nothing was agreed.
  var line: Double?
  /// The kernel.
  let body: () -> Void
  /// What it is compared with.
  let other: () -> Void

  /// A measured pair.
  struct Result {
    /// What was measured.
    let pair: Pair
    /// Median seconds of a call of each.
    let seconds: (body: Double, other: Double)
    /// Ratio of the medians.
    var ratio: Double { seconds.body / seconds.other }
    /// Ratio of the shortest times: what the ratio tends to on a machine that is left alone.
    let ratioOfMinima: Double

    /// Whether the line is kept; nil where there is none.
    var keepsLine: Bool? { pair.line.map { ratio <= $0 } }
  }

  /// Times both in turns.
  func measure(_ stopwatch: Stopwatch) -> Result {
    Threads.count = threads
    let seconds = stopwatch.onThreads(threads).takeTurns([body, other])
    return Result(
      pair: self, seconds: (seconds[0].median, seconds[1].median),
      ratioOfMinima: seconds[0].least / seconds[1].least)
  }
}
