package import Records

/// Why records can't be made into a table.
package enum ReportingError: Error, Sendable, Equatable {
  /// The grid has nothing at this scale.
  case noSuchScale(table: String, scale: Scale)
  /// A record stands where the grid has no point.
  case unknownAddress(CellAddress, id: String)
  /// A record at this address is of another method or other bits than the grid has there.
  case otherCell(CellAddress, id: String, expected: String, found: String)
  /// Two records claim one address.
  case repeatedAddress(CellAddress, ids: [String])
  /// Two cells were measured under different conditions.
  case mixed(MixedCondition, first: CellValue, second: CellValue)
  /// A finished record lacks the digest of its test tokens, so that nobody can tell what it scored.
  case missingTokenDigest(CellAddress, id: String)
  /// A record's summary of a text, or of this task, disagrees with its own windows or examples.
  case inconsistentScore(CellAddress, id: String, task: String?, ScoreContradiction)
  /// The paper's file is for another table.
  case otherPaperTable(expected: String, found: String)
  /// The paper's file names a row or column that the grid doesn't have.
  case unknownPaperKey(kind: String, key: String, suggestion: String)
}

/// A condition that all cells of one table must share.
package enum MixedCondition: String, Sendable {
  /// ``EvaluationProtocol/id``.
  case protocolID = "protocol"
  /// Window length, number of windows, BOS policy.
  case windows = "windows"
  /// Digest of the scored token stream.
  case testTokens = "test token stream"
  /// Digest of the checkpoint.
  case model = "model"
  /// Digest of the tokenizer.
  case tokenizer = "tokenizer"
  /// Number of windows that were really scored.
  case scoredWindows = "number of scored windows"
}

/// A cell and the value that it was measured with.
package struct CellValue: Sendable, Equatable {
  /// Where the cell stands.
  package let address: CellAddress
  /// The value of the condition.
  package let value: String

  /// A cell's value.
  package init(address: CellAddress, value: String) {
    self.address = address
    self.value = value
  }
}

extension ReportingError: CustomStringConvertible {
  /// What is wrong, where, and what to do.
  package var description: String {
    switch self {
    case .noSuchScale(let table, let scale):
      "\(table) has no scale '\(scale.rawValue)'; see \"scales\" in tables/\(table)/grid.json"
    case .unknownAddress(let address, let id):
      "record \(NumberText.digest(id)) is for \(address.place), which the grid doesn't have; "
        + "remove the record or render the grid that it was made for"
    case .otherCell(let address, let id, let expected, let found):
      "record \(NumberText.digest(id)) of \(address.place) is of \(found), the grid has \(expected) "
        + "there; it was edited or moved, run the cell again"
    case .repeatedAddress(let address, let ids):
      "\(address.place) has \(ids.count) records (\(ids.map(NumberText.digest).joined(separator: ", "))); "
        + "expected one"
    case .mixed(let condition, let first, let second):
      "one table can't mix two values of '\(condition.rawValue)': \(first.address.place) has "
        + "\(first.value), \(second.address.place) has \(second.value)"
    case .missingTokenDigest(let address, let id):
      "record \(NumberText.digest(id)) of \(address.place) is finished but lacks the digest "
        + "'tokens.test'; run the cell again"
    case .inconsistentScore(let address, let id, let task, let wrong):
      "record \(NumberText.digest(id)) of \(address.place) contradicts itself: "
        + "\(task.map { "\($0) " } ?? "")\(wrong.member): expected \(wrong.expected) by its "
        + "\(wrong.basis), found \(wrong.found); it was edited or damaged, run the cell again"
    case .otherPaperTable(let expected, let found):
      "the paper's numbers are for '\(found)', expected '\(expected)'"
    case .unknownPaperKey(let kind, let key, let suggestion):
      "the paper's numbers name the \(kind) '\(key)', which the grid doesn't have; \(suggestion)"
    }
  }
}

extension CellAddress {
  /// The address as messages name it.
  package var place: String {
    "\(table) (\(scale)) row '\(row)', column '\(column)', seed \(seed)"
  }
}
