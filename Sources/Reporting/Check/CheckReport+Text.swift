internal import Records

extension CheckReport {
  /// The report as Markdown, for a job summary: a line per figure.
  package var markdown: String {
    var rows = MarkdownTable([
      ("Cell", .left), ("Figure", .left), ("Committed", .right), ("Fresh", .right),
      ("Allowed", .left), ("Result", .left), ("Detail", .left),
    ])
    for check in cases {
      for figure in check.figures {
        rows.add([
          check.name.inMarkdown, figure.name.isEmpty ? "–" : figure.name.inMarkdown,
          figure.committed.map { NumberText.score($0) } ?? "–",
          figure.fresh.map { NumberText.score($0) } ?? "–",
          figure.tolerance?.text.inMarkdown ?? "–",
          figure.result == .pass ? "pass" : "**\(figure.result.rawValue)**",
          figure.detail.inMarkdown,
        ])
      }
    }
    var text =
      "# Check of \(table.inMarkdown) at scale `\(scale.rawValue)`: \(outcome.words)\n\n\(counts).\n"
    if !rows.isEmpty { text += "\n\(rows.text)\n" }
    return text
  }

  /// How many cells came to what, in one line.
  package var counts: String {
    let fresh = cases.count { !$0.isCommitted }
    return "\(count(.pass)) pass, \(count(.failure)) worse, \(count(.error)) missing or stale, "
      + "\(count(.skipped)) skipped" + (fresh > 0 ? " (\(fresh) fresh only)" : "")
  }

  /// The report as JUnit XML: suite = table, case = cell; without times, so that equal results give
  /// equal bytes.
  package var junit: String { [self].junit }

  fileprivate var junitSuite: [String] {
    var lines = [
      "  <testsuite name=\"\(table.inXML)\" tests=\"\(cases.count)\" "
        + "failures=\"\(count(.failure))\" errors=\"\(count(.error))\" "
        + "skipped=\"\(count(.skipped))\">"
    ]
    for check in cases {
      let open =
        "    <testcase classname=\"\(table.inXML).\(scale.rawValue)\" name=\"\(check.name.inXML)\">"
      let limits = check.figures.compactMap(\.tolerance?.text).reduce(into: [String]()) {
        if !$0.contains($1) { $0.append($1) }
      }
      let limit = limits.isEmpty ? "" : " (allowed: \(limits.joined(separator: "; ")))"
      let message = (check.detail + limit).inXML
      let body =
        switch check.result {
        case .pass: "<system-out>\(message)</system-out>"
        case .failure: "<failure message=\"\(message)\"/>"
        case .error: "<error message=\"\(message)\"/>"
        case .skipped: "<skipped message=\"\(message)\"/>"
        }
      lines += [open, "      " + body, "    </testcase>"]
    }
    return lines + ["  </testsuite>"]
  }
}

extension [CheckReport] {
  /// The reports as one JUnit file: a suite per table.
  package var junit: String {
    (["<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuites>"] + flatMap(\.junitSuite)
      + ["</testsuites>"]).joined(separator: "\n") + "\n"
  }

  /// What all of them say together: a regression anywhere is one; of the rest, something missing in one
  /// table is never a pass, and a table of which nothing is committed says nothing.
  package var outcome: CheckOutcome {
    let judged = filter { !$0.hasNothingCommitted }.map(\.outcome)
    if judged.contains(.regression) { return .regression }
    return judged.isEmpty || judged.contains(.nothingMeasured) ? .nothingMeasured : .allGood
  }

  /// A table's line each, and what all say together.
  package var summary: String {
    var rows = MarkdownTable([("Table", .left), ("Result", .left), ("Cells", .left)])
    for report in self {
      rows.add([
        report.table.inMarkdown,
        report.hasNothingCommitted
          ? "nothing committed"
          : report.outcome == .allGood ? "pass" : "**\(report.outcome.words)**",
        report.counts,
      ])
    }
    return "# Check of \(count) table\(count == 1 ? "" : "s"): \(outcome.words)\n\n\(rows.text)\n"
  }
}

extension CheckOutcome {
  /// The outcome in words.
  var words: String {
    switch self {
    case .allGood: "all good"
    case .regression: "regression"
    case .nothingMeasured: "nothing measured, or something missing"
    }
  }
}

extension String {
  /// The text as XML character data or attribute value; characters that XML can't hold become `?`.
  var inXML: String {
    var text = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      case "\n", "\r", "\t": text += " "
      default:
        let isAllowed =
          scalar.value >= 0x20 && scalar.value != 0xfffe && scalar.value != 0xffff
        text.unicodeScalars.append(isAllowed ? scalar : "?")
      }
    }
    return text
  }
}
