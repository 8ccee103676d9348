import Records

/// What a cell has to tell so far, whatever becomes of it.
struct RecordDraft {
  /// Scores of checkpoints, in order.
  var trajectory: [TrajectoryPoint] = []
  /// Scores of the tasks: of the checkpoint that is chosen, or of the final model.
  var taskScores: [Score] = []
  /// How zeroth-order training went.
  var summary: ZerothOrderSummary?
  /// Digests of token streams and weights.
  var digests: [NamedText] = []
  /// Figures that the method kept.
  var facts: [NamedNumber] = []
  /// Curves that the method kept.
  var series: [RunSeries] = []
  /// What happened that a reader must know.
  var events: [String] = []

  /// The record of what is known so far.
  func record(of cell: Cell, status: RunStatus, reason: String?, scores: [Score], chosen: Int?)
    -> RunRecord
  {
    RunRecord(
      cell: cell, status: status, reason: reason, scores: scores, trajectory: trajectory,
      selection: chosen.flatMap { CheckpointSelection(of: $0, among: trajectory) },
      zerothOrder: summary, digests: digests, facts: facts, series: series, events: events)
  }
}
