internal import JSONText
internal import Records

extension ComparisonReport {
  /// What stands in a window of a cell, by its number, where that is on this machine.
  package typealias WindowText = (_ cell: String, _ window: Int) -> String?

  /// The comparison as Markdown.
  package func markdown(text: WindowText = { _, _ in nil }) -> String { page(text).markdown }

  /// The comparison as one HTML file.
  package func html(text: WindowText = { _, _ in nil }) -> String {
    page(text).html(title: "\(a) and \(b)")
  }

  /// The comparison as JSON.
  ///
  /// - Throws: ``JSONError`` when it can't be written.
  package var json: String {
    get throws(JSONError) { try jsonText(of: self, style: .pretty) }
  }

  private func page(_ text: WindowText) -> [PageBlock] {
    var blocks: [PageBlock] = [
      .heading(1, "Comparison"),
      .paragraph("A is \(a), B is \(b). \(counts)"),
    ]
    for (title, cells) in [("Only in A", onlyInA), ("Only in B", onlyInB)] where !cells.isEmpty {
      blocks.append(.heading(2, title))
      blocks.append(.paragraph(cells.joined(separator: "; ")))
    }
    if differing.contains(where: { $0.scores.contains { $0.low != nil && $0.low != $0.high } }) {
      blocks.append(.paragraph(Self.intervals))
    }
    if differing.count > 1 { blocks += overview }
    for difference in differing { blocks += difference.blocks(text) }
    if !harmless.isEmpty {
      blocks.append(.heading(2, "Other conditions, equal numbers"))
      blocks.append(
        .table(
          [("Member", false), ("A", false), ("B", false), ("cells", true)],
          harmless.map {
            [$0.condition.member, $0.condition.a.inWords, $0.condition.b.inWords, "\($0.cells)"]
          }))
    }
    return blocks
  }

  /// What stands in brackets, and why a gate's are wider.
  private static var intervals: String {
    let own = NumberText.coverage(level: ScoreDifference.level)
    let gates = NumberText.coverage(level: GatePolicy.usualLevel)
    return
      "Intervals in brackets hold the true change \(own) of the time, by blocks of neighbouring windows; a gate's hold it "
      + "\(gates), where its policy names no other level."
  }

  /// `48 cells are equal to the last bit, 2 differ, …`.
  package var counts: String {
    var parts = [
      "\(NumberText.count(identical, "cell")) \(identical == 1 ? "is" : "are") equal to the last bit",
      "\(differing.count) \(differing.count == 1 ? "differs" : "differ")",
    ]
    if !onlyInA.isEmpty { parts.append("\(onlyInA.count) only in A") }
    if !onlyInB.isEmpty { parts.append("\(onlyInB.count) only in B") }
    return parts.joined(separator: ", ") + "."
  }

  private var overview: [PageBlock] {
    [
      .heading(2, "Cells that differ"),
      .table(
        [
          ("Cell", false), ("Score", false), ("A", true), ("B", true), (changeTitle, true),
          ("better", true), ("worse", true), ("equal", true),
        ],
        differing.flatMap { difference in
          difference.scores.map { [difference.name] + $0.row }
        }),
    ]
  }
}

extension RecordDifference {
  fileprivate func blocks(_ text: ComparisonReport.WindowText) -> [PageBlock] {
    var blocks: [PageBlock] = [
      .heading(2, name),
      .paragraph("The first thing that isn't equal: \(firstDifference ?? "nothing")."),
    ]
    if !conditions.isEmpty {
      blocks.append(.heading(3, "Conditions"))
      blocks.append(
        .table(
          [("Member", false), ("A", false), ("B", false)],
          conditions.map { [$0.member, $0.a.inWords, $0.b.inWords] }))
    }
    let compared = scores
    if !compared.isEmpty {
      blocks.append(.heading(3, "Scores"))
      blocks.append(
        .table(
          [
            ("Score", false), ("A", true), ("B", true), (changeTitle, true), ("better", true),
            ("worse", true), ("equal", true),
          ], compared.map(\.row)))
    }
    let worst = compared.flatMap { score in
      score.worst.map { loss in
        [
          score.name, "\(score.isText ? "window" : "example") \(loss.index)",
          NumberText.fixed(loss.baseline, score.isText ? 4 : 0),
          NumberText.fixed(loss.fresh, score.isText ? 4 : 0),
          (score.isText ? text(name, loss.index) : nil) ?? "–",
        ]
      }
    }
    if !worst.isEmpty {
      blocks.append(.heading(3, "Where B is worse"))
      blocks.append(
        .paragraph("Mean loss per token in nats, or percent of an answer; counted from 0."))
      blocks.append(
        .table(
          [("Score", false), ("Where", false), ("A", true), ("B", true), ("Text", false)], worst))
    }
    if !curves.isEmpty {
      blocks.append(.heading(3, "Where curves part"))
      blocks.append(
        .table(
          [
            ("Curve", false), ("parts at", true), ("A there", true), ("B there", true),
            ("length of A", true), ("length of B", true),
          ], curves.map(\.row)))
    }
    if !facts.isEmpty {
      blocks.append(.heading(3, "Figures that the method kept"))
      blocks.append(
        .table(
          [("Figure", false), ("A", true), ("B", true), ("unit", false)],
          facts.map { [$0.name, number($0.a), number($0.b), $0.unit] }))
    }
    for (side, events) in [("A", eventsOfA), ("B", eventsOfB)] where !events.isEmpty {
      blocks.append(.heading(3, "Remarks of \(side) alone"))
      blocks.append(.paragraph(events.joined(separator: "; ")))
    }
    return blocks
  }
}

extension ScoreDifference {
  /// The score, A, B, the change with its interval, and how many windows or examples went which way.
  fileprivate var row: [String] {
    let values = [a, b].map { $0.map { NumberText.score($0) } ?? "–" }
    if let obstacle { return [name] + values + [obstacle, "–", "–", "–"] }
    let unit = isText ? " %" : " points"
    var words = change.map { NumberText.signed($0, isText ? 3 : 2) + unit } ?? "–"
    if let low, let high, low != high {
      words += " [\(NumberText.signed(low, 2)), \(NumberText.signed(high, 2))]"
    }
    return [name] + values + [words, "\(better)", "\(worse)", "\(equal)"]
  }
}

extension CurveDifference {
  fileprivate var row: [String] {
    [
      name, "\(index) \(NumberText.significant(parts, 12))", number(a), number(b),
      "\(lengthOfA)", "\(lengthOfB)",
    ]
  }
}

/// The title of a change, with the share that its interval holds.
private var changeTitle: String {
  "change [\(NumberText.coverage(level: ScoreDifference.level))]"
}

/// All digits of a figure, or a dash.
private func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "–" }

extension JSON? {
  /// A value as a table shows it: at most sixty characters.
  fileprivate var inWords: String {
    let text: String
    switch self {
    case nil: return "–"
    case .string(let value): text = value
    case .bool(let value): text = "\(value)"
    case .integer(let value): text = "\(value)"
    case .number(_, let digits): text = digits
    case .null: text = "null"
    case .array(let elements): text = "\(elements.count) elements"
    case .object(let members): text = "{ \(members.map(\.name).joined(separator: ", ")) }"
    }
    return text.count > 60 ? "\(text.prefix(57))…" : text
  }
}
