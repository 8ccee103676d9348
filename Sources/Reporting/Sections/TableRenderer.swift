package import Records
internal import Vocabulary

extension TableContents {
  /// The table as Markdown that GitHub shows well.
  ///
  /// A pure function of its inputs: no clock, no machine of the reader, no absolute path; the same
  /// records give the same bytes. `plots` are file names of pictures that lie beside the table; each
  /// is shown.
  package func markdown(plots: [String] = []) -> String { passages(plots: plots).markdown + "\n" }

  /// The whole page of the table, with pictures of those names.
  package func passages(plots: [String] = []) -> [Passage] {
    var passages = headerSection + (quickSection ?? []) + [conditionsSection]
    let figure = figurePlot?.fileName
    if let figure, plots.contains(figure) {
      passages.append(.picture(file: figure, title: "figure"))
    }
    passages += metrics.flatMap(scoreSection) + (heldSection ?? []) + verdictSection
    let courses = plots.filter { $0 != figure }
    let sections = [
      rankingSection, pairedSection, targetSection, zerothOrderSection(plots: courses),
      budgetSection, detailSection,
    ]
    return passages + sections.compactMap(\.self).flatMap(\.self)
  }

  /// The scale and the perplexities alone, for a front page; says where the rest is.
  ///
  /// `link` is the path of the whole table from the page that shows the excerpt.
  package func excerpt(link: String) -> String {
    let words: Phrase = """
      Protocol: \(protocolText). ± is the standard error over windows; \(strong: "bold") only where a paired test supports \
      it. Conditions, verdicts, budgets and every digit: \(link: "\(link)", to: .file(path: link)).
      """
    let passages = [.banner([bannerText]), .paragraph(words)] + scoreTable(.perplexity)
    return passages.markdown + "\n"
  }

  /// How lists name a record: row, bits, and model, text and seed where there are several.
  func name(of record: RunRecord) -> String {
    let address = record.cell.address
    let row = grid.row(address.row)
    var name = row?.label ?? address.row
    if !record.cell.bits.isFullPrecision, row?.bits == nil { name += " \(record.cell.bits)" }
    if let panel = panelOfAddress[address], panel != GridPanel() {
      name += ", \(title(of: panel))"
    }
    if let column = grid.column(address.column), let word = column.metric.nameInLists {
      name += " (\(word))"
    }
    if hasSeveralSeeds(record) { name += ", seed \(address.seed)" }
    return name
  }

  /// Whether the record's row has other seeds in the same column.
  func hasSeveralSeeds(_ record: RunRecord) -> Bool {
    let address = record.cell.address
    return records.contains {
      $0.cell.address.row == address.row && $0.cell.address.column == address.column
        && $0.cell.address.seed != address.seed
    }
  }
}

/// Renders one table at one scale as Markdown; see ``TableContents`` for what is refused.
package func renderTable(
  grid: Grid, scale: Scale, model: ModelManifest? = nil, text: DatasetManifest? = nil,
  paper: PaperTable? = nil, records: [RunRecord], notRun: [CellAddress: String] = [:],
  plots: [String] = []
) throws(ReportingError) -> String {
  try TableContents(
    grid: grid, scale: scale, model: model, text: text, paper: paper, records: records,
    notRun: notRun
  ).markdown(plots: plots)
}
