import Glibc

/// Writes `bytes` under a temporary name beside `path`, syncs them to disk, and renames.
///
/// - Throws: ``CheckpointError`` of the kind `unwritable`; then what was at `path` is still there.
public func replaceFile(at path: String, with bytes: [UInt8]) throws(CheckpointError) {
  let file = try ReplacementFile(of: path)
  try file.append(bytes)
  try file.replace()
}

/// Removes what processes that are no more left beside `path` when they were ended in mid-write.
public func removeLeftovers(of path: String) {
  let parent = folder(of: path)
  guard let directory = opendir(parent.isEmpty ? "." : parent) else { return }
  defer { closedir(directory) }
  let prefix = path.dropFirst(parent.count) + "."
  while let entry = readdir(directory) {
    // SAFETY: d_name ends in a zero byte (readdir(3)) and lives until the next readdir.
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    guard name.hasPrefix(prefix), name.hasSuffix(".tmp"), name.count > prefix.count + 4,
      let process = pid_t(name.dropFirst(prefix.count).dropLast(4)), process > 0,
      kill(process, 0) != 0, errno == ESRCH
    else { continue }
    unlink(parent + name)
  }
}

/// A file that takes another's place only when it is complete.
///
/// It is written under a temporary name in the same folder; ``replace()`` syncs and renames it. Until
/// then nothing of the old file is touched, and a file that is given up removes its temporary name.
final class ReplacementFile {
  private let path: String
  private let temporaryPath: String
  private var descriptor: Int32

  /// Creates the temporary file beside `path`.
  init(of path: String) throws(CheckpointError) {
    self.path = path
    // One writer per process and path; another process's leftovers are never taken over.
    temporaryPath = "\(path).\(getpid()).tmp"
    descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw CheckpointError(
        .unwritable, in: path, "can't create '\(temporaryPath)': \(systemMessage(errno))")
    }
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    unlink(temporaryPath)
  }

  /// Appends bytes.
  func append(_ bytes: [UInt8]) throws(CheckpointError) {
    let code = bytes.withUnsafeBytes { write($0) }
    try check(code)
  }

  /// Appends floats, little-endian.
  func append(_ values: UnsafeBufferPointer<Float>) throws(CheckpointError) {
    try check(write(UnsafeRawBufferPointer(values)))
  }

  private func check(_ code: Int32) throws(CheckpointError) {
    guard code == 0 else {
      throw CheckpointError(.unwritable, in: path, "can't write: \(systemMessage(code))")
    }
  }

  /// Writes all bytes; returns 0 or the system's error number.
  private func write(_ bytes: UnsafeRawBufferPointer) -> Int32 {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest)
      let written = Glibc.write(descriptor, piece.baseAddress, piece.count)
      if written >= 0 {
        rest = rest.dropFirst(written)
      } else if errno != EINTR {
        return errno
      }
    }
    return 0
  }

  /// Syncs what was written and gives it the final name.
  func replace() throws(CheckpointError) {
    guard fsync(descriptor) == 0 else {
      throw CheckpointError(.unwritable, in: path, "can't sync: \(systemMessage(errno))")
    }
    guard rename(temporaryPath, path) == 0 else {
      throw CheckpointError(.unwritable, in: path, "can't rename: \(systemMessage(errno))")
    }
    close(descriptor)
    descriptor = -1
    // The new name is durable once its folder is synced too; a folder that can't be opened for
    // reading still holds the complete file, so that isn't an error.
    let parent = folder(of: path)
    let directory = open(parent.isEmpty ? "." : parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if directory >= 0 {
      fsync(directory)
      close(directory)
    }
  }
}
