package import Records
internal import System

/// Records of a folder as a gate looks at them: each with what makes it stale, if anything does.
package struct FreshRecords: Sendable {
  /// One record.
  package struct Item: Sendable {
    /// The record's file in the folder.
    package let source: String
    /// What reports call it.
    package let name: String
    /// The record.
    package let record: RunRecord
    /// Why it doesn't count; nil where it does.
    package let obstacle: String?
    /// Whether that is because others claim the same cell, so that nobody can tell which is meant.
    package let isOneOfSeveral: Bool
  }

  /// In the order of their cells.
  package let items: [Item]

  /// Reads a folder, and looks at the files that its records are of.
  ///
  /// - Parameters:
  ///   - folder: The folder.
  ///   - science: What this program was built from: another's records are stale.
  ///   - elsewhere: Whether models and texts may be missing here.
  ///   - locator: Digests files.
  /// - Throws: What reading records throws, or `FileError`.
  package init(
    _ folder: String, science: ProgramScience, elsewhere: Bool, locator: inout AssetLocator
  ) throws {
    var items: [Item] = []
    for (source, record) in try RecordFile.all(in: folder) {
      let obstacle = try Self.obstacle(record, science, elsewhere, &locator)
      items.append(
        Item(
          source: source, name: record.cell.baselineName, record: record, obstacle: obstacle,
          isOneOfSeveral: false))
    }
    func isSame(_ a: Item, _ b: Item) -> Bool { a.record.cell.hasBaseline(of: b.record.cell) }
    // One model that was measured twice with different bytes leaves two records: the stale one steps back.
    items = items.filter { item in
      item.obstacle == nil || !items.contains { isSame($0, item) && $0.obstacle == nil }
    }
    var kept: [Item] = []
    for item in items where !kept.contains(where: { isSame($0, item) && $0.isOneOfSeveral }) {
      let rivals = items.filter { isSame($0, item) && $0.obstacle == nil }
      guard rivals.count > 1 else {
        kept.append(item)
        continue
      }
      // Two that count, and one would be as good as the other: neither does.
      let names = rivals.map { "'\(folder)/\($0.source)'" }.joined(separator: " and ")
      kept.append(
        Item(
          source: item.source, name: item.name, record: item.record,
          obstacle:
            "\(rivals.count) fresh records claim this cell: \(names); remove what isn't meant",
          isOneOfSeveral: true))
    }
    self.items = kept.sorted { $0.record.cell.baselineFile < $1.record.cell.baselineFile }
  }

  /// Why a record is stale; nil where it isn't.
  private static func obstacle(
    _ record: RunRecord, _ science: ProgramScience, _ elsewhere: Bool,
    _ locator: inout AssetLocator
  ) throws -> String? {
    let cell = record.cell
    guard let built = science.digests(of: cell.method.name), built == cell.science else {
      return "stale: the record was made by another program (\(cell.science.short)); measure again"
    }
    if FileStatus(of: cell.model.path) == nil || !cell.model.path.hasPrefix("/") {
      guard elsewhere else {
        return
          "stale: its model '\(cell.model.path)' isn't here, so that nobody can tell whether it is still that one; "
          + "\"elsewhere\": true in the policy allows that"
      }
    } else if cell.model.outliers == nil, cell.model.synthetic != true {
      let now = try ModelReference(
        at: cell.model.path, name: cell.model.name, locator: &locator)
      if now.digest != cell.model.digest {
        return
          "stale: '\(cell.model.path)' has other bytes than the model that was measured; measure again"
      }
      if now.tokenizerDigest != cell.model.tokenizerDigest {
        return
          "stale: '\(cell.model.path)' has another tokenizer than the model that was measured; measure again"
      }
    }
    for part in cell.protocolSettings.test.parts {
      guard part.path.hasPrefix("/"), FileStatus(of: part.path) != nil else {
        guard elsewhere else {
          return
            "stale: its text '\(part.path)' isn't here, so that nobody can tell whether it is still that one; "
            + "\"elsewhere\": true in the policy allows that"
        }
        continue
      }
      if try locator.digest(ofFile: part.path) != part.digest {
        return "stale: '\(part.path)' has other bytes than the text that was scored; measure again"
      }
    }
    return nil
  }
}

extension Cell {
  /// What reports call a cell that no table has: `my-model W4A4 rtn, my-text-512, seed 1`.
  fileprivate var baselineName: String {
    let seed = address.seed == 1 ? "" : ", seed \(address.seed)"
    return "\(model.name) \(bits) by \(method.name), \(protocolSettings.id)\(seed)".withoutControls
  }
}
