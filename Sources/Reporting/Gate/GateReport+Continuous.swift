internal import JSONText
internal import Records

// What continuous integration shows of a gate: JUnit, GitHub's annotations, GitLab's list of findings.

extension GateReport {
  /// The report as JUnit XML: suite = gate, case = cell; without times, so that equal results give equal bytes.
  ///
  /// What is inconclusive is an error, as JUnit has no word for it: it is never a pass. The self-test is a suite of its own.
  package var junit: String {
    var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuites>"]
    let gates = cases.map(\.gate).reduce(into: [String]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    for gate in gates {
      let ours = cases.filter { $0.gate == gate }
      lines.append(
        "  <testsuite name=\"\(gate.inXML)\" tests=\"\(ours.count)\" "
          + "failures=\"\(ours.count { $0.result == .regression })\" "
          + "errors=\"\(ours.count { $0.result == .error || $0.result == .inconclusive })\" "
          + "skipped=\"0\">")
      for check in ours {
        let message = check.summary.inXML
        let body =
          switch check.result {
          case .pass: "<system-out>\(message)</system-out>"
          case .regression: "<failure message=\"\(message)\"/>"
          case .error: "<error message=\"\(message)\"/>"
          case .inconclusive: "<error type=\"inconclusive\" message=\"\(message)\"/>"
          }
        lines += [
          "    <testcase classname=\"\(gate.inXML)\" name=\"\(check.name.inXML)\">",
          "      " + body,
          "    </testcase>",
        ]
      }
      lines.append("  </testsuite>")
    }
    lines += [
      "  <testsuite name=\"self-test\" tests=\"1\" failures=\"\(selfTest.isSound ? 0 : 1)\" "
        + "errors=\"0\" skipped=\"0\">",
      "    <testcase classname=\"self-test\" name=\"planted rises are caught\">",
      selfTest.isSound
        ? "      <system-out>\(selfTest.line.inXML)</system-out>"
        : "      <failure message=\"\(selfTest.line.inXML)\"/>",
      "    </testcase>", "  </testsuite>", "</testsuites>",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  /// Workflow commands of GitHub Actions, a line for each cell that doesn't pass; the self-test's failure first.
  ///
  /// > Source: GitHub documentation, "Workflow commands for GitHub Actions", `::error file=…,title=…::message`.
  package var annotations: [String] {
    var lines: [String] = []
    func line(_ level: String, _ title: String, _ message: String) {
      lines.append(
        "::\(level) file=\(policy.inProperty),title=\(title.inProperty)::\(message.inCommand)")
    }
    if !selfTest.isSound { line("error", "Gate: self-test", selfTest.line) }
    for check in cases where check.result != .pass {
      // Neither is a pass: the job fails on both.
      line("error", "Gate: \(check.result.words): \(check.name)", check.summary)
    }
    return lines
  }

  /// Findings in the form of GitLab's code quality reports, as JSON.
  ///
  /// > Source: GitLab documentation, "Code Quality", "Code Quality report format": description, check_name, fingerprint, severity,
  /// > location.
  ///
  /// - Parameter fingerprint: A digest of a text.
  /// - Returns: The file's text.
  /// - Throws: ``JSONError`` when it can't be written.
  package func gitlab(fingerprint: (String) -> String) throws -> String {
    var findings: [JSON] = []
    func add(_ name: String, _ description: String, _ severity: String) {
      findings.append(
        .object([
          JSON.Member("description", .string(description)),
          JSON.Member("check_name", .string("zeroqat gate")),
          JSON.Member("fingerprint", .string(fingerprint("\(policy)\n\(name)"))),
          JSON.Member("severity", .string(severity)),
          JSON.Member(
            "location",
            .object([
              JSON.Member("path", .string(policy)),
              JSON.Member("lines", .object([JSON.Member("begin", .integer(1))])),
            ])),
        ]))
    }
    if !selfTest.isSound { add("self-test", selfTest.line, "blocker") }
    for check in cases where check.result != .pass {
      add(
        "\(check.gate)/\(check.name)",
        "\(check.gate): \(check.name): \(check.result.words): \(check.summary)",
        check.result == .regression ? "critical" : check.result == .error ? "major" : "minor")
    }
    return try jsonText(of: JSON.array(findings), style: .pretty)
  }
}

extension GateCase {
  /// Its figures in one line.
  var summary: String {
    figures.map { figure in
      let head = [figure.name, figure.against == .first ? "against the first baseline" : ""]
        .filter { !$0.isEmpty }.joined(separator: " ")
      let limit = figure.limit.isEmpty ? "" : " (limit: \(figure.limit))"
      return (head.isEmpty ? "" : head + ": ") + figure.detail + limit
    }.joined(separator: "; ")
  }
}

extension String {
  /// The text as a workflow command's message.
  fileprivate var inCommand: String {
    replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
  }

  /// The text as a property of a workflow command.
  fileprivate var inProperty: String {
    inCommand.replacing(":", with: "%3A").replacing(",", with: "%2C")
  }
}
