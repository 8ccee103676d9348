internal import Glibc
internal import Records
internal import Statistics
internal import Vocabulary

// Figures that aren't scores: memory, time, diagnostics.

extension CheckFigure {
  /// Two peaks of resident memory; what was too large on both sides is compared by its prediction.
  ///
  /// Another number of threads has other buffers, so that nothing is compared then.
  static func peakMemory(_ fresh: RunRecord, _ committed: RunRecord) -> CheckFigure {
    compared(
      "peak memory", fresh.value(of: .peakMemory), committed.value(of: .peakMemory),
      obstacle: otherThreads(fresh, committed))
  }

  /// Two predictions of cells that were too large for both machines, GiB.
  static func predictedMemory(_ fresh: RunRecord, _ committed: RunRecord) -> CheckFigure {
    func gibibytes(_ record: RunRecord) -> Double? {
      record.measurement?.analyticBytes.map { Double($0) / Double(1 << 30) }
    }
    return compared(
      "predicted memory", gibibytes(fresh), gibibytes(committed), obstacle: nil,
      prefix: "too large, as the committed one was; prediction ")
  }

  private static func compared(
    _ name: String, _ fresh: Double?, _ committed: Double?, obstacle: String?, prefix: String = ""
  ) -> CheckFigure {
    guard let fresh, let committed, fresh > 0, committed > 0 else {
      return CheckFigure(
        name, committed: committed, fresh: fresh, .error, "one of the two has no \(name)")
    }
    if let obstacle {
      return CheckFigure(name, committed: committed, fresh: fresh, .skipped, obstacle)
    }
    let limit = CheckTolerance.memoryLimit
    let change = prefix + NumberText.signed((fresh / committed - 1) * 100, 2) + " %"
    let figure = CheckFigure(
      name, committed: committed, fresh: fresh, .memory(limit),
      isWorse: fresh > committed * (1 + limit), isBetter: committed > fresh * (1 + limit),
      change: fresh == committed ? nil : change)
    guard fresh == committed, !prefix.isEmpty else { return figure }
    return CheckFigure(
      name, committed: committed, fresh: fresh, tolerance: figure.tolerance, .pass,
      prefix + "identical")
  }

  /// Memory of a training's weights by the formula, which only another number of weights can change.
  static func memoryShare(_ fresh: RunRecord, _ committed: RunRecord) -> CheckFigure {
    let (a, b) = (fresh.value(of: .memory), committed.value(of: .memory))
    guard let b else {
      return CheckFigure(
        "weights' memory", fresh: a, .skipped, "the committed record doesn't say")
    }
    guard let a else {
      return CheckFigure(
        "weights' memory", committed: b, .error, "the fresh record has no weights' memory")
    }
    return CheckFigure(
      "weights' memory", committed: b, fresh: a, .memory(0), isWorse: a > b * (1 + 1e-9),
      isBetter: b > a * (1 + 1e-9),
      change: a == b ? nil : NumberText.signed((a / b - 1) * 100, 2) + " %")
  }

  /// Two medians of update times.
  ///
  /// Whatever else a machine does makes updates longer, never shorter, so that only the shortest one is
  /// held against the committed median; other processors aren't compared.
  static func updateTime(_ fresh: RunRecord, _ committed: RunRecord) -> CheckFigure {
    let name = "time of an update"
    let (a, b) = (fresh.measurement?.updates, committed.measurement?.updates)
    func figure(_ result: CheckResult, _ detail: String) -> CheckFigure {
      CheckFigure(
        name, committed: b?.medianSeconds, fresh: a?.medianSeconds, result, detail)
    }
    guard let b else {
      return figure(.skipped, "the committed record has no timed updates")
    }
    if fresh.measurement?.resumes ?? 0 > 0 {
      return figure(
        .skipped, "the fresh run was interrupted and resumed, so that not every update was timed")
    }
    guard let a else { return figure(.error, "the fresh record has no timed updates") }
    if let (then, now) = changed(fresh, committed, \.processor) {
      return figure(.skipped, "another processor: \(then) became \(now)")
    }
    if let obstacle = otherThreads(fresh, committed) { return figure(.skipped, obstacle) }
    let limit = CheckTolerance.timeLimit
    return CheckFigure(
      name, committed: b.medianSeconds, fresh: a.medianSeconds, .time(limit),
      isWorse: a.leastSeconds > limit * b.medianSeconds,
      isBetter: b.leastSeconds > limit * a.medianSeconds,
      change: a == b
        ? nil
        : "the shortest \(NumberText.significant(a.leastSeconds / b.medianSeconds, 3)) × the "
          + "committed median")
  }

  /// Two series of errors, figure by figure, compared by their means.
  static func series(
    _ series: String, _ fresh: RunRecord, _ committed: RunRecord
  ) -> CheckFigure {
    func figures(_ record: RunRecord) -> [Double?]? {
      record.series.first { $0.name == series }?.y
    }
    guard let b = figures(committed), !b.isEmpty, b.allSatisfy({ $0 != nil }) else {
      return CheckFigure(series, .error, "the committed record has no finite '\(series)'")
    }
    guard let a = figures(fresh), a.count == b.count, a.allSatisfy({ $0 != nil }) else {
      return CheckFigure(
        series, .error, "the fresh record has no finite '\(series)' of that length")
    }
    let (after, before) = (
      SampleMean(a.compactMap(\.self)).mean, SampleMean(b.compactMap(\.self)).mean
    )
    let limit = CheckTolerance.seriesLimit
    return CheckFigure(
      series, committed: before, fresh: after, .series(limit),
      isWorse: after > before * (1 + limit), isBetter: before > after * (1 + limit),
      change: a == b ? nil : NumberText.signed((after / before - 1) * 100, 2) + " % on average")
  }

  private static func otherThreads(_ fresh: RunRecord, _ committed: RunRecord) -> String? {
    changed(fresh, committed, \.threads).map {
      "\($0) \($0 == 1 ? "thread" : "threads") became \($1): not comparable"
    }
  }

  /// What the two measurements have at `path`, when that differs.
  private static func changed<Value: Equatable>(
    _ fresh: RunRecord, _ committed: RunRecord, _ path: KeyPath<Measurement, Value>
  ) -> (then: Value, now: Value)? {
    guard let then = committed.measurement?[keyPath: path],
      let now = fresh.measurement?[keyPath: path], then != now
    else { return nil }
    return (then, now)
  }
}

/// The perplexity of windows' mean NLLs.
func perplexity(of windows: [Double]) -> Double { exp(SampleMean(windows).mean) }

/// fresh / committed − 1 of two perplexities whose mean NLLs differ by `rise`.
func relativeRise(ofPerplexity rise: Double) -> Double { exp(rise) - 1 }
