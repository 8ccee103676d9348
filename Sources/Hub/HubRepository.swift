internal import Records

/// A model's repository at the hub, at a revision.
package struct HubRepository: Sendable, Equatable {
  /// Owner and name, or an old repository's name alone.
  package let id: String
  /// A branch, a tag, or a commit.
  package let revision: String

  /// Reads what a user wrote: `ORG/MODEL`, `hf:ORG/MODEL`, or `hf:MODEL` for an old repository without an owner.
  ///
  /// - Parameters:
  ///   - argument: What the user wrote.
  ///   - revision: The branch, tag or commit.
  ///   - described: Names of `models/`, which are no repositories.
  /// - Throws: ``HubError/notAnID(_:reason:)`` or ``HubError/badRevision(_:)``.
  package init(_ argument: String, revision: String = "main", described: [String] = [])
    throws(HubError)
  {
    let isPrefixed = argument.hasPrefix("hf:")
    let id = isPrefixed ? String(argument.dropFirst(3)) : argument
    if described.contains(id) {
      throw .notAnID(
        argument,
        reason:
          "that is a model of models/: './reproduce.sh' fetches its files with the tables that use it"
      )
    }
    let parts = id.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, parts.allSatisfy(Self.isName), id.utf8.count <= 96 else {
      throw .notAnID(
        argument,
        reason: "names have letters, digits and single '-', '_' or '.' between them")
    }
    guard parts.count == 2 || isPrefixed else {
      let near = Records.suggestion(for: id, among: described)
      let hint = near.hasPrefix("did you mean") ? "; \(near)" : ""
      throw .notAnID(argument, reason: "of a repository without an owner, write 'hf:\(id)'\(hint)")
    }
    guard Self.isRevision(revision) else { throw .badRevision(revision) }
    (self.id, self.revision) = (id, revision)
  }

  /// > Source: `validate_repo_id` of huggingface_hub.
  private static func isName(_ part: Substring) -> Bool {
    guard let first = part.utf8.first, let last = part.utf8.last else { return false }
    return part.utf8.allSatisfy { byte in
      let character = Character(UnicodeScalar(byte))
      return byte < 0x80 && (character.isLetter || character.isNumber || "-_.".contains(character))
    } && !".-".utf8.contains(first) && !".-".utf8.contains(last)
      && !part.contains("--") && !part.contains("..")
  }

  /// > Source: git-check-ref-format(1).
  private static func isRevision(_ text: String) -> Bool {
    text.utf8.count <= 250 && isSafePath(text)
      && !text.utf8.contains { "~^:?*[@".utf8.contains($0) || $0 == 0x20 }
  }

  /// Whether a name from elsewhere stays below the folder that it is put in, and can be shown as it is.
  static func isSafePath(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    return parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= 255 }
      && path.utf8.count <= 1024
      && path.unicodeScalars.allSatisfy {
        !$0.properties.isDefaultIgnorableCodePoint && $0.properties.generalCategory != .control
          && $0 != "\\"
      }
  }

  /// Whether a text is a commit's whole name.
  static func isCommit(_ text: String) -> Bool { BlobName.isHex(text, digits: 40) }
}
