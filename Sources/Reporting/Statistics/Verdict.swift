package import Records
internal import Statistics
internal import Vocabulary

/// What an entry says about the paper's: one of five words, never a blank.
package enum Verdict: Sendable, Equatable {
  /// The paper's model and protocol, and its value within ``matchTolerance``.
  case match(detail: String)
  /// Every order that this entry takes part in is the paper's.
  case sameRanking(detail: String)
  /// An order is reversed and the paired test, corrected for the number of orders, supports that, or at the paper's scale the value is off.
  case miss(detail: String)
  /// Another scale than the paper's, and no order that could be judged.
  case substitutedScale(detail: String)
  /// No number of ours stands here.
  case notRun(reason: String)

  /// How far from the printed value a match may be, relative.
  ///
  /// Covers the printed rounding (0.1 % at 5.47), kernels that sum in another order, and the draw
  /// of calibration windows; smaller than any gap between two methods of the paper's Table 2.
  package static let matchTolerance = 0.01

  /// The verdict as tables print it.
  package var text: String {
    switch self {
    case .match(let detail): "match: \(detail)"
    case .sameRanking(let detail): "same ranking \(detail)"
    case .miss(let detail): "miss: \(detail)"
    case .substitutedScale(let detail): "substituted scale: \(detail)"
    case .notRun(let reason): "not run (\(reason))"
    }
  }

  /// The verdict's word alone, for CSV.
  package var word: String {
    switch self {
    case .match: "match"
    case .sameRanking: "same ranking"
    case .miss: "miss"
    case .substitutedScale: "substituted scale"
    case .notRun: "not run"
    }
  }
}

extension TableContents {
  /// Whether values, and not only orders, may be compared with the paper's: its checkpoints and
  /// its perplexity protocol.
  package func isPaperProtocol(_ panel: GridPanel) -> Bool {
    let records = records(of: panel)
    guard scale == .paper, let id = records.first?.cell.protocolSettings.id else { return false }
    return ["wikitext2-2048", "c4-2048"].contains(id)
      && records.allSatisfy { $0.cell.protocolSettings.testWindows == nil }
  }

  /// The verdict of an entry.
  package func verdict(of entry: TableEntry) -> Verdict {
    switch entry.state {
    case .notRun(let reason): return .notRun(reason: reason)
    case .failed(let reason, _): return .notRun(reason: "failed: \(reason)")
    case .tooLarge(let reason, _): return .notRun(reason: "too large: \(reason)")
    case .withheld(let reason, _): return .notRun(reason: "withheld: \(reason)")
    case .measured, .diverged: break
    }
    let isPaperProtocol = grid.panels(of: entry.column).allSatisfy(isPaperProtocol)
    if entry.row.isFullPrecision, !isPaperProtocol {
      return .substitutedScale(detail: "the anchor, not a rank")
    }
    guard let paper = entry.paper, let printed = paper.number else {
      return isPaperProtocol
        ? .sameRanking(detail: "0/0 pairs: the paper prints no value")
        : .substitutedScale(detail: "the paper prints no value")
    }
    let off = entry.score.map { $0.value / printed - 1 }
    let offText = off.map { "\(NumberText.signed($0 * 100, 1)) %" } ?? "diverged"
    if isPaperProtocol, let off, off.magnitude <= Verdict.matchTolerance {
      return .match(detail: offText)
    }
    if entry.row.isFullPrecision { return .miss(detail: offText) }
    return rankingVerdict(of: entry, offText: offText, isPaperProtocol: isPaperProtocol)
  }

  private func rankingVerdict(
    of entry: TableEntry, offText: String, isPaperProtocol: Bool
  ) -> Verdict {
    let row = entry.row.key
    let pairs = rankedPairs(among: entries(beside: entry)).filter { $0.involves(row) }
    guard !pairs.isEmpty else {
      return isPaperProtocol
        ? .miss(detail: "\(offText), nothing to rank against")
        : .substitutedScale(detail: "nothing to rank against")
    }
    let agreeing = pairs.filter { $0.outcome == .agrees }
    let others = pairs.filter { $0.outcome != .agrees }
    var count = "\(agreeing.count)/\(pairs.count) pairs"
    let weak = agreeing.filter { !$0.isSupported }
    if !weak.isEmpty {
      count +=
        ", undecided against "
        + weak.map { "\($0.opponent(of: row).label) (\($0.doubt))" }.joined(separator: ", ")
    }
    if others.isEmpty { return .sameRanking(detail: count) }
    let reversals = others.map { pair in
      let opponent = pair.opponent(of: row).label
      switch pair.outcome {
      case .tied, .agrees: return "tied with \(opponent)"
      case .reversed:
        return "reversed against \(opponent) ("
          + (pair.isSupported ? pair.support : "undecided: \(pair.doubt)") + ")"
      }
    }.joined(separator: "; ")
    let detail = "\(count); \(reversals)"
    if isPaperProtocol || others.contains(where: \.isSupported) {
      return .miss(detail: isPaperProtocol ? "\(offText), \(detail)" : detail)
    }
    return .substitutedScale(detail: "undecided, \(detail)")
  }
}

extension RankedPair {
  /// What supports the outcome, or that nothing does, in words: with both p, the uncorrected one first,
  /// and of an undecided order the difference and how large one would have been seen.
  package var support: String {
    switch ground {
    case .test:
      isSupported || test == nil ? probabilities : "\(doubt); \(probabilities)"
    case .divergence: "one of the two diverged"
    case .formula: "by a formula without error"
    case .repeatability(true): "by more than such a measurement varies"
    case .repeatability(false): "within what such a measurement varies"
    case .nothing: "no paired test: fewer than two windows or examples"
    }
  }

  /// Why the order is undecided: `−0.0040 ± 0.0060 nats; a difference of 0.0170 would have been seen`, at
  /// the level that this order had to meet among the others.
  var doubt: String {
    guard case .test = ground, let test else { return support }
    let isWithinFloor = test.meanDifference.magnitude <= test.roundingFloor && outcome != .tied
    let floor = NumberText.fixed(test.roundingFloor, metric.decimalsOfDifferences)
    return test.size(of: metric) + (isWithinFloor ? ", within the rounding floor of \(floor)" : "")
      + "; " + test.visibility(of: metric, atLevel: step?.level ?? PairedComparison.level)
  }

  /// `p = 0.0087, Holm's p = 0.16`: uncorrected, and corrected where the table has several orders.
  private var probabilities: String {
    guard let test else { return "no paired test" }
    return NumberText.probabilityPhrase(test.probability, step)
  }
}

extension NumberText {
  /// The uncorrected probability, and the corrected one where several tests are read together.
  static func probabilityPhrase(_ p: Double, _ step: HolmCorrection.Step?) -> String {
    let phrase = probabilityPhrase(p)
    guard let step, step.tests > 1 else { return phrase }
    let corrected = probabilityPhrase(step.probability)
    return phrase + ", Holm's " + corrected
  }
}
