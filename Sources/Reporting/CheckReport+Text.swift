internal import Records

extension CheckReport {
  /// The report as Markdown, for a job summary.
  package var markdown: String {
    var rows = MarkdownTable([
      ("Cell", .left), ("Committed", .right), ("Fresh", .right), ("Allowed", .left),
      ("Result", .left), ("Detail", .left),
    ])
    for check in cases {
      rows.add([
        check.name.inMarkdown, check.committed.map { NumberText.score($0) } ?? "–",
        check.fresh.map { NumberText.score($0) } ?? "–",
        check.tolerance?.text.inMarkdown ?? "–",
        check.result == .pass ? "pass" : "**\(check.result.rawValue)**", check.detail.inMarkdown,
      ])
    }
    let counts =
      "\(count(.pass)) pass, \(count(.failure)) worse, \(count(.error)) missing or stale, "
      + "\(count(.skipped)) skipped"
    var text =
      "# Check of \(table.inMarkdown) at scale `\(scale.rawValue)`: \(outcome.words)\n\n\(counts).\n"
    if !rows.isEmpty { text += "\n\(rows.text)\n" }
    return text
  }

  /// The report as JUnit XML: suite = table, case = cell; without times, so that equal results give
  /// equal bytes.
  package var junit: String {
    var lines = [
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
      "<testsuites>",
      "  <testsuite name=\"\(table.inXML)\" tests=\"\(cases.count)\" "
        + "failures=\"\(count(.failure))\" errors=\"\(count(.error))\" "
        + "skipped=\"\(count(.skipped))\">",
    ]
    for check in cases {
      let open =
        "    <testcase classname=\"\(table.inXML).\(scale.rawValue)\" name=\"\(check.name.inXML)\">"
      let limit = check.tolerance.map { " (allowed: \($0.text))" } ?? ""
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
    lines += ["  </testsuite>", "</testsuites>"]
    return lines.joined(separator: "\n") + "\n"
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
