package import Records
internal import Vocabulary

/// Whether the full-precision cell makes the others credible.
///
/// A harness that gets the plain model wrong must not print what quantization does to it.
package enum AnchorState: Sendable, Equatable {
  /// Within its tolerance of a figure known from elsewhere.
  case met(Anchor, measured: Double)
  /// Outside it: quantized entries are withheld.
  case missed(Anchor, measured: Double)
  /// Measured, but no independent figure is known for this text and these windows.
  case unknown(measured: Double)
  /// The full-precision cell has no score: quantized entries are withheld.
  case absent(reason: String)
  /// The grid has no full-precision row.
  case noRow

  /// Judges the full-precision perplexity of a panel, or what else it measures.
  init(
    grid: Grid, panel: GridPanel, model: ModelManifest?, states: [EntryPlace: EntryState],
    reference: RunRecord?
  ) {
    guard let row = grid.rows.first(where: \.isFullPrecision) else {
      self = .noRow
      return
    }
    let columns = grid.columns.filter {
      grid.panels(of: $0).contains(panel) && $0.notRun == nil
    }
    let column = columns.first { $0.metric == .perplexity } ?? columns.first
    let state = column.flatMap { states[EntryPlace(row: row.key, column: $0.key)] }
    switch state {
    case .measured(let score):
      let settings = reference?.cell.protocolSettings
      let anchor =
        score.metric != .perplexity
        ? nil
        : settings.flatMap {
          model?.anchor(for: $0.id, testWindows: $0.testWindows)
        }
      guard let anchor else {
        self = .unknown(measured: score.value)
        return
      }
      self =
        anchor.isMet(by: score.value)
        ? .met(anchor, measured: score.value) : .missed(anchor, measured: score.value)
    case .diverged: self = .absent(reason: "the full-precision cell diverged")
    case .failed: self = .absent(reason: "the full-precision cell failed")
    case .tooLarge: self = .absent(reason: "the full-precision cell was too large for the machine")
    case .notRun, .withheld, nil: self = .absent(reason: "the full-precision cell was not run")
    }
  }

  /// The state that may be shown: quantized scores are withheld while the anchor isn't met.
  func gate(_ state: EntryState, row: GridRow) -> EntryState {
    guard case .measured(let score) = state, !row.isFullPrecision else { return state }
    switch self {
    case .met, .unknown, .noRow:
      return state
    case .missed:
      return .withheld(
        reason: "the full-precision cell misses its anchor", records: score.records)
    case .absent(let reason):
      return .withheld(reason: reason, records: score.records)
    }
  }
}
