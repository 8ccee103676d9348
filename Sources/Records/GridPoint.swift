internal import JSONText

/// One point of a grid at one scale, before files are looked for: what a printed entry stands on.
///
/// The harness resolves points to cells; the renderer finds by ``columns`` the entries that a
/// record fills.
package struct GridPoint: Sendable, Equatable {
  /// Where the point stands; its column is the first of ``columns``.
  package var address: CellAddress
  /// All columns that the point serves; several only for full precision.
  package var columns: [String]
  /// The model and the text.
  package var panel: GridPanel
  /// What is measured.
  package var metric: Metric
  /// The bits label; `FP` for full precision, whatever the column says.
  package var bits: String
  /// The method, with the row's options and the scale's overrides merged.
  package var method: MethodReference
  /// What is measured beside the score.
  package var diagnostics: [CellDiagnostic]
  /// Why the grid itself says that the point doesn't run; nil when it should.
  package var notRun: String?

  /// A point from its parts.
  package init(
    address: CellAddress, columns: [String], panel: GridPanel = GridPanel(), metric: Metric,
    bits: String, method: MethodReference, diagnostics: [CellDiagnostic] = [], notRun: String?
  ) {
    self.address = address
    self.columns = columns
    self.panel = panel
    self.metric = metric
    self.bits = bits
    self.method = method
    self.diagnostics = diagnostics
    self.notRun = notRun
  }
}

extension Grid {
  /// Every point at `scale`: rows first, then columns, then texts, then seeds; empty when there is no
  /// such scale.
  ///
  /// A full-precision row has one point per metric, panel and seed: the same forward pass serves all
  /// bits.
  package func points(at scale: Scale) -> [GridPoint] {
    guard let settings = scales[scale] else { return [] }
    var points: [GridPoint] = []
    for row in rows {
      for served in row.columnGroups(of: columns) {
        guard let first = served.first else { continue }
        let bits = row.isFullPrecision ? BitsLabel.fullPrecision.description : first.bits(in: row)
        for panel in first.panels {
          let method = MethodReference(
            name: row.method, options: options(of: row, in: first, panel, at: scale))
          for seed in settings.seeds[row.key] ?? row.seeds ?? [settings.seed ?? 1] {
            var address = CellAddress(
              table: table, scale: scale.rawValue, row: row.key, column: first.key, seed: seed)
            if first.texts.count > 1 { address.text = panel.text }
            points.append(
              GridPoint(
                address: address, columns: served.map(\.key), panel: panel, metric: first.metric,
                bits: bits, method: method, diagnostics: diagnostics,
                notRun: settings.notRun ?? first.notRun ?? missing(panel, at: settings)))
          }
        }
      }
    }
    return points
  }

  /// Estimated minutes and MiB of a point: the grid's own figures, else the method's.
  package func estimates(of point: GridPoint, at scale: Scale) -> (
    minutes: Double?, mebibytes: Double?
  ) {
    guard let settings = scales[scale], let column = column(point.address.column) else {
      return (nil, nil)
    }
    let model = settings.model(for: point.panel)
    return (
      settings.minutes[point.address.row]
        ?? hyperparameters?.minutes(
          of: point.method.name, bits: point.bits, model: model, stage: column.stage, at: scale),
      settings.mebibytes[point.address.row]
        ?? hyperparameters?.mebibytes(
          of: point.method.name, bits: point.bits, model: model, stage: column.stage, at: scale)
    )
  }

  /// The column of that key.
  package func column(_ key: String) -> GridColumn? { columns.first { $0.key == key } }

  /// The row of that key.
  package func row(_ key: String) -> GridRow? { rows.first { $0.key == key } }

  /// The options of a row's cells: the methods' hyper-parameters at this scale, the row's own options
  /// laid over them, and the scale's overrides over those, member by member.
  private func options(
    of row: GridRow, in column: GridColumn, _ panel: GridPanel, at scale: Scale
  ) -> JSON {
    let settings = scales[scale]
    let common =
      hyperparameters?.options(
        of: row.method, bits: column.bits(in: row), model: settings?.model(for: panel),
        stage: column.stage, at: scale) ?? .object([])
    let overrides = settings?.overrides.filter {
      $0.row == row.key && ($0.column ?? column.key) == column.key
    }
    return (overrides ?? []).reduce(common.overlaid(by: row.options)) {
      $0.overlaid(by: $1.options)
    }
  }

  /// Why nothing of the panel can run: the scale has nothing in the place of its model or its text.
  private func missing(_ panel: GridPanel, at settings: GridScale) -> String? {
    if let key = panel.model, settings.models[key] == nil {
      return "no model stands for \(models[key] ?? key) at this scale"
    }
    if let key = panel.text, settings.texts[key] == nil {
      return "no text stands for \(texts[key] ?? key) at this scale"
    }
    if settings.model(for: panel) == nil { return "the grid names no model for this scale" }
    return nil
  }
}

extension GridColumn {
  /// The bits label of the row's cells in this column; `FP` when neither names any.
  package func bits(in row: GridRow) -> String {
    row.bits ?? bits ?? BitsLabel.fullPrecision.description
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
        $0[0].metric == column.metric && $0[0].panels == column.panels
          && $0[0].notRun == column.notRun && $0[0].stage == column.stage
      }
      if let index { groups[index].append(column) } else { groups.append([column]) }
    }
    return groups
  }
}

extension JSON {
  /// This object with the members of `other` replacing or following its own.
  func overlaid(by other: JSON) -> JSON {
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
