/// A JSON value that remembers the order of its members and the text of its numbers.
public indirect enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  /// A number without fraction or exponent that fits in 64 bits.
  case integer(Int64)
  /// Any other number, with the digits as they were printed.
  case number(Double, text: String)
  case string(String)
  case array([JSON])
  case object([Member])

  /// One name and its value.
  public struct Member: Sendable, Equatable {
    /// The member's name.
    public var name: String
    /// The member's value.
    public var value: JSON

    /// A member from its two parts.
    public init(_ name: String, _ value: JSON) {
      self.name = name
      self.value = value
    }
  }

  /// The value of the member `name`, or nil when this isn't an object or has no such member.
  public subscript(_ name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }
}

extension JSON: Codable {
  /// Takes any value as it stands.
  public init(from decoder: any Decoder) throws { fatalError("stub") }

  /// Writes the value as it stands.
  public func encode(to encoder: any Encoder) throws { fatalError("stub") }
}
