internal import Digests

/// The sources of the science, and what they come to: one digest for all that is shared, one for each method.
public struct ScienceSources: Sendable {
  /// SHA-256 of what every method stands on, hex.
  public let shared: String
  /// SHA-256 of a method's own files, hex, by the method's name.
  public let methods: [String: String]
  /// Paths of a method's own files, sorted, by the method's name.
  public let ownFiles: [String: [String]]
  /// Paths of the files that are shared, sorted.
  public let sharedFiles: [String]

  /// Digests sources.
  ///
  /// - Parameters:
  ///   - sources: Paths below the checkout and contents; those that can't change a number are passed over.
  ///   - manifest: The package's description, of which the flags of the C compiler count.
  public init(_ sources: [(path: String, bytes: [UInt8])], manifest: [UInt8]) {
    let files = sources.filter { ScienceScope.counts($0.path) }
      .sorted { $0.path < $1.path }
      .map { SourceFile(path: $0.path, bytes: $0.bytes) }
    let room = files.filter { $0.room == ScienceScope.methodRoom }
    let others = files.filter { $0.room != ScienceScope.methodRoom }
    let sorted = MethodSources(
      room, callers: others.filter { $0.imports.contains(ScienceScope.methodRoom) })
    let common = others + sorted.shared.sorted().map { room[$0] }
    sharedFiles = common.map(\.path).sorted()
    let flags = SourceFile(path: "Package.swift", bytes: manifest).compilerFlags
    shared = Self.digest("shared", common.map(\.digest.hex) + [flags])
    ownFiles = sorted.own.mapValues { own in own.map { room[$0].path }.sorted() }
    methods = Dictionary(
      uniqueKeysWithValues: sorted.own.map { name, own in
        (name, Self.digest("method", own.map { room[$0].digest.hex }))
      })
  }

  /// SHA-256 over digests in sorted order: neither folders nor names of files are part of it.
  private static func digest(_ kind: String, _ digests: [String]) -> String {
    sha256Hex(of: ([kind] + digests.sorted()).joined(separator: "\n"))
  }
}

extension SourceFile {
  /// SHA-256 over what stands in the brackets behind `cSettings:` in a package's description, hex.
  var compilerFlags: String {
    var words: [String] = []
    for index in tokens.indices where tokens[index].is("cSettings") {
      var depth = 0
      for token in tokens[index...].dropFirst(2) {
        if token.is("[") { depth += 1 }
        if token.is("]") { depth -= 1 }
        words.append(token.string)
        if depth == 0 { break }
      }
    }
    return sha256Hex(of: words.joined(separator: "\n"))
  }
}
