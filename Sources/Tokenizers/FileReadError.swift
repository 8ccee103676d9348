internal import System

/// Why a file's bytes can't be had.
public struct FileReadError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file, as the user named it.
  public var file: String
  /// What went wrong.
  public var reason: String

  /// An error from its parts.
  public init(file: String, reason: String) {
    self.file = file
    self.reason = reason
  }

  /// The system's refusal in this room's words.
  init(_ error: FileError) {
    file = error.path
    reason =
      error.code == nil
      ? "expected a regular file, found another kind" : "can't \(error.operation): \(error.reason)"
  }

  /// One line: file and reason.
  public var description: String {
    "\(file): error: \(reason)"
  }
}

/// The bytes `from ..< to` of the file at `path`; to its end when `to` is nil.
///
/// Reads no more than that range, so a part of a large text costs only the part.
///
/// - Throws: ``FileReadError`` when the file can't be opened or read, isn't a regular file, or ends
///   before the range does.
package func fileBytes(
  at path: String, from: Int = 0, to: Int? = nil
) throws(FileReadError) -> [UInt8] {
  let file: OpenFile
  let size: Int
  do throws(FileError) {
    file = try OpenFile(path, for: .reading)
    let status = try file.status()
    guard status.isRegular else { throw FileError("open", path, reason: "another kind") }
    size = status.bytes
  } catch { throw FileReadError(error) }
  let end = to ?? size
  guard from >= 0, from <= end, end <= size else {
    throw FileReadError(
      file: path,
      reason: "expected a byte range within 0 to \(size), found \(from) to \(end)")
  }
  let bytes: [UInt8]
  do { bytes = try file.bytes(from: from, count: end - from) } catch { throw FileReadError(error) }
  guard bytes.count == end - from else {
    throw FileReadError(
      file: path, reason: "expected \(end - from) bytes from \(from), found \(bytes.count)")
  }
  return bytes
}
