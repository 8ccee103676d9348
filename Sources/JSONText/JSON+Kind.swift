extension JSON {
  /// The value in a message: `the string "8"`, `an array of 3 elements`.
  var kindAndContent: String {
    switch self {
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .integer(let value): return "the integer \(value)"
    case .number(_, let text): return "the number \(text)"
    case .string(let value):
      return "the string \(value.doubleQuoted)"
    case .array(let values):
      switch values.count {
      case 0: return "an empty array"
      case 1: return "an array of 1 element"
      default: return "an array of \(values.count) elements"
      }
    case .object(let members):
      switch members.count {
      case 0: return "an empty object"
      case 1: return "an object of 1 member"
      default: return "an object of \(members.count) members"
      }
    }
  }
}
