import Glibc

/// A new folder that removes itself, with all that is in it, when it goes out of use.
package final class TemporaryFolder: Sendable {
  /// Its path, without a final slash.
  package let path: String

  /// Makes a folder under `TMPDIR` or `/tmp`.
  ///
  /// - Throws: ``FolderError`` when that isn't possible.
  package init() throws(FolderError) {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/zeroqat-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw FolderError(path: parent, code: errno) }
    path = template.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { String(cString: $0) } ?? ""
    }
  }

  deinit { Self.remove(path) }

  /// The path of something in the folder.
  package func path(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file into the folder, in place of one of the same name, and returns its path.
  @discardableResult
  package func write(_ bytes: [UInt8], to name: String) throws(FolderError) -> String {
    let path = path(name)
    // A new file each time: truncating one that is mapped would pull it from under its reader, and
    // ext4 flushes a file that is truncated and written anew.
    unlink(path)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FolderError(path: path, code: errno) }
    defer { close(descriptor) }
    var done = 0
    while done < bytes.count {
      let written = bytes.withUnsafeBytes { buffer in
        Glibc.write(descriptor, buffer.baseAddress.map { $0 + done }, bytes.count - done)
      }
      guard written >= 0 else { throw FolderError(path: path, code: errno) }
      done += written
    }
    return path
  }

  /// Writes a text into the folder and returns its path.
  @discardableResult
  package func write(_ text: String, to name: String) throws(FolderError) -> String {
    try write(Array(text.utf8), to: name)
  }

  /// The bytes of a file.
  package static func bytes(of path: String) throws(FolderError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FolderError(path: path, code: errno) }
    defer { close(descriptor) }
    var all: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &piece, piece.count)
      guard count >= 0 else { throw FolderError(path: path, code: errno) }
      if count == 0 { return all }
      all += piece[..<count]
    }
  }

  /// The names in a folder, sorted, without `.` and `..`.
  package static func names(in path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  private static func remove(_ path: String) {
    for name in names(in: path) {
      let inner = "\(path)/\(name)"
      if unlink(inner) != 0 { remove(inner) }
    }
    rmdir(path)
  }
}

/// Why a test's own file couldn't be made or read.
package struct FolderError: Error, Sendable, CustomStringConvertible {
  /// The file or folder.
  package var path: String
  /// The system's error number.
  package var code: Int32

  /// The path and the system's words.
  package var description: String {
    "\(path): \(strerror(code).map { String(cString: $0) } ?? "error \(code)")"
  }
}
