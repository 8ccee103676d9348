package import Records
internal import Vocabulary

/// The claims about one table, judged at every scale that has committed records.
package struct ClaimedTable: Sendable {
  /// The claims.
  package let sheet: ClaimSheet
  /// The committed table at each scale, the smallest first.
  package let contents: [TableContents]
  /// All claims at all their scales, claim by claim.
  package let findings: [ClaimFinding]
  fileprivate let grid: Grid

  /// Judges the claims; a scale without records has nothing measured.
  package init(_ sheet: ClaimSheet, grid: Grid, _ contents: [TableContents]) {
    self.sheet = sheet
    self.grid = grid
    self.contents = contents
    let judged = contents.flatMap { $0.findings(of: sheet) }
    findings = sheet.claims.flatMap { claim in
      Scale.allCases.filter(claim.scales.contains).map { scale in
        judged.first { $0.claim.id == claim.id && $0.scale == scale }
          ?? ClaimFinding(
            table: grid.table, claim: claim, scale: scale, verdict: .notMeasured,
            evidence: "no committed records at this scale",
            wanted: "./reproduce.sh \(grid.table) --scale \(scale.rawValue)")
      }
    }
  }

  /// Whether any claim was put to a measurement.
  package var isMeasured: Bool { findings.contains { $0.verdict != .notMeasured } }

  /// The findings as a Markdown table; `folder` is where the table's pages are from the page's place.
  package func findingsTable(folder: String) -> String {
    var table = MarkdownTable([
      ("Claim", .left), ("Where", .left), ("Scale", .left), ("Verdict", .left),
      ("Evidence", .left), ("What would decide it", .left),
    ])
    var above: ClaimFinding?
    for finding in findings {
      let claim = finding.claim
      let page = "\(folder)/table-\(finding.scale.rawValue).md"
      let isRendered = contents.contains { $0.scale == finding.scale }
      // A sentence that several relations stand for is quoted once, above the first of them.
      var words: [String] = []
      if above?.claim.says != claim.says || above?.claim.place != claim.place {
        words.append(claim.says.inMarkdown)
      }
      if above?.claim.id != claim.id {
        words.append("*\(claim.inWords(grid).inMarkdown)*")
        if let note = claim.note { words.append(note.inMarkdown) }
      }
      table.add([
        words.isEmpty ? "〃" : words.joined(separator: "<br>"), claim.place.inMarkdown,
        isRendered ? "[\(finding.scale.rawValue)](\(page))" : finding.scale.rawValue,
        "**\(finding.verdict.rawValue)**", finding.evidence.withoutFolders.inMarkdown,
        finding.wanted?.inMarkdown ?? "–",
      ])
      above = finding
    }
    return table.text
  }

  /// `Table 2` of `table2`: the folder's name as a reader says it.
  var heading: String {
    let name = grid.table
    guard name.hasPrefix("table"), name.count > 5 else { return name }
    let rest = name.dropFirst(5)
    let first = rest.prefix(1).uppercased()
    let number = first.first?.isLetter == true ? "\(first).\(rest.dropFirst())" : String(rest)
    return "Table \(number)"
  }

  /// The grid's title.
  var title: String { grid.title }
  /// The grid's folder under `tables/`.
  var name: String { grid.table }
}

/// `CLAIMS.md`: the page that a reviewer opens first.
package enum ClaimsPage {
  /// The whole page, from all tables that have claims; links are from the top of the checkout.
  package static func markdown(_ tables: [ClaimedTable]) -> String {
    var paragraphs = [
      "# What of the paper's claims holds here",
      "<!-- from tables/*/claims.json and the committed records by 'zeroqat publish --pages'; never edited by hand -->",
      rules, summary(of: tables),
    ]
    for table in tables {
      paragraphs.append("## \(table.heading): \(table.title.inMarkdown)")
      paragraphs.append(table.findingsTable(folder: "tables/\(table.name)"))
    }
    if let training = training(tables) {
      paragraphs.append("## Does training add to its start?")
      paragraphs.append(training)
    }
    return paragraphs.joined(separator: "\n\n") + "\n"
  }

  /// The claims that are marked as main, a line each, for a front page.
  package static func mainLines(_ tables: [ClaimedTable]) -> String {
    let lines = tables.flatMap { table in
      table.sheet.claims.filter(\.isMain).map { claim in
        let verdicts = table.findings.filter { $0.claim.id == claim.id }.map { finding in
          "**\(finding.verdict.rawValue)** at scale `\(finding.scale.rawValue)` "
            + "(\(finding.evidence.withoutFolders.inMarkdown))"
        }
        let relation = claim.inWords(table.grid).inMarkdown
        return
          "- \(claim.says.inMarkdown) (\(claim.place.inMarkdown)), here *\(relation)*: "
          + verdicts.joined(separator: "; ") + "."
      }
    }
    let all = tables.flatMap(\.findings)
    let counts = ClaimVerdict.allCases.map { verdict in
      "\(all.count { $0.verdict == verdict }) \(verdict.rawValue)"
    }
    return
      (lines + [
        "",
        "All \(NumberText.count(tables.flatMap(\.sheet.claims).count, "claim")), each at every scale that has its cells, with evidence and "
          + "what would decide the open ones: [CLAIMS.md](CLAIMS.md) (\(counts.joined(separator: ", "))).",
      ]).joined(separator: "\n")
  }

  /// Whether training adds to its start, scale by scale; nil where nothing was trained.
  package static func training(_ tables: [ClaimedTable]) -> String? {
    let parts = tables.flatMap { table in
      table.contents.compactMap { contents -> String? in
        let sentences = contents.startSentences
        guard !sentences.isEmpty else { return nil }
        let scale = contents.scale.rawValue
        return "\(table.heading) at scale `\(scale)` "
          + "([curves](tables/\(table.name)/table-\(scale).md#zeroth-order-training)):\n\n"
          + sentences.map { "- \($0.title): \($0.text)" }.joined(separator: "\n")
      }
    }
    return parts.isEmpty ? nil : parts.joined(separator: "\n\n")
  }

  private static let rules = """
    Each sentence of the paper ([arXiv:2509.00031](https://arxiv.org/abs/2509.00031), second version) that a table here \
    bears on, as a relation of cells, judged by committed records of models that are far smaller than the paper's: what \
    holds here is an order at this scale, never a value. Words in quotation marks are the paper's; the others are ours, \
    of what published notes report.

    - **held**, **not held**: the relation, or its opposite, has the test's support: *p* below 0.05 after Holm's \
    correction for the number of claims of the table at that scale (the uncorrected *p* stands before it), and a difference \
    above the rounding floor. Differences are taken window by window (nats per token) or example by example (points), left \
    minus right, ± their standard error, over seeds too where there are several.
    - **undecided**: neither. How large a difference *would have been seen* is the smallest true one that this test supports \
    with a chance of 80 %, at the level that the correction left for it.
    - **not measured**: no cell, or none with a score.
    - Nothing was added where development text chose the start: that is **not held**, with what the last checkpoint differs by.
    - Memory and time have no *p*: what decides is how far such a measurement repeats.

    `zeroqat claims` prints this for one table, `zeroqat power` what every test could have shown.
    """

  private static func summary(of tables: [ClaimedTable]) -> String {
    var table = MarkdownTable(
      [("Table", .left), ("Scale", .left)]
        + ClaimVerdict.allCases.map { ($0.rawValue, .right) })
    for claimed in tables {
      for scale in Scale.allCases {
        let here = claimed.findings.filter { $0.scale == scale }
        guard !here.isEmpty else { continue }
        table.add(
          [claimed.heading, scale.rawValue]
            + ClaimVerdict.allCases.map { verdict in
              String(here.count { $0.verdict == verdict })
            })
      }
    }
    return table.text
  }
}
