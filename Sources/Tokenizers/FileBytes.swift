internal import Glibc

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
  func systemError(_ action: String) -> FileReadError {
    FileReadError(file: path, reason: "can't \(action): \(String(cString: strerror(errno)))")
  }
  // Without O_NONBLOCK, opening a named pipe would wait for its writer.
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else { throw systemError("open") }
  defer { close(descriptor) }

  var status = stat()
  guard fstat(descriptor, &status) == 0 else { throw systemError("inspect") }
  guard status.st_mode & S_IFMT == S_IFREG else {
    throw FileReadError(file: path, reason: "expected a regular file, found another kind")
  }
  let size = Int(status.st_size)
  let end = to ?? size
  guard from >= 0, from <= end, end <= size else {
    throw FileReadError(
      file: path,
      reason: "expected a byte range within 0 to \(size), found \(from) to \(end)")
  }

  var failure: FileReadError?
  let bytes = [UInt8](unsafeUninitializedCapacity: end - from) { buffer, count in
    while count < buffer.count {
      let got = pread(
        descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count,
        off_t(from + count))
      if got < 0 {
        if errno == EINTR { continue }
        failure = systemError("read")
        return
      }
      if got == 0 {
        failure = FileReadError(
          file: path, reason: "expected \(buffer.count) bytes from \(from), found \(count)")
        return
      }
      count += got
    }
  }
  if let failure { throw failure }
  return bytes
}
