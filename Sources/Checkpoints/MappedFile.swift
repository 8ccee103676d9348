import Glibc
import System

/// A file mapped into memory, read-only.
///
/// The bytes count as resident only between being touched and being released: whoever has copied a
/// range out of the file calls ``release(_:)``, so that weights aren't held twice.
/// A file that another process shortens while it is mapped ends this process (SIGBUS), as with every
/// memory map: checkpoints are replaced by renaming, never written in place.
struct MappedFile: ~Copyable, Sendable {
  /// The file, as the user named it.
  let path: String
  /// Its length in bytes, at least 1.
  let count: Int
  // SAFETY: the mapping is read-only and lives until deinit; any thread may read it.
  private nonisolated(unsafe) let base: UnsafeRawPointer

  /// Maps the file at `path`.
  ///
  /// - Throws: ``CheckpointError`` when it can't be opened, isn't a regular file, is empty, or only points at one.
  init(_ path: String) throws(CheckpointError) {
    // Opening a pipe that nobody writes to would wait for ever; regular files don't mind.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw CheckpointError(.unreadable, in: path, "can't open the file: \(systemMessage(errno))")
    }
    // The mapping stays when the descriptor is closed.
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw CheckpointError(.unreadable, in: path, "can't read its size: \(systemMessage(errno))")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw CheckpointError(.unreadable, in: path, "expected a regular file")
    }
    guard status.st_size > 0 else {
      throw CheckpointError(.truncated, in: path, "the file is empty")
    }
    let mapping = mmap(nil, status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let mapping, mapping != MAP_FAILED else {
      throw CheckpointError(.unreadable, in: path, "can't map the file: \(systemMessage(errno))")
    }
    let beginning = UnsafeRawBufferPointer(start: mapping, count: status.st_size).prefix(24)
    guard !beginning.starts(with: "version https://git-lfs".utf8) else {
      munmap(mapping, status.st_size)
      throw CheckpointError(
        .unsupported, in: path, at: .byte(0),
        "found a pointer of Git LFS in the place of the file; fetch the file itself, as with 'git lfs pull'"
      )
    }
    self.path = path
    self.count = status.st_size
    self.base = UnsafeRawPointer(mapping)
  }

  deinit {
    munmap(UnsafeMutableRawPointer(mutating: base), count)
  }

  /// Calls `body` with all bytes; the pointer is valid only inside the call.
  borrowing func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(start: base, count: count))
  }

  /// Gives the pages that hold `range` back to the page cache; reading them again is harmless.
  ///
  /// The range is widened to multiples of 2 MiB, because touching a page may map its neighbours, and
  /// those would stay resident: 16 pages by fault-around, and on recent kernels the whole large folio
  /// of the page cache (at most 2 MiB on x86-64, aligned to its size). Widened to 64 KiB only, Linux
  /// 6.18 kept 8 MiB of a 94 MiB file resident; widened to 2 MiB, less than 0.2 MiB.
  borrowing func release(_ range: Range<Int>) {
    let span = 2 << 20
    let lower = max(0, range.lowerBound) & ~(span - 1)
    let (widened, overflow) = range.upperBound.addingReportingOverflow(span - 1)
    let upper = overflow ? count : min(count, widened & ~(span - 1))
    guard lower < upper else { return }
    // It is only advice: nothing depends on its success but the resident size.
    madvise(UnsafeMutableRawPointer(mutating: base + lower), upper - lower, MADV_DONTNEED)
  }
}

/// The system's words for an error number.
func systemMessage(_ code: Int32) -> String {
  "\(systemWords(code)) (errno \(code))"
}
