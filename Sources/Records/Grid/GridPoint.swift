internal import JSONText
package import Vocabulary

/// One point of a grid at one scale, before files are looked for: what a printed entry stands on.
///
/// The harness resolves points to cells; the renderer finds by ``columns`` the entries that a
/// record fills.
package struct GridPoint: Sendable, Equatable {
  /// Where the point stands; its column is the first of ``columns``.
  package var address: CellAddress
  /// All columns that the point serves: full precision serves all bits, and one model several metrics.
  package var columns: [String]
  /// The model, the text and the tasks.
  package var panel: GridPanel
  /// What is measured, column by column, each metric once.
  package var metrics: [Metric]
  /// The bits label; `FP` for full precision, whatever the column says.
  package var bits: BitsLabel
  /// The method, with the row's options and the scale's overrides merged.
  package var method: MethodReference
  /// What is measured beside the score.
  package var diagnostics: [CellDiagnostic]
  /// Why the grid itself says that the point doesn't run; nil when it should.
  package var notRun: String?

  /// A point from its parts.
  package init(
    address: CellAddress, columns: [String], panel: GridPanel = GridPanel(),
    metrics: [Metric], bits: BitsLabel, method: MethodReference, diagnostics: [CellDiagnostic] = [],
    notRun: String?
  ) {
    self.address = address
    self.columns = columns
    self.panel = panel
    self.metrics = metrics
    self.bits = bits
    self.method = method
    self.diagnostics = diagnostics
    self.notRun = notRun
  }
}

extension Grid {
  /// Every point at `scale`: rows first, then columns, then tasks to fine-tune on, then seeds; empty
  /// when there is no such scale.
  ///
  /// Columns of equal panels and bits are one point, and for a full-precision row those of equal
  /// panels: the same model serves them all.
  package func points(at scale: Scale) -> [GridPoint] {
    guard let settings = scales[scale] else { return [] }
    var points: [GridPoint] = []
    let absent = Set(settings.without + settings.leftOut)
    for row in rows where !absent.contains(row.key) {
      for served in columnGroups(of: row) {
        guard let first = served.first else { continue }
        let bits =
          row.isFullPrecision
          ? .fullPrecision : settings.bits(for: first.bits(in: row))
        let here = settings.tasks(of: first)
        for panel in panels(of: first)
        where panel.stage == .pretraining || panel.tasks.allSatisfy(here.contains) {
          let method = MethodReference(
            name: row.method(in: first.stage),
            options: options(of: row, in: first, panel, bits: bits, at: scale))
          for seed in settings.seeds[row.key] ?? row.seeds ?? [settings.seed ?? 1] {
            var address = CellAddress(
              table: table, scale: scale.rawValue, row: row.key, column: first.key, seed: seed)
            if first.stage == .finetuning, first.tasks.count > 1 { address.task = panel.tasks[0] }
            points.append(
              GridPoint(
                address: address, columns: served.map(\.key), panel: panel,
                metrics: served.map(\.metric).withoutRepetitions, bits: bits, method: method,
                diagnostics: diagnostics,
                notRun: settings.notRun ?? first.notRun
                  ?? (first.stage == .finetuning ? row.finetuning?.notRun : nil)
                  ?? missing(panel, at: settings)))
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
    let quick = budget == .quick ? settings.quick?.minutes[point.method.name] : nil
    return (
      quick ?? settings.minutes[point.address.row]
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
    of row: GridRow, in column: GridColumn, _ panel: GridPanel, bits: BitsLabel, at scale: Scale
  ) -> JSON {
    let settings = scales[scale]
    let common =
      hyperparameters?.options(
        of: row.method(in: column.stage), bits: bits, model: settings?.model(for: panel),
        stage: column.stage, at: scale) ?? .object([])
    let overrides = settings?.overrides.filter {
      $0.row == row.key && ($0.column ?? column.key) == column.key
        && ($0.stage ?? column.stage) == column.stage
    }
    let options = (overrides ?? []).reduce(common.overlaid(by: row.options(in: column.stage))) {
      $0.overlaid(by: $1.options)
    }
    guard budget == .quick, let quick = settings?.quick else { return options }
    return quick.options(options, of: row.method(in: column.stage), in: column.stage)
  }

  /// Why nothing of the panel can run: the scale has nothing in the place of its model or its text.
  private func missing(_ panel: GridPanel, at settings: GridScale) -> String? {
    if let key = panel.model, settings.models[key] == nil {
      return "no model stands for \(models[key] ?? key) at this scale"
    }
    if let key = panel.text, settings.texts[key] == nil {
      return "no text stands for \(texts[key] ?? key) at this scale"
    }
    if let key = panel.tasks.first, panel.tasks.allSatisfy({ settings.texts[$0] == nil }) {
      return "no task stands for \(texts[key] ?? key) at this scale"
    }
    if settings.model(for: panel) == nil { return "the grid names no model for this scale" }
    return nil
  }
}

extension GridColumn {
  /// The bits label of the row's cells in this column; `FP` when neither names any.
  package func bits(in row: GridRow) -> BitsLabel {
    row.bits ?? bits ?? .fullPrecision
  }
}

extension Grid {
  /// The columns that one cell of a row serves, group by group in printed order.
  ///
  /// Columns that don't run yet and columns that do are never in one group, nor are those that a
  /// scale's override treats differently.
  private func columnGroups(of row: GridRow) -> [[GridColumn]] {
    var groups: [[GridColumn]] = []
    let overridden = Set(
      Scale.allCases.flatMap { scales[$0]?.overrides ?? [] }
        .filter { $0.row == row.key }.compactMap(\.column))
    for column in columns {
      let index = groups.firstIndex {
        let first = $0[0]
        return panels(of: first) == panels(of: column) && first.notRun == column.notRun
          && (row.isFullPrecision
            || first.bits == column.bits && !overridden.contains(first.key)
              && !overridden.contains(column.key))
      }
      if let index { groups[index].append(column) } else { groups.append([column]) }
    }
    return groups
  }
}

extension [Metric] {
  fileprivate var withoutRepetitions: [Metric] {
    reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
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
