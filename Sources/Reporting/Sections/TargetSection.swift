internal import Glibc
internal import Records
internal import Vocabulary

extension TableContents {
  /// Forward passes to each declared target, or nil where the scale declares none.
  var targetSection: String? {
    guard let targets = grid.scales[scale]?.targets, !targets.isEmpty else { return nil }
    let parts = grid.columns.compactMap { column -> String? in
      guard let target = targets[column.key] else { return nil }
      return targetPart(column, target)
    }
    guard !parts.isEmpty else { return nil }
    return """
      ## Forward passes to a target

      The target is a mean loss on development text, declared in the grid before anything ran. A forward pass is one of a \
      whole batch; an update takes two or more. Between checkpoints the course is taken as a straight line. *Fewer than* compares \
      seed by seed with the reference row: the geometric mean of the ratios and its 95 % interval (Student's t over seeds).


      """ + parts.joined(separator: "\n\n")
  }

  private func targetPart(_ column: GridColumn, _ target: Double) -> String? {
    func taken(_ row: GridRow) -> ForwardsToTarget? {
      ForwardsToTarget(
        records.filter {
          $0.cell.address.row == row.key && $0.cell.address.column == column.key
        }, target: target)
    }
    let rows = grid.rows.compactMap { row in taken(row).map { (row, $0) } }
    guard !rows.isEmpty else { return nil }
    let reference = rows.first { $0.0.key == grid.reference } ?? rows[0]
    let label = reference.0.label.inMarkdown
    var table = MarkdownTable([
      ("Method", .left), ("Passes an update", .right), ("Passes to the target, by seed", .right),
      ("Mean", .right), ("Fewer than \(label)", .right),
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
      table.add([
        row.label.inMarkdown, "\(taken.perUpdate)", each.joined(separator: ", "),
        taken.mean.map { NumberText.grouped(Int($0.rounded())) } ?? "–", ratio,
      ])
    }
    let perplexity = NumberText.score(exp(target))
    return "**\(column.label.inMarkdown)**: \(target) nats, perplexity \(perplexity)\n\n"
      + table.text
  }
}
