package import Records
package import Vocabulary

/// One printed place of a table: the paper's number, and what became of ours.
package struct TableEntry: Sendable, Equatable {
  /// The row.
  package let row: GridRow
  /// The column.
  package let column: GridColumn
  /// The paper's number, where it is known.
  package let paper: PaperCell?
  /// Ours.
  package let state: EntryState

  /// The bits of the entry, by its row or its column; `FP` for full precision.
  package var bits: BitsLabel {
    row.isFullPrecision ? .fullPrecision : column.bits(in: row)
  }

  /// The measured score, if there is one.
  package var score: MeasuredScore? {
    guard case .measured(let score) = state else { return nil }
    return score
  }

  /// Whether the model was measured and its loss left the finite numbers.
  package var isDiverged: Bool {
    guard case .diverged = state else { return false }
    return true
  }

  /// The records behind the entry.
  package var records: [RunRecord] {
    switch state {
    case .measured(let score): score.records
    case .diverged(_, let records), .failed(_, let records), .tooLarge(_, let records),
      .withheld(_, let records):
      records
    case .notRun: []
    }
  }
}

/// What became of an entry.
package enum EntryState: Sendable, Equatable {
  /// All seeds gave a finite score.
  case measured(MeasuredScore)
  /// A seed's loss stopped being finite: the entry is worse than any finite one.
  case diverged(reason: String, records: [RunRecord])
  /// A seed ended with an error.
  case failed(reason: String, records: [RunRecord])
  /// A seed needs more memory than the machine had, by the memory model; it wasn't run.
  case tooLarge(reason: String, records: [RunRecord])
  /// Nothing ran.
  case notRun(reason: String)
  /// There are records, but the full-precision anchor that would make them credible isn't met.
  case withheld(reason: String, records: [RunRecord])
}

extension RunStatus {
  /// How a cell ended, as pages say it.
  var inWords: String {
    switch self {
    case .finished, .diverged, .failed: rawValue
    case .tooLarge: "too large"
    }
  }
}
