package import JSONText

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

  /// A grid from its parts.
  package init(
    schema: Int = Grid.currentSchema, table: String, title: String, rows: [GridRow],
    columns: [GridColumn], scales: GridScales
  ) {
    self.schema = schema
    self.table = table
    self.title = title
    self.rows = rows
    self.columns = columns
    self.scales = scales
  }
}

/// One row: a method with its options.
package struct GridRow: Codable, Sendable, Equatable {
  /// Unique in the grid; part of a cell's address.
  package var key: String
  /// The printed name.
  package var label: String
  /// The registry's name of the method.
  package var method: String
  /// Options for all cells of the row; a scale's overrides win, member by member.
  package var options: JSON
  /// One cell per seed; nil means the scale's seed alone.
  package var seeds: [UInt64]?
  /// Whether the method may be missing from the registry: its cells are then "not run".
  package var planned: Bool

  /// A row from its parts.
  package init(
    key: String, label: String, method: String, options: JSON = .object([]),
    seeds: [UInt64]? = nil, planned: Bool = false
  ) {
    self.key = key
    self.label = label
    self.method = method
    self.options = options
    self.seeds = seeds
    self.planned = planned
  }

  /// Reads a row; options, seeds and planned may be left out.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    key = try container.decode(String.self, forKey: .key)
    label = try container.decode(String.self, forKey: .label)
    method = try container.decode(String.self, forKey: .method)
    options = try container.decodeIfPresent(JSON.self, forKey: .options) ?? .object([])
    seeds = try container.decodeIfPresent([UInt64].self, forKey: .seeds)
    planned = try container.decodeIfPresent(Bool.self, forKey: .planned) ?? false
  }

  /// The method that leaves the model as it is; its one cell serves all columns of a metric.
  package static let fullPrecisionMethod = "full-precision"

  /// Whether the row's method quantizes nothing.
  package var isFullPrecision: Bool { method == Self.fullPrecisionMethod }
}

/// One column: what is measured at which bits.
package struct GridColumn: Codable, Sendable, Equatable {
  /// Unique in the grid; part of a cell's address.
  package var key: String
  /// The printed header.
  package var label: String
  /// What is measured.
  package var metric: Metric
  /// The bits label, such as `W4A4`; read it with ``BitsLabel``.
  package var bits: String
  /// Why no cell of this column runs yet; nil when they do.
  package var notRun: String?

  /// A column from its parts.
  package init(key: String, label: String, metric: Metric, bits: String, notRun: String? = nil) {
    self.key = key
    self.label = label
    self.metric = metric
    self.bits = bits
    self.notRun = notRun
  }
}

/// What a column measures.
package enum Metric: String, Codable, Sendable {
  /// exp of the mean of window means; lower is better.
  case perplexity
  /// Share of right answers after fine-tuning; higher is better.
  case accuracy
}
