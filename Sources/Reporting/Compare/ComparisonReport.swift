package import Records

/// Two sets of records, A and B, held against each other.
package struct ComparisonReport: Encodable, Sendable, Equatable {
  /// The version of this layout, as JSON.
  package static let currentSchema = 1

  /// Version of this layout.
  package let schema: Int
  /// What A is: a file, a folder or a commit.
  package let a: String
  /// What B is.
  package let b: String
  /// Probability on each side that a true change lies beyond its interval, as ``ScoreDifference/level``; a gate has its own.
  package let level: Double
  /// Cells of both whose numbers are equal to the last bit.
  package let identical: Int
  /// Cells of both that differ in a number.
  package let differing: [RecordDifference]
  /// Conditions in which cells differ whose numbers don't, each with how many cells; the most frequent first.
  package let harmless: [SharedCondition]
  /// Cells that A alone has.
  package let onlyInA: [String]
  /// Cells that B alone has.
  package let onlyInB: [String]

  /// One side.
  package struct Side: Sendable {
    /// What it is.
    package let name: String
    /// Its records, by the names of their cells.
    package let records: [String: RunRecord]

    /// A side from its parts.
    package init(name: String, records: [String: RunRecord]) {
      self.name = name
      self.records = records
    }
  }

  /// Compares two sides cell by cell; two single records are compared whatever they are of.
  ///
  /// - Parameters:
  ///   - a: The earlier side.
  ///   - b: The later side.
  ///   - unread: Cells whose files are equal byte for byte, and weren't read.
  /// - Throws: `JSONError` for a cell that can't be written.
  package init(_ a: Side, _ b: Side, unread: Int = 0) throws {
    schema = Self.currentSchema
    level = ScoreDifference.level
    self.a = a.name
    self.b = b.name
    var pairs: [(name: String, a: RunRecord, b: RunRecord)] = []
    if let x = a.records.first, let y = b.records.first, a.records.count == 1,
      b.records.count == 1
    {
      pairs = [(x.key == y.key ? x.key : "\(x.key) → \(y.key)", x.value, y.value)]
      (onlyInA, onlyInB) = ([], [])
    } else {
      for name in a.records.keys.sorted() {
        if let x = a.records[name], let y = b.records[name] { pairs.append((name, x, y)) }
      }
      onlyInA = a.records.keys.filter { b.records[$0] == nil }.sorted()
      onlyInB = b.records.keys.filter { a.records[$0] == nil }.sorted()
    }
    let all = try pairs.map { try RecordDifference($0.name, $0.a, $0.b) }
    identical = unread + all.count { $0.isIdentical }
    differing = all.filter { !$0.isIdentical }
    harmless = SharedCondition.all(all.filter(\.isIdentical).flatMap(\.conditions))
  }

  /// Whether every cell is there twice with equal numbers.
  package var isAllIdentical: Bool {
    onlyInA.isEmpty && onlyInB.isEmpty && differing.isEmpty
  }
}

/// A condition that changed in several cells without a number that changed.
package struct SharedCondition: Encodable, Sendable, Equatable {
  /// The condition.
  package let condition: ConditionDifference
  /// In how many cells.
  package let cells: Int

  /// Equal conditions as one, the most frequent first.
  static func all(_ conditions: [ConditionDifference]) -> [SharedCondition] {
    var found: [SharedCondition] = []
    for condition in conditions {
      if let index = found.firstIndex(where: { $0.condition == condition }) {
        found[index] = SharedCondition(condition: condition, cells: found[index].cells + 1)
      } else {
        found.append(SharedCondition(condition: condition, cells: 1))
      }
    }
    return found.enumerated().sorted {
      ($1.element.cells, $0.offset) < ($0.element.cells, $1.offset)
    }.map(\.element)
  }
}
