internal import Glibc
package import Records
internal import Statistics
internal import Vocabulary

/// How many windows of a cell decide whether its perplexity rose by a margin, as a gate asks it.
///
/// What will change isn't known, only how unevenly two runs of such a cell differ from window to window: their differences,
/// less their mean, are what a gate would see of a change that isn't there.
package struct MarginPower: Sendable, Equatable {
  /// The record.
  package let record: RunRecord
  /// The record that it differs from; nil where there is none of equal model, text and bits with other losses.
  package let other: RunRecord?
  /// The gate's test of their differences less their mean; nil without another record.
  package let test: MarginTest?

  /// How many windows decide; nil where nobody can tell, or beyond ``MarginTest/mostTimes`` times the present ones.
  package var needed: Int? { test?.needed }

  /// The gate's test of what two runs differ by, less the mean of it; nil for windows that can't be paired.
  ///
  /// > Unit: windows in nats per token; `margin` is a share of the perplexity.
  package static func test(_ windows: [Double], _ others: [Double], margin: Double) -> MarginTest? {
    guard windows.count == others.count, !windows.isEmpty else { return nil }
    let differences = zip(windows, others).map { $0 - $1 }
    let mean = differences.reduce(0, +) / Double(differences.count)
    return MarginTest(
      differences.map { $0 - mean }, margin: log1p(margin), level: GatePolicy.usualLevel)
  }
}

extension TableContents {
  /// Every cell with a perplexity: how many windows decide a rise by `margin`.
  ///
  /// The other record is that of another seed, else the row of equal bits that differs least.
  package func marginPower(_ margin: Double) -> [MarginPower] {
    records.compactMap { record in
      guard let windows = record.testWindows else { return nil }
      let others = records.compactMap { other -> (record: RunRecord, windows: [Double])? in
        guard let theirs = other.testWindows, theirs != windows, other.isLike(record) else {
          return nil
        }
        return (other, theirs)
      }
      let seeds = others.filter { $0.record.isOtherSeed(of: record) }
      let nearest = (seeds.isEmpty ? others : seeds).min {
        Self.spread(windows, $0.windows) < Self.spread(windows, $1.windows)
      }
      return MarginPower(
        record: record, other: nearest?.record,
        test: nearest.flatMap { MarginPower.test(windows, $0.windows, margin: margin) })
    }
  }

  /// How many windows decide a rise by `margin`, cell by cell, as Markdown; nil where no cell has a perplexity.
  package func marginPowerPage(_ margin: Double) -> String? {
    let cells = marginPower(margin)
    guard !cells.isEmpty else { return nil }
    let share = NumberText.signed(100 * margin, 2) + " %"
    var table = MarkdownTable([
      ("Cell", .left), ("windows", .right), ("differs from", .left), ("rise that is seen", .right),
      ("windows that decide \(share)", .right), ("enough", .left),
    ])
    for cell in cells {
      let count = cell.record.testWindows?.count ?? 0
      let seen = cell.test?.visible.map { NumberText.signed(100 * expm1($0), 2) + " %" }
      table.add([
        name(of: cell.record), NumberText.grouped(count),
        cell.other.map(name(of:)) ?? "–", seen ?? "–",
        cell.words.inMarkdown, cell.needed.map { $0 <= count ? "yes" : "no" } ?? "–",
      ])
    }
    return [
      "# Windows that decide \(share): \(grid.table) at scale \(scale.rawValue)",
      "From the committed records, as 'zeroqat gate' compares: blocks of neighbouring windows, intervals that hold "
        + "\(NumberText.coverage(level: GatePolicy.usualLevel)). With so many windows nothing is inconclusive, equal runs are a "
        + "regression at most once in a hundred times, and a rise of \(share) is found 99 times, if runs differ as "
        + "unevenly from window to window as the two that stand here: another seed of the cell, else the row of equal bits that is "
        + "nearest. A dash: there is no other to differ from; equal weights and kernels give equal bits, and need one window.",
      table.text,
    ].joined(separator: "\n\n") + "\n"
  }

  /// Sum of squares about the mean of the differences.
  private static func spread(_ windows: [Double], _ others: [Double]) -> Double {
    let differences = zip(windows, others).map { $0 - $1 }
    let mean = differences.reduce(0, +) / Double(differences.count)
    return differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  }
}

extension MarginPower {
  /// How many windows decide, or why that can't be said.
  fileprivate var words: String {
    guard let test else { return "–" }
    if let needed { return NumberText.grouped(needed) }
    guard test.interval.blocks >= BlockBootstrap.fewestBlocks else {
      return "can't be told from fewer than \(BlockBootstrap.fewest())"
    }
    return "> \(NumberText.grouped(Int(MarginTest.mostTimes) * test.interval.count))"
  }
}

extension RunRecord {
  /// Losses of the test windows; nil without them, or where one isn't finite.
  fileprivate var testWindows: [Double]? {
    guard status == .finished, let score = testScore(.perplexity) else { return nil }
    let windows = score.windowNLL.compactMap(\.self).filter(\.isFinite)
    return windows.isEmpty || windows.count != score.windowNLL.count ? nil : windows
  }

  /// Whether windows of both can be paired, and both were quantized alike.
  fileprivate func isLike(_ other: RunRecord) -> Bool {
    cell.bits == other.cell.bits && cell.model.digest == other.cell.model.digest
      && digest("tokens.test") == other.digest("tokens.test")
      && testScore(.perplexity)?.windowNLL.count == other.testScore(.perplexity)?.windowNLL.count
  }
}
