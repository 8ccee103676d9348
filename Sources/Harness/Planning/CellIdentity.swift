internal import JSONText
package import Records

extension Cell {
  /// Digest of everything that can change the cell's numbers: its id.
  ///
  /// First 16 hex digits of SHA-256 over the canonical JSON of the cell without id, address and
  /// paths: where a table prints the number and where a file lies changes nothing, its bytes do.
  ///
  /// - Throws: `JSONError` for an option that isn't a finite number.
  package var computedID: String {
    get throws {
      let text = try jsonText(of: withoutPlaces, style: .canonical)
      return String(digest(of: Array(text.utf8)).prefix(16))
    }
  }

  /// Pointers of the members that differ between this cell and an older one, places aside.
  ///
  /// - Throws: `JSONError` when a cell can't be written as JSON.
  package func differences(from older: Cell) throws -> [String] {
    func tree(_ cell: Cell) throws -> JSON {
      let text = try jsonText(of: cell.withoutPlaces, style: .compact)
      return try JSONDocument(text: Array(text.utf8), file: "cell").root
    }
    // An older layout says the same in other words.
    var older = older
    if older.schema == 1 { older.schema = schema }
    return Harness.differences(try tree(older), try tree(self), at: "")
  }
}

/// Pointers at which two JSON values differ, outermost first.
private func differences(_ a: JSON, _ b: JSON, at pointer: String) -> [String] {
  switch (a, b) {
  case (.object(let left), .object(let right)):
    let names = left.map(\.name) + right.map(\.name).filter { a[$0] == nil }
    return names.flatMap { name -> [String] in
      guard let x = a[name], let y = b[name] else { return ["\(pointer)/\(name)"] }
      return differences(x, y, at: "\(pointer)/\(name)")
    }
  case (.array(let left), .array(let right)) where left.count == right.count:
    return zip(left, right).enumerated().flatMap { index, pair in
      differences(pair.0, pair.1, at: "\(pointer)/\(index)")
    }
  default:
    return a == b ? [] : [pointer]
  }
}
