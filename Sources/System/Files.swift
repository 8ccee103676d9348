// Reading, durable writing and looking at files, on the C library alone: the parent process must
// stay small, because a child's `ru_maxrss` starts from its parent's.
internal import Glibc

/// What the file system says about a path.
package struct FileStatus: Sendable, Equatable {
  /// Size in bytes.
  package var bytes: Int
  /// Time of the last change, nanoseconds since 1970.
  package var changedNanoseconds: Int
  /// Whether it is a folder.
  package var isFolder: Bool
  /// Whether it is a regular file: no folder, pipe, socket or device.
  package var isRegular: Bool

  /// The status of `path`, following links; nil when there is nothing.
  package init?(of path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    bytes = Int(status.st_size)
    // Wraps from the year 2262 on, which a file system may well claim: it only has to differ.
    changedNanoseconds = Int(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int(status.st_mtim.tv_nsec)
    isFolder = status.st_mode & S_IFMT == S_IFDIR
    isRegular = status.st_mode & S_IFMT == S_IFREG
  }
}

/// Refuses pipes, sockets and devices: reading one may never end, and a rename would replace it.
///
/// A folder passes, because the system's own words for it are the clearest.
func refuseSpecialFile(_ path: String, for operation: String) throws(FileError) {
  guard let status = FileStatus(of: path), !status.isRegular, !status.isFolder else { return }
  throw FileError(operation, path, reason: "it isn't a regular file")
}

/// All bytes of the file at `path`.
package func readFile(_ path: String) throws(FileError) -> [UInt8] {
  var bytes: [UInt8] = []
  try readFile(path) { bytes.append(contentsOf: $0) }
  return bytes
}

/// Calls `body` with the file's bytes, a mebibyte at a time.
package func readFile(_ path: String, each body: (ArraySlice<UInt8>) -> Void) throws(FileError) {
  try refuseSpecialFile(path, for: "read")
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw FileError("read", path, code: errno) }
  defer { close(descriptor) }
  var buffer = [UInt8](repeating: 0, count: 1 << 20)
  while true {
    let count = read(descriptor, &buffer, buffer.count)
    if count < 0 && errno == EINTR { continue }
    guard count >= 0 else { throw FileError("read", path, code: errno) }
    if count == 0 { return }
    body(buffer[..<count])
  }
}

/// Writes `bytes` to `<path>.partial`, flushes them to the disk, and renames.
///
/// Whoever reads `path` sees the old bytes or the new ones, even after a power cut; a failure
/// removes the partial file.
package func writeDurably(_ bytes: [UInt8], to path: String) throws(FileError) {
  try refuseSpecialFile(path, for: "write")
  let partial = path + ".partial"
  let descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else { throw FileError("write", path, code: errno) }
  if let code = written(bytes, to: descriptor) ?? (fsync(descriptor) == 0 ? nil : errno) {
    close(descriptor)
    unlink(partial)
    throw FileError("write", path, code: code)
  }
  close(descriptor)
  guard rename(partial, path) == 0 else {
    let code = errno
    unlink(partial)
    throw FileError("write", path, code: code)
  }
  flushFolder(of: path)
}

/// Writes all bytes; the error number when the system refuses.
func written(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if count < 0 && errno == EINTR { continue }
    guard count > 0 else { return count == 0 ? EIO : errno }
    rest = rest.dropFirst(count)
  }
  return nil
}

/// Flushes the folder entry, so that a rename survives a power cut.
///
/// Not every file system can; the file itself is already safe, so a refusal isn't an error.
private func flushFolder(of path: String) {
  let folder = open(parent(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard folder >= 0 else { return }
  fsync(folder)
  close(folder)
}

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

/// The path's folder: `.` for a bare name, `/` for the root.
package func parent(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  let above = path[..<slash]
  return above.isEmpty ? "/" : String(above)
}

/// `path` from the root, seen from the working folder.
package func absolute(_ path: String) throws(FileError) -> String {
  if path.hasPrefix("/") { return path }
  guard let current = getcwd(nil, 0) else {
    throw FileError("find the working folder of", path, code: errno)
  }
  defer { free(current) }
  let folder = String(cString: current)
  return path == "." ? folder : folder + "/" + path
}
