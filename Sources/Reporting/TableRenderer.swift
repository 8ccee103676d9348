package import Records

extension TableContents {
  /// The table as Markdown that GitHub shows well.
  ///
  /// A pure function of its inputs: no clock, no machine of the reader, no absolute path; the same
  /// records give the same bytes. `plots` are file names of pictures that lie beside the table; each
  /// is shown.
  package func markdown(plots: [String] = []) -> String {
    var sections = [headerSection, conditionsSection]
    sections += metrics.map(scoreSection)
    sections.append(verdictSection)
    sections += [rankingSection, pairedSection, zerothOrderSection(plots: plots)].compactMap(\.self)
    sections += [budgetSection, detailSection].compactMap(\.self)
    return sections.joined(separator: "\n\n") + "\n"
  }

  /// The scale and the perplexities alone, for a front page; says where the rest is.
  ///
  /// `link` is the path of the whole table from the page that shows the excerpt.
  package func excerpt(link: String) -> String {
    [
      bannerText,
      "Protocol: \(protocolText). ± is the standard error over windows; **bold** only where a "
        + "paired test supports it. Conditions, verdicts, budgets and every digit: [\(link)](\(link)).",
      scoreTable(.perplexity),
    ].joined(separator: "\n\n") + "\n"
  }

  /// How lists name a record: row, bits, and its seed where the row has several.
  func name(of record: RunRecord) -> String {
    let address = record.cell.address
    let row = grid.rows.first { $0.key == address.row }
    var name = "\((row?.label ?? address.row).inMarkdown) \(record.cell.bits)"
    if record.cell.bits == "FP" { name = (row?.label ?? address.row).inMarkdown }
    if grid.columns.first(where: { $0.key == address.column })?.metric == .accuracy {
      name += " (accuracy)"
    }
    if records.contains(where: {
      $0.cell.address.row == address.row && $0.cell.address.column == address.column
        && $0.cell.address.seed != address.seed
    }) {
      name += ", seed \(address.seed)"
    }
    return name
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
