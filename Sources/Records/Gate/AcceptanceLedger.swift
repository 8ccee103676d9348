package import JSONText

/// Which baselines were accepted, when and why: `accepted.json`, committed beside them.
///
/// Nothing is ever taken out: a slow drift shows in its lines, and in the first baseline, which stays. Each entry has a
/// digest of its words and figures and of all before it (``AcceptanceLedger/seal()``).
package struct AcceptanceLedger: Codable, Sendable, Equatable {
  /// The version of this layout.
  package static let currentSchema = 2
  /// The version whose entries had no digests; it is still read.
  package static let unsealedSchema = 1

  /// Version of this layout.
  package var schema = currentSchema
  /// From the first to the last.
  package var accepted: [Acceptance] = []

  /// An empty ledger.
  package init() {}

  /// Reads a ledger; whether its digests are right is for ``brokenSeal(in:)``.
  ///
  /// - Throws: ``JSONError`` for another schema, and for an entry that isn't whole: without a reason, without cells, with a
  ///   name that leaves the folder, without its digest.
  package init(document: JSONDocument) throws(JSONError) {
    self = try document.decode(AcceptanceLedger.self)
    guard schema == Self.currentSchema || schema == Self.unsealedSchema else {
      throw document.error(
        at: "/schema",
        "schema \(schema) isn't supported; this build reads schemas \(Self.unsealedSchema) and "
          + "\(Self.currentSchema)")
    }
    for (index, acceptance) in accepted.enumerated() {
      try acceptance.check(at: "/accepted/\(index)", isSealed: isSealed, in: document)
    }
  }

  /// Whether entries have digests; those of the first layout hadn't.
  package var isSealed: Bool { schema != Self.unsealedSchema }
}

/// One time that somebody accepted new baselines.
package struct Acceptance: Codable, Sendable, Equatable {
  /// UTC, ISO 8601.
  package var at: String
  /// Why; never empty.
  package var reason: String
  /// Commit that the accepted records were made by; null where they don't say.
  package var commit: String?
  /// The cells whose baseline changed; none where baselines were taken out.
  package var cells: [Cell]
  /// Whether it was asked for that fewer windows or examples than before may count; null where it wasn't needed.
  package var fewerWindows: Bool?
  /// Whether the records were made the first baselines as well; null for no.
  package var newFirst: Bool?
  /// Baselines that were taken out, as nothing is held to them any more; null for none.
  package var retired: [Place]?
  /// SHA-256 of this entry and of all before it, see ``AcceptanceLedger/seal()``; null in the first layout.
  package var digest: String?

  /// Where a baseline is.
  package struct Place: Codable, Sendable, Equatable {
    /// The gate.
    package var gate: String
    /// The record's file in the gate's folders.
    package var file: String

    /// A place from its parts.
    package init(gate: String, file: String) {
      self.gate = gate
      self.file = file
    }
  }

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
    /// How many windows or examples the accepted record has; null in the first layout.
    package var units: Int?

    /// A figure from its parts.
    package init(name: String, first: Double?, before: Double?, after: Double?, units: Int? = nil) {
      self.name = name
      self.first = first
      self.before = before
      self.after = after
      self.units = units
    }
  }

  /// An acceptance from its parts.
  package init(
    at: String, reason: String, commit: String?, cells: [Cell], fewerWindows: Bool? = nil,
    newFirst: Bool? = nil, retired: [Place]? = nil
  ) {
    self.at = at
    self.reason = reason
    self.commit = commit
    self.cells = cells
    self.fewerWindows = fewerWindows
    self.newFirst = newFirst
    self.retired = retired
  }
}

extension String {
  /// Whether there is nothing to read in it.
  package var isBlank: Bool { allSatisfy(\.isWhitespace) }

  /// The text with `?` for each control character: a name of a record that somebody else made may end a line, or
  /// command a terminal.
  package var withoutControls: String {
    String(
      String.UnicodeScalarView(
        unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
  }
}
