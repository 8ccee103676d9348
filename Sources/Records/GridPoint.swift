package import JSONText

/// One point of a grid at one scale, before files are looked for: what a printed entry stands on.
///
/// The harness resolves points to cells; the renderer finds by ``columns`` the entries that a
/// record fills.
package struct GridPoint: Sendable, Equatable {
  /// Where the point stands; its column is the first of ``columns``.
  package var address: CellAddress
  /// All columns that the point serves; several only for full precision.
  package var columns: [String]
  /// What is measured.
  package var metric: Metric
  /// The bits label; `FP` for full precision, whatever the column says.
  package var bits: String
  /// The method, with the row's options and the scale's overrides merged.
  package var method: MethodReference
  /// Why the grid itself says that the point doesn't run; nil when it should.
  package var notRun: String?

  /// A point from its parts.
  package init(
    address: CellAddress, columns: [String], metric: Metric, bits: String,
    method: MethodReference, notRun: String?
  ) {
    self.address = address
    self.columns = columns
    self.metric = metric
    self.bits = bits
    self.method = method
    self.notRun = notRun
  }
}

extension Grid {
  /// Every point at `scale`, rows first, then columns, then seeds; empty when there is no such scale.
  ///
  /// A full-precision row has one point per metric and seed: the same forward pass serves all bits.
  package func points(at scale: Scale) -> [GridPoint] {
    guard let settings = scales[scale] else { return [] }
    var points: [GridPoint] = []
    for row in rows {
      for served in row.columnGroups(of: columns) {
        guard let first = served.first else { continue }
        for seed in row.seeds ?? [settings.seed ?? 1] {
          points.append(
            GridPoint(
              address: CellAddress(
                table: table, scale: scale.rawValue, row: row.key, column: first.key, seed: seed),
              columns: served.map(\.key), metric: first.metric,
              bits: row.isFullPrecision ? BitsLabel.fullPrecision.description : first.bits,
              method: MethodReference(
                name: row.method, options: settings.options(of: row, in: first.key)),
              notRun: settings.notRun ?? first.notRun))
        }
      }
    }
    return points
  }
}

extension GridRow {
  /// The columns that one cell of this row serves, group by group in printed order.
  ///
  /// Columns that don't run yet and columns that do are never in one group.
  fileprivate func columnGroups(of columns: [GridColumn]) -> [[GridColumn]] {
    guard isFullPrecision else { return columns.map { [$0] } }
    var groups: [[GridColumn]] = []
    for column in columns {
      let index = groups.firstIndex {
        $0[0].metric == column.metric && $0[0].notRun == column.notRun
      }
      if let index { groups[index].append(column) } else { groups.append([column]) }
    }
    return groups
  }
}

extension GridScale {
  /// The row's options with this scale's overrides laid over them, member by member.
  package func options(of row: GridRow, in column: String) -> JSON {
    overrides.filter { $0.row == row.key && ($0.column ?? column) == column }
      .reduce(row.options) { $0.overlaid(by: $1.options) }
  }
}

extension JSON {
  /// This object with the members of `other` replacing or following its own.
  fileprivate func overlaid(by other: JSON) -> JSON {
    guard case .object(var members) = self, case .object(let additions) = other else {
      return other
    }
    for addition in additions {
      if let index = members.firstIndex(where: { $0.name == addition.name }) {
        members[index] = addition
      } else {
        members.append(addition)
      }
    }
    return .object(members)
  }
}
