internal import Glibc

/// A file that couldn't be read to its end.
public struct FileDigestError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What was being done.
  public enum Step: String, Sendable {
    /// Opening the file.
    case open
    /// Reading from it.
    case read
  }

  /// The file, as the caller named it.
  public var path: String
  /// What was being done.
  public var step: Step
  /// The system's error number.
  public var code: Int32

  /// An error from its parts.
  public init(path: String, step: Step, code: Int32) {
    self.path = path
    self.step = step
    self.code = code
  }

  /// `path: error: can't open the file: No such file or directory`.
  public var description: String {
    "\(path): error: can't \(step.rawValue) the file: \(String(cString: strerror(code)))"
  }
}

/// The SHA-256 of the file at `path` as 64 lowercase hexadecimal digits, read 1 MiB at a time.
public func sha256Hex(ofFile path: String) throws(FileDigestError) -> String {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw FileDigestError(path: path, step: .open, code: errno) }
  defer { close(descriptor) }
  return try sha256Hex(of: descriptor, path)
}

/// The SHA-256 of what is left of an open file; `path` is for the error.
func sha256Hex(of descriptor: Int32, _ path: String) throws(FileDigestError) -> String {
  var hash = SHA256()
  var buffer = [UInt8](repeating: 0, count: 1 << 20)
  while true {
    let count = read(descriptor, &buffer, buffer.count)
    if count == 0 { return hash.finalize().hex }
    if count < 0 {
      if errno == EINTR { continue }
      throw FileDigestError(path: path, step: .read, code: errno)
    }
    buffer.withUnsafeBytes { hash.update(bytes: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
  }
}
