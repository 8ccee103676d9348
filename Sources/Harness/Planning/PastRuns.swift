internal import Glibc
package import Records
internal import Statistics
internal import Vocabulary

/// How long a cell should take and how much memory it should need, from cells like it that ran.
///
/// The three nearest records of the same method, model and kind of score are taken, this machine's before committed ones,
/// and each of their phases stretched by what the cell has more to do (``Records/CellWork``); the middle one counts, as any
/// of them may have been disturbed. Committed records are of another
/// day or another machine: their times are corrected by how this machine's own records compare with what they say.
package struct PastRuns: Sendable {
  private let own: [RunRecord]
  private let committed: [RunRecord]
  /// Windows of the test texts, where a record took all of them.
  private let windows: [String: Int]
  /// How many times as long as committed records say cells take here.
  private var slowness = 1.0

  /// Past runs of this machine and committed ones; those that came to no end, or were interrupted, say nothing.
  package init(own: [RunRecord], committed: [RunRecord]) {
    func isSound(_ record: RunRecord) -> Bool {
      record.status == .finished && record.measurement.map { $0.resumes == 0 } == true
    }
    self.own = own.filter(isSound)
    self.committed = committed.filter(isSound)
    windows = (own + committed).reduce(into: [:]) { found, record in
      guard record.cell.protocolSettings.testWindows == nil,
        let score = record.scores.first(where: { $0.split == "test" && $0.task == nil })
      else { return }
      found[Self.text(of: record.cell)] = score.windowNLL.count
    }
    let ratios = self.own.compactMap { record -> Double? in
      guard let found = seconds(of: record.cell, among: self.committed), found > 0 else {
        return nil
      }
      return Self.ownSeconds(of: record) / found
    }
    slowness = median(of: ratios) ?? 1
  }

  /// Seconds that a cell should take; nil where nothing like it ran.
  package func seconds(of cell: Cell) -> Double? {
    seconds(of: cell, among: own) ?? seconds(of: cell, among: committed).map { $0 * slowness }
  }

  /// The peak of memory that a cell should have, MiB; nil where nothing like it ran.
  package func mebibytes(of cell: Cell) -> Double? {
    let records = [own, committed].lazy.map { nearest(to: cell, among: $0) }.first { !$0.isEmpty }
    return records?.compactMap(\.measurement?.peakResidentBytes).max().map {
      Double($0) / 1_048_576
    }
  }

  private func seconds(of cell: Cell, among records: [RunRecord]) -> Double? {
    let work = work(of: cell)
    return median(
      of: nearest(to: cell, among: records).compactMap { record in
        guard let measurement = record.measurement else { return nil }
        let others = self.work(of: record.cell)
        let phases = measurement.phases.reduce(0) { sum, phase in
          var seconds = phase.wallSeconds
          // What another cell trained for it took nothing of its own time.
          if phase.name == "train", let shared = measurement.shared?.seconds { seconds -= shared }
          return sum + max(0, seconds) * work.ratio(to: others, in: phase.name)
        }
        return phases + max(0, Self.ownSeconds(of: record) - Self.phases(of: record))
      })
  }

  /// The three records that resemble the cell most, of those with its method, model and kind of score.
  private func nearest(to cell: Cell, among records: [RunRecord]) -> [RunRecord] {
    let work = work(of: cell)
    func distance(_ other: Cell) -> (Int, Int, Int, Double) {
      let trained = self.work(of: other).trained
      return (
        other.address.row == cell.address.row && other.address.column == cell.address.column
          ? 0 : 1,
        other.bits == cell.bits ? 0 : 1, abs(other.bits.activations - cell.bits.activations),
        abs(log((work.trained + 1) / (trained + 1)))
      )
    }
    let like = records.filter { record in
      let other = record.cell
      return other.method.name == cell.method.name && other.model.digest == cell.model.digest
        && other.protocolSettings.windowTokens == cell.protocolSettings.windowTokens
        && (other.protocolSettings.tasks ?? []).isEmpty
          == (cell.protocolSettings.tasks ?? []).isEmpty
    }
    return Array(like.sorted { distance($0.cell) < distance($1.cell) }.prefix(3))
  }

  private func work(of cell: Cell) -> CellWork {
    CellWork(of: cell, testWindows: windows[Self.text(of: cell)])
  }

  private static func text(of cell: Cell) -> String {
    let settings = cell.protocolSettings
    return settings.test.parts.map { "\($0.digest) \($0.from) \($0.to ?? -1)" }
      .joined(separator: ",") + " \(settings.windowTokens)"
  }

  /// Seconds of the cell's own process.
  private static func ownSeconds(of record: RunRecord) -> Double {
    guard let measurement = record.measurement else { return 0 }
    return max(0, measurement.wallSeconds - (measurement.shared?.seconds ?? 0))
  }

  private static func phases(of record: RunRecord) -> Double {
    guard let measurement = record.measurement else { return 0 }
    return measurement.phases.reduce(0) { $0 + $1.wallSeconds }
      - (measurement.shared?.seconds ?? 0)
  }
}
