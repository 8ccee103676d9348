internal import Glibc

/// What the file system says of a regular file: while all of it stays the same, so do its bytes.
///
/// Size and time of modification alone don't tell: archives, `cp -p` and `rsync -t` set that time. No
/// program sets the time of change, and a file that is put in another's place has an inode of its own.
public struct FileFacts: Codable, Sendable, Equatable {
  /// Size in bytes.
  public var bytes: Int
  /// Time of the last modification, nanoseconds since 1970; programs may set it.
  public var modifiedNanoseconds: Int
  /// Time of the last change of bytes, name or rights, nanoseconds since 1970; only the system sets it.
  public var changedNanoseconds: Int
  /// The file system.
  public var device: UInt64
  /// The file's number in it.
  public var inode: UInt64

  /// Facts from their parts.
  public init(
    bytes: Int, modifiedNanoseconds: Int, changedNanoseconds: Int, device: UInt64, inode: UInt64
  ) {
    self.bytes = bytes
    self.modifiedNanoseconds = modifiedNanoseconds
    self.changedNanoseconds = changedNanoseconds
    self.device = device
    self.inode = inode
  }

  /// The facts of the file at `path`, following links; nil when there is no regular file.
  public init?(of path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  /// The facts of an open file; nil when it isn't a regular one.
  package init?(of file: OpenFile) {
    var status = stat()
    guard fstat(file.descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  private init?(_ status: stat) {
    guard status.st_mode & S_IFMT == S_IFREG else { return nil }
    // Wraps from the year 2262 on, which a file system may well claim: it only has to differ.
    func nanoseconds(_ time: timespec) -> Int {
      Int(time.tv_sec) &* 1_000_000_000 &+ Int(time.tv_nsec)
    }
    self.init(
      bytes: Int(status.st_size), modifiedNanoseconds: nanoseconds(status.st_mtim),
      changedNanoseconds: nanoseconds(status.st_ctim), device: UInt64(status.st_dev),
      inode: UInt64(status.st_ino))
  }

  /// How long the time of change may stand still while the file is written again, nanoseconds.
  ///
  /// Linux takes it from a clock that ticks every 1 to 10 ms; file systems that count whole seconds, or
  /// FAT's pairs of them, leave nothing behind the second.
  private var granuleNanoseconds: Int {
    changedNanoseconds % 1_000_000_000 == 0 ? 2_000_000_000 : 20_000_000
  }

  /// Nanoseconds since the last change; negative where the file's clock is ahead of this machine's.
  private var ageNanoseconds: Int {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int(now.tv_sec) &* 1_000_000_000 &+ Int(now.tv_nsec) &- changedNanoseconds
  }

  /// Whether a write from now on must leave another time of change.
  package var isSettled: Bool { ageNanoseconds >= granuleNanoseconds }

  /// Sleeps until the facts are settled; at once where they are, or never will be.
  package func waitUntilSettled() {
    let age = ageNanoseconds
    guard age >= 0, age < granuleNanoseconds else { return }
    usleep(UInt32((granuleNanoseconds - age) / 1000 + 1))
  }
}
