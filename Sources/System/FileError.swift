internal import Glibc

/// A file operation that the system refused, or that would have done harm.
package struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What was tried, such as `read` or `write`.
  package let operation: String
  /// The path.
  package let path: String
  /// Why not.
  package let reason: String

  /// An error from the system's number for it.
  package init(_ operation: String, _ path: String, code: Int32) {
    self.init(operation, path, reason: String(cString: strerror(code)))
  }

  /// An error from its parts.
  package init(_ operation: String, _ path: String, reason: String) {
    self.operation = operation
    self.path = path
    self.reason = reason
  }

  /// One line for the user.
  package var description: String {
    "cannot \(operation) '\(path)': \(reason)"
  }
}
