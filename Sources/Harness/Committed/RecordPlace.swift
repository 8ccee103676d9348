internal import JSONText
package import Records
internal import System

/// Where records to be compared are: a file, a folder, or the committed ones of a commit.
package struct RecordPlace: Sendable {
  /// What it is, as it was named.
  package let name: String
  private let kind: Kind

  private enum Kind: Sendable {
    case file(String)
    case folder(String)
    /// The repository, the commit, and the files of committed records with the digests that git gives them.
    case commit(root: String, hash: String, files: [String: String])
  }

  /// Finds a place by its name; what is a path is one, and what isn't is a commit.
  ///
  /// - Parameters:
  ///   - name: A file, a folder, or anything that git takes for a commit.
  ///   - root: The repository, or any folder in it.
  /// - Throws: ``RecordPlaceError``, or `FileError` when git can't be started.
  package init(_ name: String, root: String) throws {
    self.name = name
    if let status = FileStatus(of: name) {
      kind = status.isFolder ? .folder(name) : .file(name)
      return
    }
    let git = Git(root: root)
    guard let hash = try git.line(["rev-parse", "--verify", "--quiet", "\(name)^{commit}"]) else {
      throw RecordPlaceError.nothing(name)
    }
    var files: [String: String] = [:]
    let listed = try git.text(["ls-tree", "-r", "-z", "--full-tree", hash, "--", "tables"])
    for entry in listed.split(separator: "\0") {
      // <mode> SP <type> SP <object> TAB <file>
      let parts = entry.split(separator: "\t", maxSplits: 1)
      guard parts.count == 2, let object = parts[0].split(separator: " ").last else { continue }
      if Self.isRecord(String(parts[1])) { files[String(parts[1])] = String(object) }
    }
    kind = .commit(root: root, hash: hash, files: files)
  }

  /// Records of tables and of tunings beside them: `tables/<table>/[tuning/]records/<scale>/<file>.json`.
  private static func isRecord(_ path: String) -> Bool {
    let parts = path.split(separator: "/")
    guard path.hasSuffix(".json"), parts.first == "tables" else { return false }
    return parts.count == 5 && parts[2] == "records"
      || parts.count == 6 && parts[2] == "tuning" && parts[3] == "records"
  }

  /// The records by the names of their cells, those left out that `other` has byte for byte.
  ///
  /// - Returns: The records, and how many were left out.
  /// - Throws: ``HarnessError/damagedRecord(_:)`` for a record that isn't sound, ``RecordPlaceError`` for two of one cell.
  package func records(except other: RecordPlace? = nil) throws -> (
    records: [String: RunRecord], unread: Int
  ) {
    var records: [String: RunRecord] = [:]
    func add(_ record: RunRecord, _ path: String) throws {
      let name = record.cell.comparedName
      guard records[name] == nil else { throw RecordPlaceError.twice(name, path) }
      records[name] = record
    }
    switch kind {
    case .file(let path): try add(RecordFile.read(path), path)
    case .folder(let folder):
      for path in try Self.files(in: folder, depth: 0) {
        guard try Self.holdsRecord(path) else { continue }
        try add(RecordFile.read(path), path)
      }
    case .commit(let root, let hash, let files):
      var theirs: [String: String] = [:]
      if case .commit(_, _, let files) = other?.kind { theirs = files }
      let git = Git(root: root)
      var unread = 0
      for path in files.keys.sorted() {
        if files[path] == theirs[path] {
          unread += 1
          continue
        }
        let document = try JSONDocument(
          text: git.bytes(["show", "\(hash):\(path)"]), file: "\(name):\(path)")
        let record = try RecordFile.decode(document) { reference in
          let file = "tables/protocols/\(reference).json"
          return try JSONDocument(
            text: git.bytes(["show", "\(hash):\(file)"]), file: "\(name):\(file)"
          ).decode(EvaluationProtocol.self)
        }
        try add(record, path)
      }
      return (records, unread)
    }
    return (records, 0)
  }

  /// Files that may hold records: not those of cells at work or of trainings that are shared.
  private static func files(in folder: String, depth: Int) throws -> [String] {
    guard depth < 6 else { return [] }
    var files: [String] = []
    for name in try listFolder(folder) {
      let path = "\(folder)/\(name)"
      if FileStatus(of: path)?.isFolder == true {
        if name.hasSuffix(".work") || ["stages", "replay", "protocols"].contains(name) { continue }
        files += try Self.files(in: path, depth: depth + 1)
      } else if name.hasSuffix(".json") {
        files.append(path)
      }
    }
    return files
  }

  /// Whether a JSON file is a record, sound or not: grids and manifests of tables lie near them.
  private static func holdsRecord(_ path: String) throws -> Bool {
    let root = try JSONDocument(contentsOf: path).root
    return root["cell"] != nil && root["status"] != nil
  }
}

/// Why a place has no records to compare.
package enum RecordPlaceError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Neither a path nor a commit.
  case nothing(String)
  /// A cell has two records.
  case twice(String, String)

  /// What is wrong.
  package var description: String {
    switch self {
    case .nothing(let name):
      "'\(name)' is neither a file, nor a folder, nor a commit of this checkout"
    case .twice(let cell, let path):
      "'\(path)' is a second record of \(cell); name a folder that has each cell once"
    }
  }
}

extension Cell {
  /// What tells a cell from others when two sets of records are compared; bytes aren't part of it.
  ///
  /// A table's cell is named by its place; what `zeroqat eval` measured, by model and text as well.
  package var comparedName: String {
    let task = address.task.map { "/\($0)" } ?? ""
    let place = "\(address.row)/\(address.column)\(task)/seed \(address.seed)"
    if address.table == SingleEvaluation.table {
      return "\(model.name): \(protocolSettings.id): \(place)"
    }
    return "\(address.table) (\(address.scale)): \(place)"
  }
}
