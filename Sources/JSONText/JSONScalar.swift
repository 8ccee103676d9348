/// A type that one JSON scalar becomes; the messages of a mismatch are here.
protocol JSONScalar {
  /// The value of `json`, or an error at `node`.
  init(_ json: JSON, at node: DecodingNode) throws
}

extension Bool: JSONScalar {
  init(_ json: JSON, at node: DecodingNode) throws {
    guard case .bool(let value) = json else { throw node.mismatch(Bool.self, "true or false") }
    self = value
  }
}

extension String: JSONScalar {
  init(_ json: JSON, at node: DecodingNode) throws {
    guard case .string(let value) = json else { throw node.mismatch(String.self, "a string") }
    self = value
  }
}

extension Double: JSONScalar {
  init(_ json: JSON, at node: DecodingNode) throws {
    switch json {
    case .integer(let value): self = Double(value)
    case .number(let value, _): self = value
    default: throw node.mismatch(Double.self, "a number")
    }
  }
}

extension Float: JSONScalar {
  init(_ json: JSON, at node: DecodingNode) throws {
    switch json {
    case .integer(let value): self = Float(value)
    case .number(let value, let text):
      // From the digits, so that the number is rounded once.
      self = Float(text) ?? Float(value)
      if !isFinite {
        throw DecodingError.dataCorrupted(
          DecodingError.Context(
            codingPath: node.codingPath,
            debugDescription: "the number \(text) is too large for a Float"))
      }
    default: throw node.mismatch(Float.self, "a number")
    }
  }
}

extension JSONScalar where Self: FixedWidthInteger {
  init(_ json: JSON, at node: DecodingNode) throws {
    let digits: String
    switch json {
    case .integer(let value):
      if let exact = Self(exactly: value) {
        self = exact
        return
      }
      digits = String(value)
    case .number(_, let text):
      // Only integers beyond Int64 come here without a fraction or an exponent.
      guard text.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) }) else {
        throw node.mismatch(Self.self, "an integer")
      }
      if let exact = Self(text) {
        self = exact
        return
      }
      digits = text
    default:
      throw node.mismatch(Self.self, "an integer")
    }
    let range = "\(Self.min) to \(Self.max)"
    throw DecodingError.dataCorrupted(
      DecodingError.Context(
        codingPath: node.codingPath,
        debugDescription: "the integer \(digits) is out of range for \(Self.self) (\(range))"))
  }
}

extension Int: JSONScalar {}
extension Int8: JSONScalar {}
extension Int16: JSONScalar {}
extension Int32: JSONScalar {}
extension Int64: JSONScalar {}
extension Int128: JSONScalar {}
extension UInt: JSONScalar {}
extension UInt8: JSONScalar {}
extension UInt16: JSONScalar {}
extension UInt32: JSONScalar {}
extension UInt64: JSONScalar {}
extension UInt128: JSONScalar {}
