package import Records
internal import Vocabulary

/// What is known of the model and the text of a panel.
package struct PanelManifests: Sendable, Equatable {
  /// The checkpoint's manifest, where there is one.
  package var model: ModelManifest?
  /// The text's manifest, where there is one.
  package var text: DatasetManifest?

  /// Manifests of a panel.
  package init(model: ModelManifest?, text: DatasetManifest?) {
    self.model = model
    self.text = text
  }
}

/// Columns about one of the paper's models, with the heading that they stand under.
struct ModelGroup {
  /// The model, and what was measured in its place; nil when the table is about one model alone.
  var heading: String?
  /// The columns, in printed order.
  var columns: [GridColumn]

  /// The heading, if there is one.
  var passages: [Passage] { heading.map { [.heading(3, Phrase($0))] } ?? [] }
}

extension TableContents {
  /// All panels of the grid, in printed order.
  var gridPanels: [GridPanel] {
    grid.columns.flatMap { grid.panels(of: $0) }.reduce(into: []) {
      if !$0.contains($1) { $0.append($1) }
    }
  }

  /// Whether the table is about one model and one text.
  var isOnePanel: Bool { gridPanels == [GridPanel()] }

  /// The records of a panel, in the grid's order.
  func records(of panel: GridPanel) -> [RunRecord] {
    records.filter { panelOfAddress[$0.cell.address] == panel }
  }

  /// The columns model by model.
  func modelGroups(of columns: [GridColumn]) -> [ModelGroup] {
    var models: [String?] = []
    for column in columns where !models.contains(column.model) { models.append(column.model) }
    return models.map { model in
      ModelGroup(
        heading: model.map(modelTitle),
        columns: columns.filter { $0.model == model })
    }
  }

  /// `Llama-2-7B, in its place: tiny-llama`: one of the paper's models and what was measured.
  func modelTitle(_ key: String) -> String {
    let printed = grid.models[key] ?? key
    let manifest = gridPanels.lazy.filter { $0.model == key }.compactMap { self.panels[$0]?.model }
    guard let ours = manifest.first?.label else { return "\(printed): not run" }
    return ours == printed ? printed : "\(printed), in its place: \(ours)"
  }

  /// How lists name a panel.
  func title(of panel: GridPanel) -> String { grid.title(of: panel) }

  /// How lists name an entry's column: with the model where there are several, with the bits where
  /// rows name them.
  func columnTitle(_ entry: TableEntry) -> String {
    var words = [entry.column.label]
    if let model = entry.column.model {
      words.insert(grid.models[model] ?? model, at: 0)
    }
    if let bits = entry.row.bits { words.append(bits.description) }
    return words.joined(separator: ", ")
  }

  /// The quantized entries of a column, those of equal bits together, in printed order.
  func bitsGroups(inColumn column: String) -> [[TableEntry]] {
    let quantized = entries(inColumn: column).filter { !$0.row.isFullPrecision }
    let labels = quantized.map(\.bits).reduce(into: [BitsLabel]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    return labels.map { label in quantized.filter { $0.bits == label } }
  }

  /// The entries that an entry may be ranked against, itself among them.
  func entries(beside entry: TableEntry) -> [TableEntry] {
    entries(inColumn: entry.column.key).filter {
      !$0.row.isFullPrecision && $0.bits == entry.bits
    }
  }
}
