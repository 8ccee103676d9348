internal import Glibc
package import Records

extension GateReport {
  /// The report as Markdown, for a terminal or a job's summary.
  ///
  /// - Parameter text: What stands in a window of a record, by its number, where that is on this machine.
  /// - Returns: The page.
  package func markdown(text: (RunRecord, Int) -> String? = { _, _ in nil })
    -> String
  {
    var parts = [
      "# Gate \(policy.inMarkdown): \(exitCode == 3 ? "it can't be trusted" : result.words)"
    ]
    parts.append("\(counts).")
    parts.append(selfTest.line)
    var rows = MarkdownTable([
      ("Gate", .left), ("Cell", .left), ("Figure", .left), ("Baseline", .left), ("was", .right),
      ("is", .right), ("Limit", .left), ("Would see", .right), ("Compared", .left),
      ("Result", .left), ("Detail", .left),
    ])
    for check in cases {
      for figure in check.figures where figure.result != .pass || figure.tier != .identical {
        rows.add([
          check.gate.inMarkdown, check.name.inMarkdown,
          figure.name.isEmpty ? "–" : figure.name.inMarkdown, figure.against.words,
          figure.baseline.map { NumberText.score($0) } ?? "–",
          figure.fresh.map { NumberText.score($0) } ?? "–",
          figure.limit.isEmpty ? "–" : figure.limit.inMarkdown, figure.visibleWords,
          figure.tier?.words ?? "–",
          figure.result == .pass ? "pass" : "**\(figure.result.words)**", figure.detail.inMarkdown,
        ])
      }
    }
    if !rows.isEmpty { parts.append(rows.text) }
    if let identical { parts.append(identical) }
    if let worst = worstSection(text) { parts.append(worst) }
    return parts.joined(separator: "\n\n") + "\n"
  }

  /// How many cells came to what, in one line.
  package var counts: String {
    "\(NumberText.count(cases.count, "cell")): \(count(.pass)) pass, \(count(.regression)) worse, "
      + "\(count(.inconclusive)) inconclusive, \(count(.error)) missing or stale"
  }

  /// Cells of which nothing had to be computed; nil where there is none.
  private var identical: String? {
    let names = cases.filter { check in
      check.figures.allSatisfy { $0.result == .pass && $0.tier == .identical }
    }.map { "\($0.gate): \($0.name)" }
    guard !names.isEmpty else { return nil }
    return folded(
      "Identical to the baseline, weights and losses bit for bit (tier 0): "
        + NumberText.count(names.count, "cell"), names.joined(separator: "; ").inMarkdown)
  }

  /// The windows and examples that lost most, with their text; nil where nothing lost.
  private func worstSection(_ text: (RunRecord, Int) -> String?) -> String? {
    var rows = MarkdownTable([
      ("Cell", .left), ("Figure", .left), ("Where", .left), ("was", .right), ("is", .right),
      ("Text", .left),
    ])
    for check in cases {
      // Against the first baseline the same windows would stand here again.
      for figure in check.figures where figure.against != .first {
        for loss in figure.losses {
          let isText = figure.name == "perplexity"
          let words = isText ? check.fresh.flatMap { text($0, loss.index) } : nil
          rows.add([
            check.name.inMarkdown, figure.name.inMarkdown,
            "\(isText ? "window" : "example") \(loss.index)",
            NumberText.fixed(loss.baseline, isText ? 4 : 0),
            NumberText.fixed(loss.fresh, isText ? 4 : 0),
            words.map { "“\($0.inMarkdown)”" } ?? "–",
          ])
        }
      }
    }
    guard !rows.isEmpty else { return nil }
    return
      "## Where it is worse\n\nMean loss per token in nats, or percent of an answer; counted from 0.\n\n\(rows.text)"
  }
}

extension GateFigure {
  /// The smallest rise that would have been seen: `+0.31 %`, or `1.20 points`; a dash where nothing was computed.
  fileprivate var visibleWords: String {
    guard let visible = test?.visible else { return "–" }
    return name == "perplexity"
      ? "\(NumberText.signed(100 * expm1(visible), 2)) %" : "\(NumberText.fixed(visible, 2)) points"
  }
}

extension GateSelfTest {
  /// What became of the planted rises: `Self-test: +0.50 % perplexity planted into copies of 4 fresh records, 4 caught`.
  package var line: String {
    guard planted > 0 else {
      return "Self-test: no fresh record has a perplexity to plant a rise into."
    }
    let shares = margins.map { "+\(NumberText.fixed(100 * $0, 2)) %" }.joined(separator: ", ")
    let copies = planted == 1 ? "a copy of 1 fresh record" : "copies of \(planted) fresh records"
    let line = "Self-test: \(shares) perplexity planted into \(copies), \(caught) caught"
    guard !isSound else { return line + "." }
    return "**\(line): the gate itself has failed.** " + escaped.joined(separator: "; ").inMarkdown
  }
}

extension GateResult {
  /// The result in words.
  package var words: String {
    switch self {
    case .regression: "regression"
    case .error: "missing or stale"
    case .inconclusive: "inconclusive"
    case .pass: "pass"
    }
  }
}

extension GateBaseline {
  /// The baseline in words.
  var words: String {
    switch self {
    case .last: "last"
    case .first: "first"
    case .only: "first and last"
    }
  }
}

extension GateTier {
  /// How it was compared, in words.
  package var words: String {
    switch self {
    case .identical: "tier 0, bits"
    case .sameKernels: "tier 1, same kernels"
    case .otherKernels: "tier 2, other kernels"
    }
  }
}
