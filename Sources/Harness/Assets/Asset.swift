package import Records

/// Who answers for a file: what may be done about one with wrong bytes depends on it.
package enum AssetHolder: Sendable, Equatable {
  /// The cache, or the hub's: a copy that can be had again.
  case cache
  /// The checkout.
  case repository
  /// The user, who named it in this environment variable.
  case user(variable: String)

  /// What to do about wrong bytes.
  var advice: String {
    switch self {
    case .cache: "remove it and fetch it again"
    case .repository: "'git restore' brings it back"
    case .user(let variable): "\(variable) names it; correct or unset it"
    }
  }
}

/// A file that a table needs, and where it stands on this machine.
package struct Asset: Sendable, Equatable {
  /// Model or dataset.
  package enum Kind: String, Sendable {
    case model
    case dataset
  }

  /// Whether the right bytes are there.
  package enum State: Sendable, Equatable {
    /// There, with this SHA-256.
    case present(digest: String)
    /// Not there.
    case missing
    /// There, with the wrong bytes.
    case corrupt(HarnessError)
  }

  /// What it is.
  package var kind: Kind
  /// The folder in `models/` or `datasets/`.
  package var name: String
  /// What the manifest says of it.
  package var file: AssetFile
  /// The package that carries it; nil when the user must bring it.
  package var origin: PackageOrigin?
  /// Where it is, or would be.
  package var path: String
  /// Whether it is there.
  package var state: State

  /// Whether there is something at ``path``, right or wrong.
  package var exists: Bool { state != .missing }

  /// Its SHA-256: the one found, else the one that the manifest promises.
  package var digest: String? {
    if case .present(let digest) = state { return digest }
    return file.sha256
  }

  /// One line for a script: nine fields between tabs, `-` for what there isn't.
  ///
  /// Kind, name, status, path, `package==version`, archive pattern, archive SHA-256, member, member
  /// SHA-256.
  package var line: String {
    let status =
      switch state {
      case .present: "present"
      case .missing: "missing"
      case .corrupt: "corrupt"
      }
    return [
      kind.rawValue, name, status, path, origin.map { "\($0.package)==\($0.version)" } ?? "-",
      origin?.archive ?? "-", origin?.sha256 ?? "-", file.member ?? "-", file.sha256 ?? "-",
    ].joined(separator: "\t")
  }
}
