internal import Records

extension TableContents {
  /// What a quick run did here, held to the committed records whose beginnings it is; nil for another run.
  var quickSection: [Passage]? {
    guard let quick else { return nil }
    var rows = PassageTable(
      "What ran here, cell by cell",
      [
        .words("Ran here"), .words("Figure"), .number("here"), .number("committed"),
        .words("Agreement"),
      ])
    for check in quick.cases where check.hasFresh {
      for figure in check.figures {
        let isFine = figure.result == .pass || figure.result == .skipped
        rows.add([
          Phrase(name(of: check)), figure.name.isEmpty ? "–" : Phrase(figure.name),
          Phrase(figure.fresh.map { NumberText.score($0) } ?? "–"),
          Phrase(figure.committed.map { NumberText.score($0) } ?? "–"),
          isFine
            ? Phrase(figure.detail)
            : "\(strong: Phrase(figure.result.rawValue)): \(figure.detail)",
        ])
      }
    }
    guard !rows.isEmpty else { return nil }
    let ran = quick.cases.count(where: \.hasFresh)
    let agreeing = quick.cases.count { $0.hasFresh && $0.isIdentical }
    let compared = quick.cases.count { $0.hasFresh && $0.isCommitted }
    return [
      .banner([
        """
        \(strong: "A quick run"): of \(ran) \(ran == 1 ? "cell" : "cells") the beginnings ran here, and \
        \(agreeing) of \(compared) agree to the last bit with the committed ones, which the table shows whole.
        """
      ]), .folded("What ran here, cell by cell", [.table(rows)]),
    ]
  }

  private func name(of check: CheckCase) -> String {
    let (row, column) = (grid.row(check.address.row), grid.column(check.address.column))
    var name = row?.label ?? check.address.row
    name += ", " + (column?.label ?? check.address.column)
    if let task = check.address.task { name += ", \(grid.texts[task] ?? task)" }
    return name + ", seed \(check.address.seed)"
  }
}

extension CheckCase {
  /// Whether something was measured here.
  fileprivate var hasFresh: Bool { figures.contains { $0.fresh != nil } }

  /// Whether nothing differs in a bit.
  fileprivate var isIdentical: Bool {
    let compared = figures.filter { $0.result != .skipped }
    return isCommitted && !compared.isEmpty
      && compared.allSatisfy { $0.result == .pass && $0.detail.hasPrefix("identical") }
  }
}
