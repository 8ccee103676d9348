internal import Glibc

/// A file operation that the system refused, or that would have done harm.
///
/// Rooms with words of their own for it look at ``operation``, ``code`` and ``reason``.
package struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What was tried, such as `read` or `write`; of an ``OpenFile``: `open`, `inspect`, `read`, `write`,
  /// `sync`, `truncate`.
  package let operation: String
  /// The path.
  package let path: String
  /// Why not.
  package let reason: String
  /// The system's number for the reason; nil where this program refuses by itself.
  package let code: Int32?

  /// An error from the system's number for it.
  package init(_ operation: String, _ path: String, code: Int32) {
    (self.operation, self.path, self.code) = (operation, path, code)
    reason = systemWords(code)
  }

  /// An error from its parts.
  package init(_ operation: String, _ path: String, reason: String) {
    (self.operation, self.path, self.reason, self.code) = (operation, path, reason, nil)
  }

  /// The same refusal, seen as part of a larger operation on a file.
  package func during(_ operation: String, _ path: String) -> FileError {
    code.map { FileError(operation, path, code: $0) } ?? FileError(operation, path, reason: reason)
  }

  /// One line for the user.
  package var description: String {
    "cannot \(operation) '\(path)': \(reason)"
  }
}

/// The system's words for an error number.
package func systemWords(_ code: Int32) -> String {
  strerror(code).map { String(cString: $0) } ?? "error \(code)"
}
