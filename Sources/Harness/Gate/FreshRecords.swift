package import Records
internal import System

/// Records of a folder as a gate looks at them: each with what makes it stale, if anything does.
package struct FreshRecords: Sendable {
  /// One record.
  package struct Item: Sendable {
    /// The file that its baseline has: model, text, method, bits and seed, whatever the bytes.
    package let file: String
    /// What reports call it.
    package let name: String
    /// The record.
    package let record: RunRecord
    /// Why it doesn't count; nil where it does.
    package let obstacle: String?
  }

  /// In the order of their files.
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
    for (_, record) in try RecordFile.all(in: folder) {
      let obstacle = try Self.obstacle(record, science, elsewhere, &locator)
      items.append(
        Item(
          file: record.cell.baselineFile, name: record.cell.baselineName, record: record,
          obstacle: obstacle))
    }
    // One model that was measured twice with different bytes leaves two records: the stale one steps back.
    self.items = items.filter { item in
      item.obstacle == nil || !items.contains { $0.file == item.file && $0.obstacle == nil }
    }.sorted { $0.file < $1.file }
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
    return "\(model.name) \(bits) by \(method.name), \(protocolSettings.id)\(seed)"
  }

  /// The file of its baseline: model, protocol, method, bits and seed by their names.
  ///
  /// Bytes aren't part of it: a model that changed is what a gate looks at.
  fileprivate var baselineFile: String {
    Self.fileName([
      model.name, protocolSettings.id, address.row, address.column, "seed\(address.seed)",
    ])
  }

  /// A file's name for the cell, whatever it is of: `table2.tiny.rtn.ppl-w4a4.seed1.json`.
  package var fileName: String {
    if address.table == SingleEvaluation.table { return baselineFile }
    return Self.fileName([
      address.table, address.scale, String(CommittedFile.name(of: address).dropLast(5)),
    ])
  }

  private static func fileName(_ words: [String]) -> String {
    words.map { word in
      String(
        word.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "-" })
    }.joined(separator: ".") + ".json"
  }
}
