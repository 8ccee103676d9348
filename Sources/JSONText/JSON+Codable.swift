extension JSON: Codable {
  /// Takes any value as it stands: member order and number text are kept, every member is accepted.
  ///
  /// From a foreign decoder only the value is taken, with members sorted by name.
  public init(from decoder: any Decoder) throws {
    if let decoder = decoder as? NodeDecoder {
      decoder.node.acceptsEverything = true
      self = decoder.node.value
      return
    }
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(UInt64.self) {
      self = JSON(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value, text: value.description)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let values = try? container.decode([JSON].self) {
      self = .array(values)
    } else {
      let members = try container.decode([String: JSON].self)
      self = .object(
        members.map { Member($0.key, $0.value) }
          .sorted { MemberName($0.name) < MemberName($1.name) })
    }
  }

  /// Writes the value as it stands.
  public func encode(to encoder: any Encoder) throws {
    if let encoder = encoder as? ValueEncoder {
      encoder.set(self)
      return
    }
    switch self {
    case .null:
      var container = encoder.singleValueContainer()
      try container.encodeNil()
    case .bool(let value):
      var container = encoder.singleValueContainer()
      try container.encode(value)
    case .integer(let value):
      var container = encoder.singleValueContainer()
      try container.encode(value)
    case .number(let value, let text):
      var container = encoder.singleValueContainer()
      if let exact = UInt64(text) {
        try container.encode(exact)
      } else {
        try container.encode(value)
      }
    case .string(let value):
      var container = encoder.singleValueContainer()
      try container.encode(value)
    case .array(let values):
      var container = encoder.unkeyedContainer()
      for value in values { try container.encode(value) }
    case .object(let members):
      var container = encoder.container(keyedBy: NameKey.self)
      for member in members { try container.encode(member.value, forKey: NameKey(member.name)) }
    }
  }

  /// The number `value`, exact at any size.
  init(_ value: UInt64) {
    if let small = Int64(exactly: value) {
      self = .integer(small)
    } else {
      self = .number(Double(value), text: String(value))
    }
  }
}
