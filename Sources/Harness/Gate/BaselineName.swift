internal import Digests
package import Records

// What the files of baselines, and of records that are written for other programs, are called.

extension Cell {
  /// The file of a cell's baseline: model, protocol, method, bits and seed by their names.
  ///
  /// Bytes aren't part of it: a model that changed is what a gate looks at. Two cells have one file if and only if all of
  /// these names are equal.
  package var baselineFile: String { escapedFileName(of: baselineWords) }

  /// The file that it had before names were escaped: baselines from then are still found under it.
  package var unescapedBaselineFile: String {
    baselineWords.prefix(5).map { word in
      String(
        word.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "-" })
    }.joined(separator: ".") + ".json"
  }

  /// Whether both are the same place for a gate, whatever their bytes.
  package func hasBaseline(of other: Cell) -> Bool { baselineWords == other.baselineWords }

  /// Five words of what nobody's table has; the task, table and scale of others make their lists longer.
  private var baselineWords: [String] {
    [model.name, protocolSettings.id, address.row, address.column, "seed\(address.seed)"]
      + (address.task.map { [$0] } ?? [])
      + (address.table == SingleEvaluation.table ? [] : [address.table, address.scale])
  }

  /// A file's name for the cell, whatever it is of: `table2.tiny.rtn.ppl-w4a4.seed1.json`.
  package var fileName: String {
    if address.table == SingleEvaluation.table { return baselineFile }
    return escapedFileName(
      of: [address.table, address.scale, address.row, address.column, "seed\(address.seed)"]
        + (address.task.map { [$0] } ?? []))
  }
}

/// A `.json` file's name that tells lists of words apart: words with a full stop between them.
///
/// Other bytes than ASCII letters, digits, `-` and `_` stand as `%` and two hexadecimal digits; a full stop is itself in the
/// first word alone, behind its beginning, as no other has one. A name of more than 200 bytes is cut to 160, with `~` and
/// 16 digits of the SHA-256 of the whole behind them.
///
/// > Source: the form of escapes is that of RFC 3986, section 2.1.
func escapedFileName(of words: [String]) -> String {
  let name = words.enumerated().map { place, word in
    word.utf8.enumerated().map { index, byte in
      escaped(byte, fullStops: place == 0 && index > 0)
    }.joined()
  }.joined(separator: ".")
  guard name.utf8.count > 200 else { return name + ".json" }
  return "\(name.prefix(160))~\(sha256Hex(of: name).prefix(16)).json"
}

private func escaped(_ byte: UInt8, fullStops: Bool) -> String {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
    return String(UnicodeScalar(byte))
  case UInt8(ascii: ".") where fullStops: return "."
  default:
    let digits = String(byte, radix: 16, uppercase: true)
    return "%" + (digits.count == 1 ? "0" : "") + digits
  }
}
