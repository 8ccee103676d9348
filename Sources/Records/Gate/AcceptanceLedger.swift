package import JSONText

/// Which baselines were accepted, when and why: `accepted.json`, committed beside them.
///
/// Nothing is ever taken out: a slow drift shows in its lines, and in the first baseline, which stays.
package struct AcceptanceLedger: Codable, Sendable, Equatable {
  /// The version of this layout.
  package static let currentSchema = 1

  /// Version of this layout.
  package var schema = currentSchema
  /// From the first to the last.
  package var accepted: [Acceptance] = []

  /// An empty ledger.
  package init() {}

  /// Reads a ledger.
  ///
  /// - Throws: ``JSONError`` for another schema, an acceptance without a reason or without cells.
  package init(document: JSONDocument) throws(JSONError) {
    self = try document.decode(AcceptanceLedger.self)
    guard schema == Self.currentSchema else {
      throw document.error(
        at: "/schema",
        "schema \(schema) isn't supported; this build reads schema \(Self.currentSchema)")
    }
    for (index, acceptance) in accepted.enumerated() {
      guard !acceptance.reason.isBlank else {
        throw document.error(
          at: "/accepted/\(index)/reason", "expected why the baseline was accepted, found nothing")
      }
      guard !acceptance.cells.isEmpty else {
        throw document.error(
          at: "/accepted/\(index)/cells", "expected at least one cell whose baseline was accepted")
      }
    }
  }
}

/// One time that somebody accepted new baselines.
package struct Acceptance: Codable, Sendable, Equatable {
  /// UTC, ISO 8601.
  package var at: String
  /// Why; never empty.
  package var reason: String
  /// Commit that the accepted records were made by; null where they don't say.
  package var commit: String?
  /// The cells whose baseline changed.
  package var cells: [Cell]

  /// One cell of it.
  package struct Cell: Codable, Sendable, Equatable {
    /// The gate.
    package var gate: String
    /// The record's file in the gate's folders.
    package var file: String
    /// The record's cell id.
    package var id: String
    /// SHA-256 of the record's file, lowercase hex: a baseline that was changed without a reason shows.
    package var digest: String
    /// SHA-256 of the first baseline's file.
    package var first: String
    /// Test figures by name: perplexity, or percent.
    package var figures: [Figure]

    /// A cell from its parts.
    package init(
      gate: String, file: String, id: String, digest: String, first: String, figures: [Figure]
    ) {
      self.gate = gate
      self.file = file
      self.id = id
      self.digest = digest
      self.first = first
      self.figures = figures
    }
  }

  /// One figure before and after.
  package struct Figure: Codable, Sendable, Equatable {
    /// `perplexity`, or a metric with its task.
    package var name: String
    /// That of the first baseline; null where this is the first.
    package var first: Double?
    /// That of the last baseline before; null where this is the first.
    package var before: Double?
    /// That of the accepted record; null when it isn't finite.
    package var after: Double?

    /// A figure from its parts.
    package init(name: String, first: Double?, before: Double?, after: Double?) {
      self.name = name
      self.first = first
      self.before = before
      self.after = after
    }
  }

  /// An acceptance from its parts.
  package init(at: String, reason: String, commit: String?, cells: [Cell]) {
    self.at = at
    self.reason = reason
    self.commit = commit
    self.cells = cells
  }
}

extension String {
  /// Whether there is nothing to read in it.
  package var isBlank: Bool { allSatisfy(\.isWhitespace) }
}
