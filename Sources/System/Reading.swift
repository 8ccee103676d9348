internal import Glibc

/// All bytes of the file at `path`.
///
/// - Throws: ``FileError`` of the operation `read`.
package func readFile(_ path: String) throws(FileError) -> [UInt8] {
  var bytes: [UInt8] = []
  do { try OpenFile(path, for: .reading).read { bytes.append(contentsOf: $0) } } catch {
    throw error.during("read", path)
  }
  return bytes
}

/// The text of a small file, such as one under /proc; nil if it can't be read.
package func smallFile(_ path: String) -> String? {
  (try? readFile(path)).map { String(decoding: $0, as: UTF8.self) }
}

/// Whether the file at `path` can be read.
package func isReadable(_ path: String) -> Bool { access(path, R_OK) == 0 }
