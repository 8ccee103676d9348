package import System

/// The SHA-256 of the file at `path` as 64 lowercase hexadecimal digits, read 1 MiB at a time.
///
/// - Throws: ``System/FileError`` of the operation `open` or `read`.
package func sha256Hex(ofFile path: String) throws(FileError) -> String {
  try sha256Hex(of: OpenFile(path, for: .reading))
}

/// The SHA-256 of what is left of an open file.
///
/// - Throws: ``System/FileError`` of the operation `read`.
package func sha256Hex(of file: OpenFile) throws(FileError) -> String {
  var hash = SHA256()
  try file.read { bytes in bytes.withUnsafeBytes { hash.update(bytes: $0) } }
  return hash.finalize().hex
}
