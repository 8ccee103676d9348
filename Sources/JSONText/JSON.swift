/// A JSON value that remembers the order of its members and the text of its numbers.
public indirect enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  /// A number without fraction or exponent that fits in a signed 64-bit integer.
  case integer(Int64)
  /// Any other number, with the digits as they were printed.
  ///
  /// An integer that doesn't fit in a signed 64-bit integer is one of these too: its text is exact, its double
  /// may not be.
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
  ///
  /// A linear search; names are compared by code points.
  public subscript(_ name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
  }
}
