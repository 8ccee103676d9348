package import JSONText
package import Records

/// The cells that a grid comes to at one scale: what each is, and what it is expected to take.
package struct GridInspection: Sendable {
  /// One cell, or one point that can't be a cell.
  package struct Item: Sendable, Encodable {
    /// The id; null where it can't be a cell.
    package var id: String?
    /// Where it stands.
    package var place: CellAddress
    /// Its bits.
    package var bits: String
    /// Model and text, as the grid names them.
    package var model: String
    /// The method's name.
    package var method: String
    /// Its options, every default written out.
    package var options: JSON
    /// What would happen to it, in words.
    package var state: String
    /// Minutes that it is expected to take; null where nobody knows.
    package var minutes: Double?
    /// Memory that it is expected to need, MiB; null where nobody knows.
    package var mebibytes: Double?

    /// A cell from its parts.
    package init(
      id: String?, place: CellAddress, bits: String, model: String, method: String, options: JSON,
      state: String, minutes: Double?, mebibytes: Double?
    ) {
      self.id = id
      self.place = place
      self.bits = bits
      self.model = model
      self.method = method
      self.options = options
      self.state = state
      self.minutes = minutes
      self.mebibytes = mebibytes
    }

    /// Writes all members, null where there is nothing.
    package func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(id, forKey: .id)
      try container.encode(place, forKey: .place)
      try container.encode(bits, forKey: .bits)
      try container.encode(model, forKey: .model)
      try container.encode(method, forKey: .method)
      try container.encode(options, forKey: .options)
      try container.encode(state, forKey: .state)
      try container.encode(minutes, forKey: .minutes)
      try container.encode(mebibytes, forKey: .mebibytes)
    }

    private enum CodingKeys: String, CodingKey {
      case id, place, bits, model, method, options, state, minutes, mebibytes
    }
  }

  private let table: String
  private let scale: String
  private let budget: String
  private let items: [Item]

  /// An inspection of a grid's cells.
  package init(table: String, scale: String, budget: String, items: [Item]) {
    self.table = table
    self.scale = scale
    self.budget = budget
    self.items = items
  }

  private var minutes: Double { items.reduce(0) { $0 + ($1.minutes ?? 0) } }
}

extension GridInspection: CustomStringConvertible {
  /// A table of the cells, and below it the options of each method as they are resolved, each told once.
  package var description: String {
    var rows = [["cell", "row", "column", "bits", "seed", "min", "MiB", "state"]]
    rows += items.map { item in
      [
        item.id ?? "–", item.place.row,
        item.place.column + (item.place.task.map { "/\($0)" } ?? ""), item.bits,
        "\(item.place.seed)", item.minutes.map { NumberText.fixed($0, 1) } ?? "?",
        item.mebibytes.map { NumberText.fixed($0, 0) } ?? "?", item.state,
      ]
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    var text =
      "\(table) at scale \(scale), budget \(budget): \(NumberText.count(items.count, "cell"))\n"
    for row in rows {
      let cells = row.indices.map { column in
        column == row.count - 1
          ? row[column]
          : row[column] + String(repeating: " ", count: widths[column] - row[column].count)
      }
      text += cells.joined(separator: "  ") + "\n"
    }
    let unknown = items.count { $0.minutes == nil }
    text += "in all about \(NumberText.fixed(minutes, 0)) minutes"
    text += unknown > 0 ? ", \(NumberText.count(unknown, "cell")) not counted\n" : "\n"
    return text + options
  }

  private var options: String {
    var told: [(options: JSON, method: String, cells: [String])] = []
    for item in items {
      let cell = "\(item.place.row) \(item.bits)"
      if let index = told.firstIndex(where: {
        $0.method == item.method && $0.options == item.options
      }) {
        if !told[index].cells.contains(cell) { told[index].cells.append(cell) }
      } else {
        told.append((item.options, item.method, [cell]))
      }
    }
    return told.map { method in
      "\n" + method.cells.joined(separator: ", ") + "\n"
        + InspectedLine.text(
          [InspectedLine("  method", method.method)] + RecordInspection.lines(of: method.options))
    }.joined()
  }
}

extension GridInspection: Encodable {
  private enum CodingKeys: String, CodingKey {
    case schema, table, scale, budget, minutes, cells
  }

  /// The same as an object.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(1, forKey: .schema)
    try container.encode(table, forKey: .table)
    try container.encode(scale, forKey: .scale)
    try container.encode(budget, forKey: .budget)
    try container.encode(minutes, forKey: .minutes)
    try container.encode(items, forKey: .cells)
  }
}
