package import Records

/// One sentence of the paper as a relation of cells, so that records decide it.
package struct Claim: Codable, Sendable, Equatable {
  /// What the sentence says of ``Claim/left``.
  package enum Relation: String, Codable, Sendable, CaseIterable {
    /// Its score is lower than that of ``Claim/right``, by more than the margin.
    case lower
    /// Its score is higher than that of ``Claim/right``, by more than the margin.
    case higher
    /// Its score differs from that of ``Claim/right`` by less than the margin.
    case within
    /// Its score is better than that of the model before the first update, by more than the margin.
    case improves
    /// Its score differs from ``Claim/chance`` by less than the margin.
    case atChance = "at-chance"
    /// Its memory or time is at most ``Claim/most`` times that of ``Claim/right``.
    case ratio
    /// Its memory or time is at most ``Claim/most``, in the column's unit.
    case atMost = "at-most"

    /// Whether the relation is to another cell.
    var needsRight: Bool { [.lower, .higher, .within, .ratio].contains(self) }
    /// Whether a test of scores decides it.
    var isTested: Bool { self != .ratio && self != .atMost }
    /// Whether the sentence is that a difference is small.
    var isOfEquality: Bool { self == .within || self == .atChance }
  }

  /// Unique in the file: lowercase letters, digits and hyphens.
  package var id: String
  /// The paper's words, a short phrase; or ours without quotation marks where we read it only in a report.
  package var says: String
  /// Where the paper says so: the abstract, a section, a table.
  package var place: String
  /// Scales at which the claim is put to the records.
  package var scales: [Scale]
  /// The cell that the claim is about.
  package var left: ClaimCell
  /// What it says of it.
  package var relation: Relation
  /// The cell that it is held against.
  package var right: ClaimCell?
  /// The margin that matters: nats per token of perplexity, percentage points of tasks.
  package var margin: Double
  /// What guessing scores, in percent.
  package var chance: Double?
  /// The largest ratio, or value in the column's unit, that the claim allows.
  package var most: Double?
  /// What should be known of how the sentence became this relation; nil where nothing should.
  package var note: String?
  /// Whether the README's first screen quotes it.
  package var isMain: Bool

  enum CodingKeys: String, CodingKey {
    case id, says
    case place = "where"
    case scales = "scale"
    case left, relation, right, margin, chance, most, note
    case isMain = "main"
  }

  /// A claim from its parts.
  package init(
    id: String, says: String, place: String, scales: [Scale], left: ClaimCell, relation: Relation,
    right: ClaimCell? = nil, margin: Double = 0, chance: Double? = nil, most: Double? = nil,
    note: String? = nil, isMain: Bool = false
  ) {
    self.id = id
    self.says = says
    self.place = place
    self.scales = scales
    self.left = left
    self.relation = relation
    self.right = right
    self.margin = margin
    self.chance = chance
    self.most = most
    self.note = note
    self.isMain = isMain
  }

  /// Reads a claim; what the relation doesn't need may be left out, and so may `note` and `main`.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    id = try container.decode(String.self, forKey: .id)
    says = try container.decode(String.self, forKey: .says)
    place = try container.decode(String.self, forKey: .place)
    scales = try container.decode([Scale].self, forKey: .scales)
    left = try container.decode(ClaimCell.self, forKey: .left)
    relation = try container.decode(Relation.self, forKey: .relation)
    right = try container.decodeIfPresent(ClaimCell.self, forKey: .right)
    margin = try container.decodeIfPresent(Double.self, forKey: .margin) ?? 0
    chance = try container.decodeIfPresent(Double.self, forKey: .chance)
    most = try container.decodeIfPresent(Double.self, forKey: .most)
    note = try container.decodeIfPresent(String.self, forKey: .note)
    isMain = try container.decodeIfPresent(Bool.self, forKey: .isMain) ?? false
  }
}

/// A cell that a claim names.
package struct ClaimCell: Codable, Sendable, Equatable {
  /// A row's key in the grid.
  package var row: String
  /// A column's key in the grid.
  package var column: String

  /// A cell.
  package init(row: String, column: String) {
    self.row = row
    self.column = column
  }
}
