public import Vocabulary

extension BitsLabel: ExpressibleByStringLiteral {
  /// A label of a test, written as tables write it.
  public init(stringLiteral text: String) {
    guard let label = try? BitsLabel(text) else { preconditionFailure("bad label '\(text)'") }
    self = label
  }
}
