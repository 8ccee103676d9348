/// Where a package that carries files comes from, and which bytes it must have.
///
/// The package is only downloaded and unpacked, never installed.
package struct PackageOrigin: Codable, Sendable, Equatable {
  /// The package's name in the Python package index.
  package var package: String
  /// Its exact version.
  package var version: String
  /// Whether the files are in the source archive or in the wheel.
  package var kind: ArchiveKind
  /// The archive's file name as a shell pattern, because its spelling differs between indexes.
  package var archive: String
  /// The archive's size in bytes.
  package var bytes: Int
  /// SHA-256 of the archive, lowercase hex.
  package var sha256: String

  /// An origin from its parts.
  package init(
    package: String, version: String, kind: ArchiveKind, archive: String, bytes: Int,
    sha256: String
  ) {
    self.package = package
    self.version = version
    self.kind = kind
    self.archive = archive
    self.bytes = bytes
    self.sha256 = sha256
  }
}

/// The two kinds of archive that a package index has.
package enum ArchiveKind: String, Codable, Sendable, CaseIterable {
  /// A zip file named `.whl`.
  case wheel
  /// A source archive, `.tar.gz`.
  case sdist
}

/// A file that a model or a dataset needs.
package struct AssetFile: Codable, Sendable, Equatable {
  /// The file's name in the cache and in a folder that the user names.
  package var name: String
  /// The package that carries it, one of the manifest's further ones; nil for the manifest's `origin`.
  package var package: String?
  /// Its path inside the archive; nil when there is no archive to get it from.
  package var member: String?
  /// Its size in bytes; nil when unknown.
  package var bytes: Int?
  /// SHA-256, lowercase hex; nil when unknown, and then any bytes are taken.
  package var sha256: String?

  /// A file from its parts.
  package init(
    name: String, package: String? = nil, member: String? = nil, bytes: Int? = nil,
    sha256: String? = nil
  ) {
    self.name = name
    self.package = package
    self.member = member
    self.bytes = bytes
    self.sha256 = sha256
  }
}
