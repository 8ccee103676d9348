internal import Glibc

/// Makes the folder at `path` and those above it; one that is there already is fine.
package func makeFolder(_ path: String) throws(FileError) {
  if mkdir(path, 0o755) == 0 { return }
  if errno == ENOENT && parent(of: path) != path {
    try makeFolder(parent(of: path))
    if mkdir(path, 0o755) == 0 { return }
  }
  let code = errno
  // Another process may have made it meanwhile.
  guard code == EEXIST, FileStatus(of: path)?.isFolder == true else {
    throw FileError("make the folder", path, code: code)
  }
}

/// Names of a folder's entries, sorted; none when the folder doesn't exist.
package func listFolder(_ path: String) throws(FileError) -> [String] {
  guard let folder = opendir(path) else {
    if errno == ENOENT { return [] }
    throw FileError("list", path, code: errno)
  }
  defer { closedir(folder) }
  var names: [String] = []
  while let entry = readdir(folder) {
    // SAFETY: d_name ends in a zero byte (readdir(3)) and lives until the next readdir.
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted()
}

/// Removes the file or the folder with all that is in it; nothing there is fine.
package func removeTree(_ path: String) throws(FileError) {
  if unlink(path) == 0 || errno == ENOENT { return }
  guard errno == EISDIR || errno == EPERM else { throw FileError("remove", path, code: errno) }
  for name in try listFolder(path) { try removeTree(path + "/" + name) }
  guard rmdir(path) == 0 || errno == ENOENT else { throw FileError("remove", path, code: errno) }
}

/// Renames a file; the new name is replaced when it exists.
package func moveFile(_ path: String, to newPath: String) throws(FileError) {
  guard rename(path, newPath) == 0 else { throw FileError("rename", path, code: errno) }
}
