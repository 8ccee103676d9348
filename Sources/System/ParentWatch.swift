internal import Glibc

/// The worker's side of the pipe that ends with its parent.
package enum ParentWatch {
  /// From now on this process ends when standard input does, if that is a pipe.
  ///
  /// The kernel sends SIGIO when the last writer is gone, and SIGIO's default action is to end the
  /// process: no thread and no polling, so it costs the measurement nothing. A parent that is killed
  /// thus never leaves a worker behind that writes to a work folder which another run uses.
  package static func arm() {
    var status = stat()
    guard fstat(0, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else { return }
    signal(SIGIO, SIG_DFL)
    _ = fcntl(0, F_SETOWN, getpid())
    _ = fcntl(0, F_SETFL, O_ASYNC | O_NONBLOCK)
    // The parent may have ended before the line above: then there is an end of file to read.
    var byte: UInt8 = 0
    if read(0, &byte, 1) == 0 { exit(130) }
  }
}
