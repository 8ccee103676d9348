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
  package var markdown: String {
    let paper = table.paper
    return """
      # \(table.title.inMarkdown)

      > \(paper.id) \(paper.version), \(paper.model.inMarkdown). \(table.captionNote.inMarkdown)

      ## The paper's

      \(paperTable)

      ## Ours

      \(ours)

      """
  }

  private var paperTable: String {
    var table = MarkdownTable(
      [("", .left)] + self.table.columns.map { ($0.inMarkdown, .left) })
    for row in self.table.rows {
      table.add([row.label.inMarkdown] + row.cells.map { $0?.inMarkdown ?? "not known" })
    }
    return table.text
  }

  private var ours: String {
    switch table.ours {
    case .methods: methodTable
    case .hyperparameters: settingsTables
    }
  }

  private var methodTable: String {
    var table = MarkdownTable([
      ("Method", .left), ("Category", .left), ("Rounds", .left), ("Trains on text", .left),
      ("Trains on tasks", .left), ("Has to compute", .left), ("What it does", .left),
      ("Source", .left),
    ])
    for method in methods where !method.isDiagnostic {
      table.add(
        [
          "`\(method.name)`", method.category.inMarkdown, method.target,
          method.trainsOnText ? "yes" : "no", method.trainsOnTasks ? "yes" : "no",
        ] + [method.cost, method.summary, method.citation].map(\.inMarkdown))
    }
    return table.text
      + "\n\nFrom the methods' own cards. WO: weights alone; WA: weights and activations."
  }

  /// The options that the paper's table has columns for, in its order.
  private static let first = ["batchWindows", "batchExamples", "steps", "learningRate", "epsilon"]

  private var settingsTables: String {
    guard let hyperparameters else {
      return "Nothing is set for all tables: see the options of each grid's rows."
    }
    return Scale.allCases.compactMap { scale in
      // An entry without options only estimates what a cell costs.
      let settings = (hyperparameters.scales[scale.rawValue] ?? []).filter {
        $0.options != .object([])
      }
      guard !settings.isEmpty else { return nil }
      return "### Scale `\(scale.rawValue)`\n\n\(settingsTable(settings))"
    }.joined(separator: "\n\n")
      + "\n\nLater rows go over earlier ones; a table's own options go over these. What isn't set is the "
      + "method's default. `–`: not set in that row."
  }

  private func settingsTable(_ settings: [MethodSettings]) -> String {
    let names = Self.first.filter { name in settings.contains { $0.options[name] != nil } }
    var table = MarkdownTable(
      [("Method", .left), ("Bits", .left), ("Model", .left), ("Stage", .left)]
        + names.map { ($0, .right) } + [("Others", .left)])
    for entry in settings {
      guard case .object(let members) = entry.options else { continue }
      let others = members.filter { !names.contains($0.name) }
      table.add(
        [
          "`\(entry.method)`", entry.bits?.description ?? "all", entry.model ?? "all",
          entry.stage?.rawValue ?? "both",
        ] + names.map { entry.options[$0]?.plainText ?? "–" }
          + [others.map { "\($0.name) \($0.value.plainText)" }.joined(separator: ", ")])
    }
    return table.text
  }
}

extension JSON {
  /// The value as a table shows it.
  fileprivate var plainText: String {
    switch self {
    case .null: "none"
    case .bool(let value): value ? "yes" : "no"
    case .integer(let value): String(value)
    case .number(_, let text): text
    case .string(let text): text.inMarkdown
    case .array(let values): values.map(\.plainText).joined(separator: " ")
    case .object(let members):
      members.map { "\($0.name) \($0.value.plainText)" }.joined(separator: " ")
    }
  }
}
