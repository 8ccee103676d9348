package import System

/// `tables/SHA256SUMS` of a checkout: the digest of every committed file that numbers rest on.
///
/// A line is 64 hex digits, two spaces and the path from the top of the checkout, so that `sha256sum -c` reads it too. The
/// last line, a comment there, has the digest of all lines above. Covered is what lies in `tables`, `models` and `datasets`,
/// and `CLAIMS.md`, but for READMEs, which people write; what programs write into those has a check of its own.
package struct DigestList: Sendable {
  /// Where the list is, from the top of a checkout.
  package static let path = "tables/SHA256SUMS"

  private let root: String
  private var file: String { "\(root)/\(Self.path)" }

  /// The list of a checkout; nothing is read yet.
  package init(root: String) { self.root = root }

  /// Whether there is one.
  package var isThere: Bool { FileStatus(of: file) != nil }

  /// The files of a checkout that the list covers, sorted.
  ///
  /// - Throws: `FileError` when a folder can't be listed.
  package static func covered(root: String) throws(FileError) -> [String] {
    var files: [String] = []
    for folder in ["datasets", "models", "tables"] { try add(folder, below: root, to: &files) }
    if FileStatus(of: "\(root)/CLAIMS.md") != nil { files.append("CLAIMS.md") }
    return files.sorted()
  }

  private static func add(
    _ folder: String, below root: String, to files: inout [String]
  ) throws(FileError) {
    for name in try listFolder("\(root)/\(folder)") where !name.hasPrefix(".") {
      let path = "\(folder)/\(name)"
      guard let status = FileStatus(of: "\(root)/\(path)") else { continue }
      if status.isFolder {
        try add(path, below: root, to: &files)
      } else if status.isRegular, name != "README.md", path != Self.path {
        files.append(path)
      }
    }
  }

  /// Writes the list anew for the files that `isMeant` picks; the others keep what is listed of them.
  ///
  /// - Parameter isMeant: Whether a file was written on purpose, by its path.
  /// - Throws: `FileError` when a file can't be read or the list not be written.
  package func update(_ isMeant: (String) -> Bool = { _ in true }) throws(FileError) {
    var old: [String: String] = [:]
    if isThere { for entry in try read().entries { old[entry.path] = entry.digest } }
    var text = ""
    for path in try Self.covered(root: root) {
      var listed = old[path]
      if listed == nil || isMeant(path) { listed = try digest(ofFile: "\(root)/\(path)") }
      text += "\(listed ?? "")  \(path)\n"
    }
    text += Self.ending(digest(of: Array(text.utf8)))
    try writeDurably(Array(text.utf8), to: file)
  }

  /// The same where there is a list; a checkout without one gets none.
  ///
  /// - Parameter isMeant: Whether a file was written on purpose, by its path.
  /// - Throws: As ``update(_:)``.
  package func renew(_ isMeant: (String) -> Bool) throws(FileError) {
    if isThere { try update(isMeant) }
  }

  private static func ending(_ digest: String) -> String {
    "# sha256 of the lines above: \(digest)\n"
  }

  /// Holds the list to itself and the files to the list.
  ///
  /// - Returns: How many files were looked at, and what is wrong, each beginning with the path of a file.
  /// - Throws: `FileError` when a folder or a file can't be read.
  package func faults() throws(FileError) -> (files: Int, faults: [String]) {
    guard isThere else {
      return (0, ["\(Self.path): there is none; 'zeroqat verify --write-digests' writes it"])
    }
    let (entries, ownFaults) = try read()
    var faults = ownFaults
    let covered = try Self.covered(root: root)
    var listed: [String: String] = [:]
    for entry in entries { listed[entry.path] = entry.digest }
    for path in covered {
      guard let expected = listed.removeValue(forKey: path) else {
        faults.append("\(path): isn't in \(Self.path)")
        continue
      }
      let found = try digest(ofFile: "\(root)/\(path)")
      if found != expected {
        faults.append(
          "\(path): expected SHA-256 \(expected.prefix(12))… by \(Self.path), found \(found.prefix(12))…"
        )
      }
    }
    faults += listed.keys.sorted().map { "\($0): is in \(Self.path), and isn't there" }
    return (covered.count, faults)
  }

  private func read() throws(FileError) -> (
    entries: [(path: String, digest: String)], faults: [String]
  ) {
    let text = String(decoding: try readFile(file), as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    var (entries, faults): ([(path: String, digest: String)], [String]) = ([], [])
    for (index, line) in lines.dropLast().enumerated() {
      let digest = line.prefix(64)
      guard digest.utf8.count == 64, digest.allSatisfy({ "0123456789abcdef".contains($0) }),
        line.dropFirst(64).hasPrefix("  "), line.utf8.count > 66
      else {
        faults.append(
          "\(Self.path):\(index + 1): expected 64 hex digits, two spaces and a path, found '\(line.prefix(80))'"
        )
        continue
      }
      entries.append((String(line.dropFirst(66)), String(digest)))
    }
    let above = lines.dropLast().map { "\($0)\n" }.joined()
    let expected = Self.ending(digest(of: Array(above.utf8)))
    if lines.last.map({ "\($0)\n" }) != expected || !text.hasSuffix("\n") {
      faults.append(
        "\(Self.path): its last line isn't the digest of the lines above: the list was edited by hand"
      )
    }
    return (entries, faults)
  }
}
