internal import Glibc

/// Opens the standard streams that the caller closed: a stream without a file would give its number to the
/// next one, and words for the reader would go into that.
package func openStandardStreams() {
  while true {
    let descriptor = open("/dev/null", O_RDWR)
    guard (0...2).contains(descriptor) else {
      if descriptor > 2 { close(descriptor) }
      return
    }
  }
}

/// Writes text to standard output.
///
/// - Throws: ``FileError`` when not all of it arrives: a table of which only a part reached the disk
///   isn't one.
package func writeToStandardOutput(_ text: String) throws(FileError) {
  try writeToStandardOutput(Array(text.utf8))
}

/// Writes bytes to standard output.
///
/// - Throws: ``FileError`` when not all of them arrive.
package func writeToStandardOutput(_ bytes: [UInt8]) throws(FileError) {
  if let code = bytes.withUnsafeBytes({ writeAll($0, to: 1) }) {
    throw FileError("write", "standard output", code: code)
  }
}

/// Writes all bytes to standard error; what can't be written is nobody's loss.
package func writeToStandardError(_ bytes: [UInt8]) {
  _ = bytes.withUnsafeBytes { writeAll($0, to: 2) }
}
