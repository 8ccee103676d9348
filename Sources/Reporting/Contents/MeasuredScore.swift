internal import Glibc
internal import JSONText
package import Records
internal import Statistics
package import Vocabulary

/// The test score of one printed entry, over all its seeds, and over its texts where it has several.
///
/// For perplexity the mean NLL of each window is averaged over seeds first; the entry's perplexity
/// is then exp of the mean over windows, and its standard error `perplexity · se(NLL)` (delta
/// method, unpaired: it says how far another text of this kind might be off). Accuracies are means
/// over examples and seeds, in percent; of several tasks, the mean of the tasks' means.
package struct MeasuredScore: Sendable, Equatable {
  /// The score of the text or of one task.
  package struct Part: Sendable, Equatable {
    /// The records, one per seed, by ascending seed.
    package let records: [RunRecord]
    /// What each seed scored on each window (mean NLL, nats per token) or example (percent); empty
    /// when the metric has neither.
    package let units: [[Double]]
    /// Mean of ``units``, or of the metric's own values.
    package let mean: Double
    /// Standard error of ``mean`` over windows or examples, seeds averaged first; nil below two.
    package let unitError: Double?
    /// Standard error of ``mean`` over seeds; nil for a single one.
    package let seedError: Double?
  }

  /// Where a part's numbers are read.
  struct Source {
    /// The records, one per seed.
    let records: [RunRecord]
    /// Names that the task may have in them; nil for the text.
    let tasks: [String]?
  }

  /// One per task, or one for the text.
  package let parts: [Part]
  /// What was measured.
  package let metric: Metric
  /// Perplexity, or the metric's own value.
  package let value: Double
  /// Standard error of ``value`` over windows or examples; nil when the metric has neither, or a part
  /// has one alone.
  package let standardError: Double?
  /// Standard error of ``value`` over seeds; nil for a single one.
  package let seedError: Double?
  /// Largest |difference| of mean NLL between two valid orders of summation, nats per token.
  package let roundingFloor: Double?

  /// All records, each once.
  package var records: [RunRecord] {
    parts.flatMap(\.records).reduce(into: []) { records, record in
      if !records.contains(where: { $0.cell.address == record.cell.address }) {
        records.append(record)
      }
    }
  }
  /// How many seeds stand behind the value.
  package var seeds: Int { parts.map(\.records.count).max() ?? 0 }
  /// Mean NLL in nats per token; nil for other metrics.
  package var meanNLL: Double? { metric == .perplexity ? parts[0].mean : nil }

  /// The combined score of finished records, part by part, or nil when one has no finite score.
  ///
  /// - Throws: ``ReportingError/inconsistentScore(_:id:task:_:)`` when a record's
  ///   summary disagrees with its windows.
  init?(_ sources: [Source], metric: Metric) throws(ReportingError) {
    var parts: [Part] = []
    var floors: [Double] = []
    for source in sources {
      guard let part = try Part(source, metric: metric) else { return nil }
      parts.append(part)
      if metric == .perplexity {
        floors += source.records.compactMap { $0.testScore(metric)?.roundingFloor }
      }
    }
    guard !parts.isEmpty else { return nil }
    self.parts = parts
    self.metric = metric
    roundingFloor = floors.max()
    let k = Double(parts.count)
    let mean = parts.reduce(0) { $0 + $1.mean } / k
    func combined(_ error: KeyPath<Part, Double?>) -> Double? {
      let errors = parts.compactMap { $0[keyPath: error] }
      guard errors.count == parts.count else { return nil }
      return errors.reduce(0) { $0 + $1 * $1 }.squareRoot() / k
    }
    // The delta method: d exp(x) = exp(x) dx.
    let slope = metric == .perplexity ? exp(mean) : 1
    value = metric == .perplexity ? exp(mean) : mean
    standardError = combined(\.unitError).map { slope * $0 }
    seedError = combined(\.seedError).map { slope * $0 }
  }
}

extension MeasuredScore.Part {
  fileprivate init?(
    _ source: MeasuredScore.Source, metric: Metric
  ) throws(ReportingError) {
    var scores: [(value: Double, units: [Double])] = []
    for record in source.records {
      if !metric.isOfModel {
        guard let value = record.value(of: metric) else { return nil }
        scores.append((value, []))
        continue
      }
      guard let score = record.testScore(metric, among: source.tasks) else { return nil }
      try record.refuseContradiction(in: score)
      guard let value = score.value, value.isFinite else { return nil }
      let units = score.units(metric)
      guard units.allSatisfy(\.isFinite) else { return nil }
      scores.append((metric.isOfTasks ? 100 * value : value, units))
    }
    guard let first = scores.first else { return nil }
    let count = first.units.count
    guard scores.allSatisfy({ $0.units.count == count }) else { return nil }
    records = source.records
    guard count > 0 else {
      if metric == .perplexity { return nil }
      let values = SampleMean(scores.map(\.value))
      (units, mean, unitError) = ([], values.mean, nil)
      seedError = scores.count > 1 ? values.standardError : nil
      return
    }
    units = scores.map(\.units)
    let statistics = SampleMean(unitMeans(of: units))
    mean = statistics.mean
    unitError = statistics.standardError
    let seedMeans = units.map { SampleMean($0).mean }
    seedError = scores.count > 1 ? SampleMean(seedMeans).standardError : nil
  }
}

extension MeasuredScore {
  /// The paired comparison with another score, text by text, with the larger rounding floor of the two.
  func compared(with other: MeasuredScore) -> PairedComparison? {
    guard metric == other.metric, parts.count == other.parts.count else { return nil }
    let floor = max(roundingFloor ?? 0, other.roundingFloor ?? 0)
    var tests: [PairedComparison] = []
    for (a, b) in zip(parts, other.parts) {
      guard let test = PairedComparison(seeds: a.units, b.units, roundingFloor: floor) else {
        return nil
      }
      tests.append(test)
    }
    return PairedComparison(meanOf: tests)
  }

  /// The paired comparison with the model before training; nil unless all seeds have its scores.
  var comparedWithInitialisation: PairedComparison? {
    guard metric == .perplexity, let part = parts.first, let starts = startUnits else { return nil }
    return PairedComparison(seeds: part.units, starts, roundingFloor: roundingFloor ?? 0)
  }

  /// The same of the last checkpoint in the place of the chosen one.
  var lastComparedWithInitialisation: PairedComparison? {
    guard let starts = startUnits, let lasts = units(\.last) else { return nil }
    return PairedComparison(seeds: lasts, starts, roundingFloor: roundingFloor ?? 0)
  }

  /// The perplexity of the model before training, over all seeds; nil unless all have its scores.
  var startValue: Double? {
    startUnits.map { exp(SampleMean(unitMeans(of: $0)).mean) }
  }

  /// The difference from one value, window by window or example by example.
  func compared(withConstant value: Double) -> PairedComparison? {
    let tests = parts.compactMap { part in
      PairedComparison(
        seeds: part.units, [part.units.first?.map { _ in value } ?? []],
        roundingFloor: roundingFloor ?? 0)
    }
    return tests.count == parts.count ? PairedComparison(meanOf: tests) : nil
  }

  /// Mean NLLs per test window before the first update, one list per seed.
  private var startUnits: [[Double]]? {
    units { points in points.first.flatMap { $0.step == 0 ? $0 : nil } }
  }

  /// Mean NLLs per test window at a point of each seed's trajectory; nil unless all have them.
  private func units(_ point: ([TrajectoryPoint]) -> TrajectoryPoint?) -> [[Double]]? {
    guard metric == .perplexity, let part = parts.first else { return nil }
    var lists: [[Double]] = []
    for record in part.records {
      guard let windows = point(record.trajectory)?.testWindowNLL, !windows.isEmpty else {
        return nil
      }
      let finite = windows.compactMap(\.self)
      guard finite.count == windows.count, finite.allSatisfy(\.isFinite) else { return nil }
      lists.append(finite)
    }
    return lists
  }
}

extension Score {
  /// What each window or example scored: mean NLL in nats per token, or percent.
  func units(_ metric: Metric) -> [Double] {
    metric == .perplexity
      ? windowNLL.map { $0 ?? .nan } : (outcomes ?? []).map { 100 * $0 }
  }

  /// How far two valid orders of summation differ in mean NLL, nats per token; nil when unmeasured.
  var roundingFloor: Double? {
    guard let alternativeMeanNLL, let meanNLL else { return nil }
    return (alternativeMeanNLL - meanNLL).magnitude
  }
}

extension RunRecord {
  /// The test score of a metric: of the text, or of the first of these tasks that is there.
  func testScore(_ metric: Metric, among tasks: [String]? = nil) -> Score? {
    guard let tasks else { return score(metric) }
    return tasks.lazy.compactMap { score(metric, task: $0) }.first
  }

  /// The value of a metric that isn't a score; nil where the record has none.
  func value(of metric: Metric) -> Double? {
    switch metric.aggregation {
    case .formula: memoryShare
    case .peak: measurement.map { Double($0.peakResidentBytes) / Double(1 << 30) }
    case .times: measurement?.updates?.medianSeconds
    case .windows, .examples: nil
    }
  }

  /// Memory of the weights that a training holds, as a share of half-precision ones, in percent:
  /// `p/P·t/16 + (1 − p/P)·b/16` with p of P weights trained in t bits (16, or 8 where the option
  /// `weightType` says so) and the rest packed in b bits; metadata, embeddings and activations aren't
  /// counted.
  ///
  /// Nil without the facts `linear parameters` and, for a training, its trained parameters, and for a type of
  /// weights that this program doesn't know. A method
  /// that doesn't pack while it trains holds all of them.
  var memoryShare: Double? {
    let bits = cell.bits
    if bits.isFullPrecision { return 100 }
    guard let total = facts.first(where: { $0.name == Self.linearParameters })?.value, total > 0
    else { return nil }
    let kept =
      facts.first { $0.name == Self.halfPrecisionParameters }?.value
      ?? zerothOrder.map { Double($0.trainableParameters) }
    guard let kept, let weightType else { return nil }
    let share = min(1, kept / total)
    let trained = Double(weightType.countedBits)
    return 100 * (share * trained / 16 + (1 - share) * Double(bits.weights) / 16)
  }

  /// What the method holds trained weights in; nil for a type that this program doesn't know.
  private var weightType: WeightType? {
    guard case .string(let name)? = cell.method.options[WeightType.option] else { return .float32 }
    return WeightType(rawValue: name)
  }

  /// The fact that holds the number of weights in all linear layers of the blocks.
  static let linearParameters = "linear parameters"
  /// The fact that holds how many of them a training keeps unpacked.
  static let halfPrecisionParameters = "unpacked parameters"

  /// The digest of that name.
  func digest(_ name: String) -> String? {
    digests.first { $0.name == name }?.text
  }

  /// Refuses a score that contradicts the numbers it is made of.
  func refuseContradiction(in score: Score) throws(ReportingError) {
    guard let contradiction = contradiction(in: score) else { return }
    throw .inconsistentScore(cell.address, id: cell.id, task: score.task, contradiction)
  }
}
