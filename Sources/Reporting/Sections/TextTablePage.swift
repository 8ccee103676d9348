internal import JSONText
package import Records
internal import Vocabulary

/// A table of words as Markdown: the paper's entries, and below them what this program says of itself.
///
/// A pure function of its inputs, as ``TableContents/markdown(plots:)`` is.
package struct TextTablePage: Sendable {
  /// The paper's entries.
  package let table: TextTable
  /// What the methods' cards say.
  package let methods: [MethodSummary]
  /// What methods run with; nil when the checkout doesn't say.
  package let hyperparameters: Hyperparameters?

  /// A page from its parts.
  package init(table: TextTable, methods: [MethodSummary], hyperparameters: Hyperparameters?) {
    self.table = table
    self.methods = methods
    self.hyperparameters = hyperparameters
  }

  /// The page.
  package var markdown: String { passages.markdown + "\n" }

  /// The page's parts.
  package var passages: [Passage] {
    let paper = table.paper
    return [
      .heading(1, "\(table.title)"),
      .banner(["\(paper.id) \(paper.version), \(paper.model). \(table.captionNote)"]),
      .heading(2, "The paper's"), .table(paperTable), .heading(2, "Ours"),
    ] + ours
  }

  private var paperTable: PassageTable {
    var table = PassageTable(
      "The paper's table", [.words("")] + self.table.columns.map { .words(Phrase($0)) })
    for row in self.table.rows {
      table.add([Phrase(row.label)] + row.cells.map { $0.map { Phrase($0) } ?? "not known" })
    }
    return table
  }

  private var ours: [Passage] {
    switch table.ours {
    case .methods: methodTable
    case .hyperparameters: settingsTables
    }
  }

  private var methodTable: [Passage] {
    var table = PassageTable(
      "The methods of this program",
      [
        "Method", "Category", "Rounds", "Trains on text", "Trains on tasks", "Has to compute",
        "What it does", "Source",
      ].map { .words($0) })
    for method in methods where !method.isDiagnostic {
      table.add([
        "\(code: method.name)", "\(method.category)", "\(method.target)",
        method.trainsOnText ? "yes" : "no", method.trainsOnTasks ? "yes" : "no",
        "\(method.cost)", "\(method.summary)", "\(method.citation)",
      ])
    }
    return [
      .table(table),
      .paragraph(
        "From the methods' own cards. WO: weights alone; WA: weights and activations."),
    ]
  }

  /// The options that the paper's table has columns for, in its order.
  private static let first = ["batchWindows", "batchExamples", "steps", "learningRate", "epsilon"]

  private var settingsTables: [Passage] {
    guard let hyperparameters else {
      return [.paragraph("Nothing is set for all tables: see the options of each grid's rows.")]
    }
    let tables = Scale.allCases.flatMap { scale -> [Passage] in
      // An entry without options only estimates what a cell costs.
      let settings = (hyperparameters.scales[scale.rawValue] ?? []).filter {
        $0.options != .object([])
      }
      guard !settings.isEmpty else { return [] }
      return [
        .heading(3, "Scale \(code: scale.rawValue)"), .table(settingsTable(settings, scale)),
      ]
    }
    return tables + [
      .paragraph(
        """
        Later rows go over earlier ones; a table's own options go over these. What isn't set is the method's default. \
        \(code: "–"): not set in that row.
        """)
    ]
  }

  private func settingsTable(_ settings: [MethodSettings], _ scale: Scale) -> PassageTable {
    let names = Self.first.filter { name in settings.contains { $0.options[name] != nil } }
    var table = PassageTable(
      "What methods run with at scale \(scale.rawValue)",
      [.words("Method"), .words("Bits"), .words("Model"), .words("Stage")]
        + names.map { .number("\($0)") } + [.words("Others")])
    for entry in settings {
      guard case .object(let members) = entry.options else { continue }
      let others = members.filter { !names.contains($0.name) }
      let shown = names.map { entry.options[$0]?.plainText ?? "–" }
      let rest = others.map { "\($0.name) \($0.value.plainText)" }.joined(separator: ", ")
      table.add(
        [
          "\(code: entry.method)", "\(entry.bits?.description ?? "all")", "\(entry.model ?? "all")",
          "\(entry.stage?.rawValue ?? "both")",
        ] + shown.map { Phrase($0) } + [Phrase(rest)])
    }
    return table
  }
}

extension JSON {
  /// The value as a table shows it.
  var plainText: String {
    switch self {
    case .null: "none"
    case .bool(let value): value ? "yes" : "no"
    case .integer(let value): String(value)
    case .number(_, let text): text
    case .string(let text): text
    case .array(let values): values.map(\.plainText).joined(separator: " ")
    case .object(let members):
      members.map { "\($0.name) \($0.value.plainText)" }.joined(separator: " ")
    }
  }
}
