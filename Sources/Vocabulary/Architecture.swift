/// The architecture of a model by the name that its description and its manifest give it.
///
/// The science describes each in one file and knows their list; here it is a name, so that bookkeeping can
/// speak of any. A method's options are resolved with it, and a name that nobody describes is refused there.
public struct Architecture: RawRepresentable, Codable, Hashable, Sendable {
  /// The name, such as `llama`.
  public let rawValue: String

  /// An architecture by its name.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// RMS norms, rotary positions, gated MLP.
  public static let llama = Architecture(rawValue: "llama")
  /// Layer norms, learned positions, biases.
  public static let opt = Architecture(rawValue: "opt")
}

extension Architecture: ExpressibleByStringLiteral {
  /// An architecture by its name.
  public init(stringLiteral name: String) { self.init(rawValue: name) }
}
