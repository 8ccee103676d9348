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

  /// The grid whose cells the claims are about.
  var tableGrid: Grid { grid }

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
  package func findingsTable(folder: String) -> String { findings(folder: folder).markdown }

  /// The findings as a table.
  func findings(folder: String) -> PassageTable {
    var table = PassageTable(
      "Claims about \(heading)",
      ["Claim", "Where", "Scale", "Verdict", "Evidence", "What would decide it"].map { .words($0) })
    var above: ClaimFinding?
    for finding in findings {
      let claim = finding.claim
      let scale = finding.scale.rawValue
      let rendered = contents.first { $0.scale == finding.scale }
      // A sentence that several relations stand for is quoted once, above the first of them.
      var words: [Phrase] = []
      if above?.claim.says != claim.says || above?.claim.place != claim.place {
        words.append("\(claim.says)")
      }
      if above?.claim.id != claim.id {
        words.append("\(emphasis: "\(claim.inWords(grid))")")
        if let note = claim.note { words.append("\(note)") }
      }
      let page = PageLink.table(grid.table, scale: scale, path: "\(folder)/table-\(scale).md")
      let records = [claim.left, claim.right].compactMap(\.self).flatMap { cell in
        rendered?.entry(row: cell.row, column: cell.column)?.records ?? []
      }
      table.add([
        PassageTable.Cell(words.isEmpty ? "〃" : words.joined(separator: .lineBreak)),
        PassageTable.Cell("\(claim.place)"),
        PassageTable.Cell(rendered == nil ? "\(scale)" : "\(link: "\(scale)", to: page)"),
        PassageTable.Cell("\(strong: "\(finding.verdict.rawValue)")"),
        PassageTable.Cell(
          "\(finding.evidence.withoutFolders)", of: records.map(RecordName.init)),
        PassageTable.Cell(finding.wanted.map { Phrase($0) } ?? "–"),
      ])
      above = finding
    }
    return table
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
    passages(tables).markdown + "\n"
  }

  /// The whole page.
  package static func passages(_ tables: [ClaimedTable]) -> [Passage] {
    var passages: [Passage] = [
      .heading(1, "What of the paper's claims holds here"),
      .comment(
        "from tables/*/claims.json and the committed records by 'zeroqat publish --pages'; never edited by hand"
      ),
    ]
    passages += rules + [.table(summary(of: tables))]
    for table in tables {
      passages.append(.heading(2, "\(table.heading): \(table.title)"))
      passages.append(.table(table.findings(folder: "tables/\(table.name)")))
    }
    let training = training(tables)
    guard !training.isEmpty else { return passages }
    return passages + [.heading(2, "Does training add to its start?")] + training
  }

  /// The claims that are marked as main, a line each, for a front page.
  package static func mainLines(_ tables: [ClaimedTable]) -> String {
    mainPassages(tables).markdown
  }

  /// The same before it is Markdown.
  package static func mainPassages(_ tables: [ClaimedTable]) -> [Passage] {
    let lines = tables.flatMap { table in
      table.sheet.claims.filter(\.isMain).map { claim -> Phrase in
        let verdicts = table.findings.filter { $0.claim.id == claim.id }.map { finding -> Phrase in
          """
          \(strong: "\(finding.verdict.rawValue)") at scale \(code: finding.scale.rawValue) \
          (\(finding.evidence.withoutFolders))
          """
        }
        return """
          \(claim.says) (\(claim.place)), here \(emphasis: "\(claim.inWords(table.grid))"): \
          \(verdicts.joined(separator: "; ")).
          """
      }
    }
    let count = NumberText.count(tables.flatMap(\.sheet.claims).count, "claim")
    return (lines.isEmpty ? [] : [.list(lines)]) + [
      .paragraph(
        """
        All \(count), each at every scale that has its cells, with evidence and what would decide the open ones: \
        \(link: "CLAIMS.md", to: .claims(path: "CLAIMS.md")) (\(counts(tables))).
        """)
    ]
  }

  /// `19 held, 8 not held, 28 undecided, 1 not measured`.
  static func counts(_ tables: [ClaimedTable]) -> String {
    let all = tables.flatMap(\.findings)
    return ClaimVerdict.allCases.map { verdict in
      "\(all.count { $0.verdict == verdict }) \(verdict.rawValue)"
    }.joined(separator: ", ")
  }

  /// Whether training adds to its start, scale by scale; nothing where nothing was trained.
  private static func training(_ tables: [ClaimedTable]) -> [Passage] {
    tables.flatMap { table in
      table.contents.flatMap { contents -> [Passage] in
        let sentences = contents.startSentences
        guard !sentences.isEmpty else { return [] }
        let scale = contents.scale.rawValue
        let curves = PageLink.table(
          table.name, scale: scale, heading: "zeroth-order-training",
          path: "tables/\(table.name)/table-\(scale).md")
        return [
          .paragraph(
            "\(table.heading) at scale \(code: scale) (\(link: "curves", to: curves)):"),
          .list(sentences.map { "\($0.title): \($0.text)" }),
        ]
      }
    }
  }

  private static let rules: [Passage] = [
    .paragraph(
      """
      Each sentence of the paper (\(link: "arXiv:2509.00031", to: .web("https://arxiv.org/abs/2509.00031")), second \
      version) that a table here bears on, as a relation of cells, judged by committed records of models that are far \
      smaller than the paper's: what holds here is an order at this scale, never a value. Words in quotation marks are \
      the paper's; the others are ours, of what published notes report.
      """),
    .list([
      """
      \(strong: "held"), \(strong: "not held"): the relation, or its opposite, has the test's support: \(emphasis: "p") \
      below 0.05 after Holm's correction for the number of claims of the table at that scale (the uncorrected \
      \(emphasis: "p") stands before it), and a difference above the rounding floor. Differences are taken window by \
      window (nats per token) or example by example (points), left minus right, ± their standard error, over seeds too \
      where there are several.
      """,
      """
      \(strong: "undecided"): neither. How large a difference \(emphasis: "would have been seen") is the smallest true \
      one that this test supports with a chance of 80 %, at the level that the correction left for it.
      """,
      "\(strong: "not measured"): no cell, or none with a score.",
      """
      Nothing was added where development text chose the start: that is \(strong: "not held"), with what the last \
      checkpoint differs by.
      """,
      """
      Memory and time have no \(emphasis: "p"): what decides is how far such a measurement repeats.
      """,
    ]),
    .paragraph(
      """
      \(code: "zeroqat claims") prints this for one table, \(code: "zeroqat power") what every test could have shown.
      """),
  ]

  private static func summary(of tables: [ClaimedTable]) -> PassageTable {
    var table = PassageTable(
      "Verdicts by table",
      [.words("Table"), .words("Scale")] + ClaimVerdict.allCases.map { .number("\($0.rawValue)") })
    for claimed in tables {
      for scale in Scale.allCases {
        let here = claimed.findings.filter { $0.scale == scale }
        guard !here.isEmpty else { continue }
        table.add(
          [Phrase(claimed.heading), Phrase(scale.rawValue)]
            + ClaimVerdict.allCases.map { verdict in
              "\(here.count { $0.verdict == verdict })"
            })
      }
    }
    return table
  }
}
