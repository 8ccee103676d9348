/// Where and why a JSON text isn't what was expected.
public struct JSONError: Error, Sendable, Equatable {
  /// The file, as the user named it.
  public var file: String
  /// Line, from 1; 0 when there is no text.
  public var line: Int
  /// Column in UTF-8 bytes, from 1.
  public var column: Int
  /// RFC 6901 pointer of the value.
  public var pointer: String
  /// What was expected and what was found.
  public var reason: String
  /// The line of text that the error points into.
  public var excerpt: String?

  /// An error from its parts.
  public init(
    file: String, line: Int, column: Int, pointer: String, reason: String, excerpt: String? = nil
  ) {
    self.file = file
    self.line = line
    self.column = column
    self.pointer = pointer
    self.reason = reason
    self.excerpt = excerpt
  }
}
