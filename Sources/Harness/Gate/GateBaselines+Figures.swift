internal import JSONText
internal import Records

extension GateBaselines {
  /// Holds the ledger's figures to the records that they are of, and to each other.
  ///
  /// What was accepted last must be the last record's, what was first the first record's, and what was before what the entry
  /// before it says.
  ///
  /// - Throws: `JSONError` at the first figure that says something else.
  func checkFigures(_ latest: [Place: Acceptance.Cell], in document: JSONDocument) throws {
    var before: [Place: Acceptance.Cell] = [:]
    for (index, acceptance) in ledger.accepted.enumerated() {
      for (number, cell) in acceptance.cells.enumerated() {
        let pointer = "/accepted/\(index)/cells/\(number)"
        if let last = latest[cell.place], let pair = pairs[cell.place] {
          try check(cell, pair, last, before[cell.place], at: pointer, in: document)
        }
        before[cell.place] = cell
      }
      for place in acceptance.retired ?? [] {
        before[Place(gate: place.gate, file: place.file)] = nil
      }
    }
  }

  private func check(
    _ cell: Acceptance.Cell, _ pair: Pair, _ last: Acceptance.Cell, _ before: Acceptance.Cell?,
    at pointer: String, in document: JSONDocument
  ) throws {
    for (place, figure) in cell.figures.enumerated() {
      func hold(_ member: String, _ found: Double?, to expected: Double?, _ source: String) throws {
        guard found != expected else { return }
        func words(_ value: Double?) -> String { value.map { "\($0)" } ?? "none" }
        throw document.error(
          at: "\(pointer)/figures/\(place)/\(member)",
          "expected \(words(expected)) as \(source) has it, found \(words(found)); the figure was edited, so restore "
            + "the file as it was committed")
      }
      if cell == last {
        try hold("after", figure.after, to: pair.last.figure(named: figure.name), "the record")
      }
      // The very first has no figure before it.
      if figure.first != nil, cell.first == last.first {
        let first = pair.first.figure(named: figure.name)
        try hold("first", figure.first, to: first, "the first baseline")
      }
      if let before {
        let earlier = before.figures.first { $0.name == figure.name }?.after
        try hold("before", figure.before, to: earlier, "the entry before it")
      }
    }
  }
}

extension RunRecord {
  /// The test scores as a ledger names them: perplexities, and percent of tasks; and how many windows or examples.
  var gatedFigures: [(name: String, value: Double?, units: Int)] {
    scores.filter { $0.split == "test" }.map { score in
      (
        score.metric + (score.task.map { " of \($0)" } ?? ""),
        score.task == nil ? score.value : score.value.map { 100 * $0 },
        score.task == nil ? score.windowNLL.count : score.outcomes?.count ?? 0
      )
    }
  }

  /// One of them by its name.
  func figure(named name: String) -> Double? { gatedFigures.first { $0.name == name }?.value }
}
