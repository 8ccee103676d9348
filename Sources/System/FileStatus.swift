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
    self.init(status)
  }

  /// The status of an open file; nil when the system doesn't say.
  init?(descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  private init(_ status: stat) {
    bytes = Int(status.st_size)
    // Wraps from the year 2262 on, which a file system may well claim: it only has to differ.
    changedNanoseconds = Int(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int(status.st_mtim.tv_nsec)
    isFolder = status.st_mode & S_IFMT == S_IFDIR
    isRegular = status.st_mode & S_IFMT == S_IFREG
  }
}
