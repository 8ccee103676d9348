internal import Digests
package import JSONText

extension AcceptanceLedger {
  /// Gives every entry its digest: SHA-256 of the digest before it, a line feed, and the entry without its own as canonical
  /// JSON, lowercase hex.
  ///
  /// - Throws: ``JSONError`` for an entry that can't be written.
  package mutating func seal() throws(JSONError) {
    schema = Self.currentSchema
    var before = ""
    for index in accepted.indices {
      before = try accepted[index].sealed(behind: before)
      accepted[index].digest = before
    }
  }

  /// The first entry that its digest contradicts, as an error; nil where there is none, and for the first layout.
  ///
  /// - Throws: ``JSONError`` for an entry that can't be written.
  package func brokenSeal(in document: JSONDocument) throws(JSONError) -> JSONError? {
    guard isSealed else { return nil }
    var before = ""
    for (index, acceptance) in accepted.enumerated() {
      before = try acceptance.sealed(behind: before)
      guard acceptance.digest != before else { continue }
      return document.error(
        at: "/accepted/\(index)/digest",
        "expected \(before.prefix(12))… by the words and figures of the entry of \(acceptance.at) and the entries before "
          + "it, found \(acceptance.digest?.prefix(12) ?? "nothing")…; one of them was edited or taken out, so restore "
          + "the file as it was committed")
    }
    return nil
  }
}

extension Acceptance {
  fileprivate func sealed(behind before: String) throws(JSONError) -> String {
    var bare = self
    bare.digest = nil
    return sha256Hex(of: before + "\n" + (try jsonText(of: bare, style: .canonical)))
  }

  /// Holds the entry to what its types can't express.
  func check(at place: String, isSealed: Bool, in document: JSONDocument) throws(JSONError) {
    guard !reason.isBlank else {
      throw document.error(
        at: place + "/reason", "expected why the baseline was accepted, found nothing")
    }
    guard !cells.isEmpty || retired?.isEmpty == false else {
      throw document.error(
        at: place + "/cells", "expected at least one cell whose baseline was accepted")
    }
    guard (digest != nil) == isSealed else {
      throw document.error(
        at: isSealed ? place : place + "/digest",
        isSealed
          ? "expected the entry's 'digest', found none; restore the file as it was committed"
          : "entries of schema \(AcceptanceLedger.unsealedSchema) have no digest; restore the file as it was committed"
      )
    }
    var named: [Place] = []
    let cells = self.cells.enumerated().map {
      ("\(place)/cells/\($0)", Place(gate: $1.gate, file: $1.file))
    }
    let retired = (self.retired ?? []).enumerated().map { ("\(place)/retired/\($0)", $1) }
    for (place, own) in cells + retired {
      for (member, name) in [("gate", own.gate), ("file", own.file)] where !name.isOneFile {
        throw document.error(
          at: "\(place)/\(member)", "expected a name without folders, found '\(name)'")
      }
      guard !named.contains(own) else {
        throw document.error(
          at: place, "'\(own.gate)/\(own.file)' is named twice in one entry")
      }
      named.append(own)
    }
  }
}

extension String {
  /// Whether it names one entry of a folder, and not the folder or another.
  fileprivate var isOneFile: Bool {
    !isEmpty && self != "." && self != ".." && !utf8.contains(0x2f) && !utf8.contains(0)
  }
}
