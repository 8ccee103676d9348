internal import Glibc

/// A file operation that the system refused.
package struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What was tried, such as `read` or `write`.
  package let operation: String
  /// The path.
  package let path: String
  /// The system's error number.
  package let code: Int32

  /// An error from its parts.
  package init(_ operation: String, _ path: String, code: Int32) {
    self.operation = operation
    self.path = path
    self.code = code
  }

  /// One line for the user.
  package var description: String {
    "cannot \(operation) '\(path)': \(String(cString: strerror(code)))"
  }
}
