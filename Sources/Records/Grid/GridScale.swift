package import JSONText
package import Vocabulary

/// What a grid runs at each scale; a scale that is left out isn't part of the table.
package struct GridScales: Codable, Sendable, Equatable {
  /// This project's own models.
  package var tiny: GridScale?
  /// A real language model.
  package var small: GridScale?
  /// Synthetic weights in the paper's shapes.
  package var shape: GridScale?
  /// The paper's checkpoints.
  package var paper: GridScale?

  /// Scales from their parts.
  package init(
    tiny: GridScale? = nil, small: GridScale? = nil, shape: GridScale? = nil,
    paper: GridScale? = nil
  ) {
    self.tiny = tiny
    self.small = small
    self.shape = shape
    self.paper = paper
  }

  /// The settings of one scale, or nil when the grid doesn't have it.
  package subscript(_ scale: Scale) -> GridScale? {
    get {
      switch scale {
      case .tiny: tiny
      case .small: small
      case .shape: shape
      case .paper: paper
      }
    }
    set {
      switch scale {
      case .tiny: tiny = newValue
      case .small: small = newValue
      case .shape: shape = newValue
      case .paper: paper = newValue
      }
    }
  }
}

/// The model, the text and the budget of one scale.
package struct GridScale: Codable, Sendable, Equatable {
  /// Why nothing of this scale runs yet; everything below may then be left out.
  package var notRun: String?
  /// The name of a folder in `models/`; or a path, as seen from the checkout, or an id in the hub's cache.
  package var model: String?
  /// What stands for the paper's models here, as ``model`` names it, by key of ``Grid/models``.
  ///
  /// Columns whose model nothing stands for don't run.
  package var models: [String: String]
  /// Protocol ids (`<dataset>-<window tokens>`); the first whose text is on this machine is taken.
  package var protocols: [String]
  /// What stands for the grid's texts and tasks here: protocol ids by key of ``Grid/texts``.
  ///
  /// The first whose files are on this machine is taken. Columns whose text nothing stands for don't run.
  package var texts: [String: [String]]
  /// Bits that are measured in the place of the paper's, such as `W2A16g64` for `W2A16g128` where 128
  /// doesn't divide the rows of a small model.
  package var bits: [String: BitsLabel]
  /// The seed of rows that name none.
  package var seed: UInt64?
  /// Seeds at this scale, by row key: one cell each; a row that isn't here has its own or ``seed``.
  package var seeds: [String: [UInt64]]
  /// How many test windows are scored; nil means all.
  package var testWindows: Int?
  /// How many development windows are scored; nil means all.
  package var developmentWindows: Int?
  /// How many examples of tasks are taken, in place of the counts that their manifests name.
  ///
  /// A smaller set is an error then, unless they say otherwise.
  package var examples: ExampleCounts?
  /// Options that differ at this scale; later ones win.
  package var overrides: [GridOverride]
  /// Estimated minutes per cell, by row key; see ``Hyperparameters`` for the methods' own.
  package var minutes: [String: Double]
  /// Estimated peak memory per cell in MiB, by row key.
  package var mebibytes: [String: Double]
  /// The mean development loss, nats per token, that trainings are to reach, by key of a perplexity column.
  ///
  /// Declared before they run: how many forward passes that takes is what estimators are compared by.
  package var targets: [String: Double]
  /// What a quick run takes of all this; nil where there is no shorter run.
  package var quick: QuickBudget?
  /// Keys of rows that this scale doesn't have.
  package var without: [String]
  /// Keys of rows that have no cell in this budget; not part of the grid's file, see ``Grid/at(_:)``.
  package internal(set) var leftOut: [String] = []

  enum CodingKeys: CodingKey {
    case notRun, model, models, protocols, texts, bits, seed, seeds, testWindows, developmentWindows
    case examples, overrides, minutes, mebibytes, quick, without, targets
  }

  /// A scale from its parts.
  package init(
    notRun: String? = nil, model: String? = nil, models: [String: String] = [:],
    protocols: [String] = [], texts: [String: [String]] = [:], bits: [String: BitsLabel] = [:],
    seed: UInt64? = nil, seeds: [String: [UInt64]] = [:], testWindows: Int? = nil,
    developmentWindows: Int? = nil, examples: ExampleCounts? = nil,
    overrides: [GridOverride] = [], minutes: [String: Double] = [:],
    mebibytes: [String: Double] = [:], quick: QuickBudget? = nil, without: [String] = [],
    targets: [String: Double] = [:]
  ) {
    self.notRun = notRun
    self.model = model
    self.models = models
    self.protocols = protocols
    self.texts = texts
    self.bits = bits
    self.seed = seed
    self.seeds = seeds
    self.testWindows = testWindows
    self.developmentWindows = developmentWindows
    self.examples = examples
    self.overrides = overrides
    self.minutes = minutes
    self.mebibytes = mebibytes
    self.quick = quick
    self.without = without
    self.targets = targets
  }

  /// Reads a scale; every member may be left out here, ``Grid/check(in:against:)`` decides.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    notRun = try container.decodeIfPresent(String.self, forKey: .notRun)
    model = try container.decodeIfPresent(String.self, forKey: .model)
    models = try container.decodeIfPresent([String: String].self, forKey: .models) ?? [:]
    protocols = try container.decodeIfPresent([String].self, forKey: .protocols) ?? []
    texts = try container.decodeIfPresent([String: [String]].self, forKey: .texts) ?? [:]
    bits = try container.decodeIfPresent([String: BitsLabel].self, forKey: .bits) ?? [:]
    seed = try container.decodeIfPresent(UInt64.self, forKey: .seed)
    seeds = try container.decodeIfPresent([String: [UInt64]].self, forKey: .seeds) ?? [:]
    testWindows = try container.decodeIfPresent(Int.self, forKey: .testWindows)
    developmentWindows = try container.decodeIfPresent(Int.self, forKey: .developmentWindows)
    examples = try container.decodeIfPresent(ExampleCounts.self, forKey: .examples)
    overrides = try container.decodeIfPresent([GridOverride].self, forKey: .overrides) ?? []
    minutes = try container.decodeIfPresent([String: Double].self, forKey: .minutes) ?? [:]
    mebibytes = try container.decodeIfPresent([String: Double].self, forKey: .mebibytes) ?? [:]
    quick = try container.decodeIfPresent(QuickBudget.self, forKey: .quick)
    without = try container.decodeIfPresent([String].self, forKey: .without) ?? []
    targets = try container.decodeIfPresent([String: Double].self, forKey: .targets) ?? [:]
  }
}

extension GridScale {
  /// The name in `models/` of what stands for the panel's model here; nil when nothing does.
  package func model(for panel: GridPanel) -> String? {
    panel.model.map { models[$0] } ?? model
  }

  /// What is measured here in the place of a bits label.
  package func bits(for label: BitsLabel) -> BitsLabel { bits[label.description] ?? label }

  /// The protocol ids that may stand for the panel's text here, the best first.
  ///
  /// Empty when nothing does. What stands for its tasks is in ``texts``.
  package func protocols(for panel: GridPanel) -> [String] {
    panel.text.map { texts[$0] ?? [] } ?? protocols
  }

  /// The tasks of a column that something stands for here; all of them when nothing stands for any, so
  /// that the reason can be told.
  package func tasks(of column: GridColumn) -> [String] {
    let here = column.tasks.filter { texts[$0] != nil }
    return here.isEmpty ? column.tasks : here
  }

  /// Whether a cell's protocol, such as `books-512+sst2`, may be that of a panel's cells here.
  package func permits(_ protocolID: String, in panel: GridPanel) -> Bool {
    let parts = protocolID.split(separator: "+").map(String.init)
    guard let text = parts.first, protocols(for: panel).contains(text) else { return false }
    let tasks = Set(panel.tasks.flatMap { texts[$0] ?? [] })
    return parts.count == 1 ? tasks.isEmpty : parts.dropFirst().allSatisfy(tasks.contains)
  }
}

/// Options for one row, in one column, in those of one stage, or in all.
package struct GridOverride: Codable, Sendable, Equatable {
  /// The row's key.
  package var row: String
  /// The column's key; nil means every column.
  package var column: String?
  /// The stage of the columns; nil means both.
  package var stage: TrainingStage?
  /// Members that replace or extend the row's options.
  package var options: JSON

  /// An override from its parts.
  package init(
    row: String, column: String? = nil, stage: TrainingStage? = nil, options: JSON
  ) {
    self.row = row
    self.column = column
    self.stage = stage
    self.options = options
  }
}
