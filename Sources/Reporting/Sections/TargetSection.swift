internal import Glibc
internal import Records
internal import Vocabulary

extension TableContents {
  /// Forward passes to each declared target, or nil where the scale declares none.
  var targetSection: [Passage]? {
    guard let targets = grid.scales[scale]?.targets, !targets.isEmpty else { return nil }
    let parts = grid.columns.compactMap { column -> [Passage]? in
      guard let target = targets[column.key] else { return nil }
      return targetPart(column, target)
    }
    guard !parts.isEmpty else { return nil }
    return [
      .heading(2, "Forward passes to a target"),
      .paragraph(
        """
        The target is a mean loss on development text, declared in the grid before anything ran. A forward pass is one of a \
        whole batch; an update takes two or more. Between checkpoints the course is taken as a straight line. \
        \(emphasis: "Fewer than") compares seed by seed with the reference row: the geometric mean of the ratios and its \
        95 % interval (Student's t over seeds).
        """),
    ] + parts.flatMap(\.self)
  }

  private func targetPart(_ column: GridColumn, _ target: Double) -> [Passage]? {
    func records(of row: GridRow) -> [RunRecord] {
      self.records.filter {
        $0.cell.address.row == row.key && $0.cell.address.column == column.key
      }
    }
    let rows = grid.rows.compactMap { row in
      ForwardsToTarget(records(of: row), target: target).map { (row, $0) }
    }
    guard !rows.isEmpty else { return nil }
    let reference = rows.first { $0.0.key == grid.reference } ?? rows[0]
    let label = reference.0.label
    var table = PassageTable(
      "Forward passes until \(column.label) is at its target",
      [
        .words("Method"), .number("Passes an update"), .number("Passes to the target, by seed"),
        .number("Mean"), .number("Fewer than \(label)"),
      ])
    for (row, taken) in rows {
      let each = taken.trainings.map { training in
        training.reached.map { NumberText.grouped(Int($0.rounded())) }
          ?? "not in \(NumberText.grouped(training.all))"
      }
      var ratio = "–"
      if row.key != reference.0.key, let found = taken.speedUp(over: reference.1) {
        ratio = "×" + NumberText.fixed(found.ratio, 2)
        if let interval = found.interval {
          ratio +=
            " (\(NumberText.fixed(interval.lowerBound, 2)) to \(NumberText.fixed(interval.upperBound, 2)))"
        }
      }
      table.add(
        [
          "\(row.label)", "\(taken.perUpdate)", "\(each.joined(separator: ", "))",
          "\(taken.mean.map { NumberText.grouped(Int($0.rounded())) } ?? "–")", "\(ratio)",
        ], of: records(of: row).map(RecordName.init))
    }
    let perplexity = NumberText.score(exp(target))
    return [
      .paragraph("\(strong: "\(column.label)"): \(target) nats, perplexity \(perplexity)"),
      .table(table),
    ]
  }
}
