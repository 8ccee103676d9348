/// A parsed JSON text that can say where each of its values stands.
public struct JSONDocument: Sendable {
  /// The file, as the user named it.
  public let file: String
  /// The whole text.
  public let text: [UInt8]
  /// The parsed value.
  public let root: JSON

  /// Parses `text` strictly.
  public init(text: [UInt8], file: String) throws(JSONError) {
    fatalError("stub")
  }

  /// Reads and parses the file at `path`.
  public init(contentsOf path: String) throws(JSONError) {
    fatalError("stub")
  }

  /// Decodes the value at `pointer` (RFC 6901, "" is the whole document); refuses unknown members.
  public func decode<T: Decodable>(_ type: T.Type, at pointer: String = "") throws(JSONError) -> T {
    fatalError("stub")
  }

  /// An error that points at `pointer`, for checks that come after decoding.
  public func error(at pointer: String, _ reason: String) -> JSONError {
    fatalError("stub")
  }
}
