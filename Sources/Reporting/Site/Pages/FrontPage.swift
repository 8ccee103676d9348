internal import Records
internal import Vocabulary

/// The first page of a report: what ZeroQAT is, what the records say to the paper's claims, and where everything is.
struct FrontPage {
  let claims: [ClaimedTable]
  let tables: [TableContents]
  let words: [ReportSite.WordsTable]
  let unmeasured: [Grid]

  /// The page's title.
  static let title = "ZeroQAT, rebuilt and measured"

  /// The page.
  var passages: [Passage] {
    [.heading(1, Phrase(Self.title))] + Self.lead + found + pictures + contents + Self.reading
  }

  private static let lead: [Passage] = [
    .paragraph(
      """
      A language model takes less memory when its weights are rounded to a few bits, and gets worse. ZeroQAT \
      (\(link: "arXiv 2509.00031", to: .web("https://arxiv.org/abs/2509.00031"))) trains the weights through their rounding, \
      so that they get used to it. It does so without back-propagation: an update needs two forward passes and no more \
      memory than running the model.
      """),
    .paragraph(
      """
      This report holds the paper's claims against measurements of models that fit a laptop. Values are those of small \
      models; what can be compared is which method is ahead of which. Every number leads to the record that it is from.
      """),
  ]

  private var found: [Passage] {
    guard !claims.isEmpty else {
      return [
        .heading(2, "What was found"), .paragraph("No claim has been put to a measurement yet."),
      ]
    }
    var table = PassageTable(
      "The paper's main claims, and what the records say",
      [.words("Claim"), .words("Scale"), .words("Verdict"), .words("Evidence")])
    for claimed in claims {
      for claim in claimed.sheet.claims where claim.isMain {
        for (index, finding) in claimed.findings.filter({ $0.claim.id == claim.id }).enumerated() {
          let rendered = claimed.contents.first { $0.scale == finding.scale }
          let records = [claim.left, claim.right].compactMap(\.self).flatMap { cell in
            rendered?.entry(row: cell.row, column: cell.column)?.records ?? []
          }
          let quoted: Phrase = """
            \(claim.says) (\(claim.place))\(.lineBreak)\(emphasis: Phrase(claim.inWords(claimed.tableGrid)))
            """
          table.add([
            PassageTable.Cell(index == 0 ? quoted : "the same"),
            PassageTable.Cell(
              "\(link: Phrase(finding.scale.rawValue), to: .table(claimed.name, scale: finding.scale.rawValue, path: ""))"
            ),
            PassageTable.Cell("\(strong: Phrase(finding.verdict.rawValue))"),
            PassageTable.Cell(
              Phrase(finding.evidence.withoutFolders), of: records.map(RecordName.init)),
          ])
        }
      }
    }
    let count = NumberText.count(claims.flatMap(\.sheet.claims).count, "claim")
    return [
      .heading(2, "What was found"),
      .paragraph(
        """
        \(count) of the paper, each at every scale that has its cells: \(ClaimsPage.counts(claims)). \
        \(strong: "Held") and \(strong: "not held") have a paired test's support, corrected for the number of claims; \
        \(strong: "undecided") means that the records can't tell. These are the main ones; \
        \(link: "all claims", to: .claims(path: "CLAIMS.md")) stand on a page of their own.
        """), .table(table),
    ]
  }

  /// The fronts of the first table that has some.
  private var pictures: [Passage] {
    let found = tables.lazy.map { ($0, $0.paretoCharts) }.first { !$0.1.isEmpty }
    guard let (contents, charts) = found else { return [] }
    let page = PageLink.table(contents.grid.table, scale: contents.scale.rawValue, path: "")
    return [
      .heading(2, "Bits, memory and perplexity"),
      .paragraph(
        """
        From \(link: Phrase(contents.grid.title), to: page). Each dot is a method at one width; down and to the left is \
        better, and a dot leads to its record.
        """), .charts(Array(charts.prefix(2))),
    ]
  }

  private var contents: [Passage] {
    var table = PassageTable(
      "All tables; orders are those of two methods that the paper prints",
      [
        .words("Table"), .words("Scale"), .words("Model in the paper's place"),
        .number("Orders as in the paper"), .number("Reversed"), .number("Undecided"),
        .number("Records"),
      ])
    for contents in tables {
      let scale = contents.scale.rawValue
      let page = PageLink.table(contents.grid.table, scale: scale, path: "")
      let orders = contents.orderCounts
      let models = contents.gridPanels.compactMap { contents.panels[$0]?.model?.label }
        .reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
      let counts = orders.map { [$0.held, $0.reversed, $0.undecided].map { String($0) } }
      let title: Phrase = "\(link: Phrase(contents.grid.title), to: page)"
      let model = models.isEmpty ? "–" : models.joined(separator: "; ")
      let records = String(Set(contents.records.map(\.cell.id)).count)
      table.add(
        [title, Phrase(scale), Phrase(model)]
          + (counts ?? ["–", "–", "–"]).map { Phrase($0) } + [Phrase(records)])
    }
    for words in words {
      table.add([
        "\(link: Phrase(words.page.table.title), to: .words(words.name))", "–", "of words", "–",
        "–",
        "–", "–",
      ])
    }
    for grid in unmeasured {
      table.add([Phrase(grid.title), "–", "nothing is measured yet", "–", "–", "–", "0"])
    }
    return [.heading(2, "Tables")]
      + (table.isEmpty
        ? [.paragraph("There is no table yet.")]
        : [.table(table)])
  }

  private static let reading: [Passage] = [
    .heading(2, "How to read it"),
    .list([
      """
      \(strong: "W4A4"): 4 bits for each weight, 4 for each activation. A16 leaves activations as they are; g128 means that \
      each 128 neighbouring weights share a scale. \(strong: "FP") is the model as it was.
      """,
      """
      \(strong: "Perplexity (PPL)"): how surprised the model is by a text; lower is better. \(strong: "Accuracy (Acc)"): the \
      share of right answers, in percent; higher is better.
      """,
      """
      \(strong: "±"): the standard error, how far another text of this kind might be off. Two methods saw the same text, so \
      that their difference is known better than either; it is tested window by window.
      """,
      """
      \(strong: "nats"): differences of the mean loss of a token; 0.01 is about 1 % of perplexity. \(strong: "p"): the chance \
      of such a difference if there were none. \(strong: "Holm's p") is corrected for the number of comparisons.
      """,
      """
      \(strong: "Scale"): \(code: "tiny"), models of 4 to 5 million parameters made for this; \(code: "small"), a language \
      model of 135 million; \(code: "shape"), the paper's sizes with drawn weights, for memory and time alone.
      """,
      """
      \(strong: "Record"): the file that a run leaves, with its options, digests, losses, time and memory. Its page shows all \
      of it.
      """,
    ]),
  ]
}
