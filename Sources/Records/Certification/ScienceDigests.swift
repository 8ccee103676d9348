/// The code that made a record, or would make it: digests over tokens, not over bytes.
///
/// A comment, a line break, a word of progress or a memory model changes neither.
public struct ScienceDigests: Codable, Sendable, Equatable, Hashable {
  /// SHA-256 of the science that all methods share, hex.
  public var shared: String
  /// SHA-256 of the method's own files, hex.
  public var method: String

  /// Digests from their parts.
  public init(shared: String, method: String) {
    self.shared = shared
    self.method = method
  }

  /// The first digits of both: `6436ff36+0a1b2c3d`.
  public var short: String { "\(shared.prefix(8))+\(method.prefix(8))" }
}

/// The science that a program was built from.
public struct ProgramScience: Sendable, Equatable {
  /// A method's own part.
  public struct Method: Sendable, Equatable {
    /// SHA-256 of its files' tokens, hex.
    public let digest: String
    /// Paths of its files below the checkout that the program was built from, sorted.
    public let files: [String]

    /// A part from its fields.
    public init(digest: String, files: [String]) {
      self.digest = digest
      self.files = files
    }
  }

  /// SHA-256 of the science that all methods share, hex.
  public let shared: String
  /// Each method's own part, by its name.
  public let methods: [String: Method]

  /// A science from its parts.
  public init(shared: String, methods: [String: Method]) {
    self.shared = shared
    self.methods = methods
  }

  /// The digests of a cell of `method`; nil for a method that the program wasn't built with.
  public func digests(of method: String) -> ScienceDigests? {
    methods[method].map { ScienceDigests(shared: shared, method: $0.digest) }
  }
}
