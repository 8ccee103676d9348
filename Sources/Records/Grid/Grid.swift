package import JSONText
package import Vocabulary

/// A table as an experiment: which method runs in which column, at which scales.
///
/// Read from `tables/<table>/grid.json`; ``check(in:against:)`` holds it to the rules that its types
/// can't express.
package struct Grid: Codable, Sendable, Equatable {
  /// The version of this layout.
  package static let currentSchema = 1

  /// Version of this layout.
  package var schema: Int
  /// The table's folder under `tables/`, such as `table2`.
  package var table: String
  /// What the table shows, in one line.
  package var title: String
  /// One per method, in printed order.
  package var rows: [GridRow]
  /// One per metric and bits, in printed order.
  package var columns: [GridColumn]
  /// What runs at each scale.
  package var scales: GridScales
  /// The paper's models that columns name, by key, as tables print them; empty when the table is
  /// about one model alone.
  package var models: [String: String]
  /// The texts and tasks that columns name, by key, as tables print them.
  package var texts: [String: String]
  /// The row that the others are compared with, window by window; nil means RTN.
  package var reference: String?
  /// What every cell measures beside its score, such as ``CellDiagnostic/blockErrors``.
  package var diagnostics: [CellDiagnostic]
  /// The picture that is drawn from the records' series; nil for a table.
  package var figure: GridFigure?
  /// What methods run with where the table doesn't say otherwise; not part of the grid's file.
  package var hyperparameters: Hyperparameters?
  /// How much of it runs; not part of the grid's file, see ``at(_:)``.
  package internal(set) var budget = Budget.full

  enum CodingKeys: CodingKey {
    case schema, table, title, rows, columns, scales, models, texts, reference, diagnostics, figure
  }

  /// A grid from its parts.
  package init(
    schema: Int = Grid.currentSchema, table: String, title: String, rows: [GridRow],
    columns: [GridColumn], scales: GridScales, models: [String: String] = [:],
    texts: [String: String] = [:], reference: String? = nil, diagnostics: [CellDiagnostic] = [],
    figure: GridFigure? = nil
  ) {
    self.schema = schema
    self.table = table
    self.title = title
    self.rows = rows
    self.columns = columns
    self.scales = scales
    self.models = models
    self.texts = texts
    self.reference = reference
    self.diagnostics = diagnostics
    self.figure = figure
  }

  /// Reads a grid; models, texts, reference, diagnostics and figure may be left out.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    schema = try container.decode(Int.self, forKey: .schema)
    table = try container.decode(String.self, forKey: .table)
    title = try container.decode(String.self, forKey: .title)
    rows = try container.decode([GridRow].self, forKey: .rows)
    columns = try container.decode([GridColumn].self, forKey: .columns)
    scales = try container.decode(GridScales.self, forKey: .scales)
    models = try container.decodeIfPresent([String: String].self, forKey: .models) ?? [:]
    texts = try container.decodeIfPresent([String: String].self, forKey: .texts) ?? [:]
    reference = try container.decodeIfPresent(String.self, forKey: .reference)
    diagnostics =
      try container.decodeIfPresent([CellDiagnostic].self, forKey: .diagnostics) ?? []
    figure = try container.decodeIfPresent(GridFigure.self, forKey: .figure)
  }
}

extension Grid {
  /// Tells the rows which methods quantize nothing: that is the methods' own knowledge, not the grid's.
  package mutating func learn(unquantized methods: Set<String>) {
    for index in rows.indices {
      rows[index].isFullPrecision = methods.contains(rows[index].method)
    }
  }
}

/// One row: a method with its options.
package struct GridRow: Codable, Sendable, Equatable {
  /// Unique in the grid; part of a cell's address.
  package var key: String
  /// The printed name.
  package var label: String
  /// The registry's name of the method; for a program, ``GridProgram/method``.
  package var method: String
  /// The bits of all cells of the row, such as `W4A4`; nil means the column's.
  package var bits: BitsLabel?
  /// Options for all cells of the row; a scale's overrides win, member by member.
  package var options: JSON
  /// What runs in fine-tuning columns instead of ``method`` and ``options``; nil means the same.
  package var finetuning: GridRowMethod?
  /// One cell per seed; nil means the scale's seed alone.
  package var seeds: [UInt64]?
  /// Whether the method may be missing from the registry: its cells are then "not run".
  package var planned: Bool
  /// Whether the row's method quantizes nothing, with or without training; not part of the grid's file, see
  /// ``Grid/learn(unquantized:)``.
  package var isFullPrecision: Bool

  enum CodingKeys: CodingKey {
    case key, label, method, bits, options, finetuning, seeds, planned
  }

  /// A row from its parts.
  package init(
    key: String, label: String, method: String, bits: BitsLabel? = nil,
    options: JSON = .object([]), finetuning: GridRowMethod? = nil, seeds: [UInt64]? = nil,
    planned: Bool = false
  ) {
    self.key = key
    self.label = label
    self.method = method
    self.bits = bits
    self.options = options
    self.finetuning = finetuning
    self.seeds = seeds
    self.planned = planned
    isFullPrecision = method == Self.fullPrecisionMethod
  }

  /// Reads a row; bits, options, finetuning, seeds and planned may be left out.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    key = try container.decode(String.self, forKey: .key)
    label = try container.decode(String.self, forKey: .label)
    (method, options) = try GridProgram.method(in: container, at: .method, options: .options)
    bits = try container.decodeIfPresent(BitsLabel.self, forKey: .bits)
    finetuning = try container.decodeIfPresent(GridRowMethod.self, forKey: .finetuning)
    seeds = try container.decodeIfPresent([UInt64].self, forKey: .seeds)
    planned = try container.decodeIfPresent(Bool.self, forKey: .planned) ?? false
    isFullPrecision = method == Self.fullPrecisionMethod
  }

  /// The method that leaves the model as it is; its one cell serves all columns of a metric.
  package static let fullPrecisionMethod = "full-precision"

  /// The registry's name of what runs in columns of a stage.
  package func method(in stage: TrainingStage) -> String {
    stage == .finetuning ? finetuning?.method ?? method : method
  }

  /// The row's own options in columns of a stage.
  package func options(in stage: TrainingStage) -> JSON {
    stage == .finetuning ? finetuning?.options ?? options : options
  }
}

/// What a row runs in fine-tuning columns where that is another method than in the others.
///
/// A post-training method has nothing to learn a task with: the paper fine-tunes in full precision and
/// quantizes then.
package struct GridRowMethod: Codable, Sendable, Equatable {
  /// The registry's name of the method.
  package var method: String
  /// Options for these cells of the row.
  package var options: JSON
  /// Why these cells don't run; nil when they do.
  package var notRun: String?

  /// A method from its parts.
  package init(method: String, options: JSON = .object([]), notRun: String? = nil) {
    self.method = method
    self.options = options
    self.notRun = notRun
  }

  /// Reads a method; options and reason may be left out.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    (method, options) = try GridProgram.method(in: container, at: .method, options: .options)
    notRun = try container.decodeIfPresent(String.self, forKey: .notRun)
  }
}
