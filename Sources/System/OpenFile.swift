internal import Glibc

/// A file that is open; it is closed when nobody holds it any more.
///
/// The one place that opens, reads, writes and syncs files: every reader and writer stands on it.
package final class OpenFile: Sendable {
  /// What a file is opened for.
  package enum Purpose: Sendable {
    /// Reading one that exists. Pipes, sockets and devices are refused: reading one may never end. A
    /// folder opens, because the system's own words when it is read are the clearest.
    case reading
    /// Writing one from its beginning, new or old.
    case replacing
    /// Reading and writing one, which is made where there is none.
    case updating
    /// Writing into one that exists, such as the kernel's under `/proc`.
    case commanding

    fileprivate var flags: Int32 {
      switch self {
      // Without O_NONBLOCK, opening a named pipe would wait for its writer; regular files don't mind.
      case .reading: O_RDONLY | O_NONBLOCK
      case .replacing: O_WRONLY | O_CREAT | O_TRUNC
      case .updating: O_RDWR | O_CREAT
      case .commanding: O_WRONLY
      }
    }
  }

  /// The file, as the caller named it.
  package let path: String
  /// The system's handle.
  package let descriptor: Int32

  /// Opens the file at `path`.
  ///
  /// - Throws: ``FileError`` of the operation `open`.
  package init(_ path: String, for purpose: Purpose) throws(FileError) {
    self.path = path
    descriptor = open(path, purpose.flags | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileError("open", path, code: errno) }
    guard case .reading = purpose else { return }
    let status = FileStatus(descriptor: descriptor)
    guard let status, status.isRegular || status.isFolder else {
      throw FileError("open", path, reason: "it isn't a regular file")
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// What the file system says about this very file, whatever its name leads to by now.
  ///
  /// - Throws: ``FileError`` of the operation `inspect`.
  package func status() throws(FileError) -> FileStatus {
    guard let status = FileStatus(descriptor: descriptor) else {
      throw FileError("inspect", path, code: errno)
    }
    return status
  }

  /// Calls `body` with the bytes from here to the end, a mebibyte at most at a time.
  ///
  /// - Throws: ``FileError`` of the operation `read`.
  package func read(each body: (ArraySlice<UInt8>) throws(FileError) -> Void) throws(FileError) {
    // A file under /proc has no size; a small one needn't cost a large buffer.
    let size = FileStatus(descriptor: descriptor)?.bytes ?? 0
    var buffer = [UInt8](repeating: 0, count: min(1 << 20, max(1 << 14, size + 1)))
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw FileError("read", path, code: errno) }
      if count == 0 { return }
      try body(buffer[..<count])
    }
  }

  /// The `count` bytes from `offset` on, wherever reading or writing stands; fewer only at the end of the file.
  ///
  /// - Throws: ``FileError`` of the operation `read`.
  package func bytes(from offset: Int, count: Int) throws(FileError) -> [UInt8] {
    var failure: FileError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
      while done < buffer.count {
        let got = pread(
          descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done,
          off_t(offset + done))
        if got < 0 && errno == EINTR { continue }
        if got < 0 { failure = FileError("read", path, code: errno) }
        if got <= 0 { return }
        done += got
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Writes all bytes where writing stands.
  ///
  /// - Throws: ``FileError`` of the operation `write`.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    if let code = writeAll(bytes, to: descriptor) { throw FileError("write", path, code: code) }
  }

  /// Writes all bytes where writing stands.
  ///
  /// - Throws: ``FileError`` of the operation `write`.
  package func write(_ bytes: [UInt8]) throws(FileError) {
    if let code = bytes.withUnsafeBytes({ writeAll($0, to: descriptor) }) {
      throw FileError("write", path, code: code)
    }
  }

  /// Cuts the file to its first `bytes` bytes; writing goes on from there.
  ///
  /// - Throws: ``FileError`` of the operation `truncate`.
  package func truncate(to bytes: Int) throws(FileError) {
    guard ftruncate(descriptor, off_t(bytes)) == 0, lseek(descriptor, off_t(bytes), SEEK_SET) >= 0
    else { throw FileError("truncate", path, code: errno) }
  }

  /// Flushes the file to the disk.
  ///
  /// - Throws: ``FileError`` of the operation `sync`.
  package func sync() throws(FileError) {
    guard fsync(descriptor) == 0 else { throw FileError("sync", path, code: errno) }
  }

  /// Takes the file's lock, which the kernel gives back when the process ends, however it ends.
  ///
  /// - Returns: Whether it was free.
  /// - Throws: ``FileError`` of the operation `lock`.
  package func lock() throws(FileError) -> Bool {
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
    guard errno == EWOULDBLOCK else { throw FileError("lock", path, code: errno) }
    return false
  }

  /// Takes the lock of one byte of the file, which needn't be there; it is given back when nobody holds this
  /// file any more.
  ///
  /// Locks of ranges are what network file systems know: NFS keeps them on its server, for all machines, and takes
  /// them back from one that is gone. They belong to this very opening of the file, so that two threads of a process
  /// exclude each other as two machines do.
  ///
  /// > Source: Linux man-pages, fcntl(2), "Open file description locks (non-POSIX)".
  ///
  /// - Parameter offset: The byte.
  /// - Returns: Whether it was free.
  /// - Throws: ``FileError`` of the operation `lock`.
  package func lockByte(at offset: Int) throws(FileError) -> Bool {
    var range = Glibc.flock()
    range.l_type = Int16(F_WRLCK)
    range.l_whence = Int16(SEEK_SET)
    range.l_start = off_t(offset)
    range.l_len = 1
    if fcntl(descriptor, Self.setLock, &range) == 0 { return true }
    guard errno == EAGAIN || errno == EACCES else { throw FileError("lock", path, code: errno) }
    return false
  }

  /// `F_OFD_SETLK`, which the C library shows to programs with extensions of GNU alone.
  ///
  /// > Source: Linux, include/uapi/asm-generic/fcntl.h.
  private static let setLock: Int32 = 37
}

/// Writes all bytes; the error number when the system refuses.
func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32? {
  var done = 0
  while done < bytes.count {
    let count = write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
    if count < 0 && errno == EINTR { continue }
    guard count > 0 else { return count == 0 ? EIO : errno }
    done += count
  }
  return nil
}
