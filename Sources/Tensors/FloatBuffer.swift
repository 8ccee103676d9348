import Glibc
import Synchronization

/// Bytes of live tensor storage in this process, and their high-water mark.
public enum LiveBytes {
  private static let now = Atomic<Int>(0)
  private static let most = Atomic<Int>(0)

  /// Bytes that live buffers hold now.
  public static var current: Int { now.load(ordering: .relaxed) }

  /// The largest value that ``current`` has had.
  public static var peak: Int { most.load(ordering: .relaxed) }

  static func add(_ bytes: Int) {
    let total = now.add(bytes, ordering: .relaxed).newValue
    var seen = most.load(ordering: .relaxed)
    while total > seen {
      let (exchanged, original) = most.compareExchange(
        expected: seen, desired: total, ordering: .relaxed)
      if exchanged { return }
      seen = original
    }
  }

  static func subtract(_ bytes: Int) {
    now.subtract(bytes, ordering: .relaxed)
  }
}

/// Raw storage for numbers, page-aligned, zeroed, counted by ``LiveBytes``.
///
/// A reference type: views share it, and it is freed with the last of them.
public final class ByteBuffer: @unchecked Sendable {
  // SAFETY: the pointer is fixed for the object's life; whoever writes through views on several
  // threads writes disjoint ranges (tiles), which `forEachTile` call sites guarantee.
  /// First byte.
  public let base: UnsafeMutableRawPointer
  /// Length in bytes.
  public let byteCount: Int
  private let mapped: Int

  /// Zeroed storage of `byteCount` bytes.
  ///
  /// > Note: Taken straight from the kernel, so that freeing gives the pages back and untouched
  ///   pages cost nothing. Stops the process when the kernel refuses, as any allocation does.
  public init(byteCount: Int) {
    precondition(byteCount >= 0, "a buffer of \(byteCount) bytes")
    let page = 4096
    let rounded = max(page, (byteCount + page - 1) / page * page)
    let address = mmap(nil, rounded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let address, address != MAP_FAILED else {
      // Release builds say nothing of a precondition, so the reason is written before.
      let reason = "out of memory: \(rounded) bytes refused, errno \(errno)\n"
      _ = reason.withCString { write(STDERR_FILENO, $0, strlen($0)) }
      preconditionFailure(reason)
    }
    self.base = address
    self.byteCount = byteCount
    self.mapped = rounded
    LiveBytes.add(rounded)
  }

  deinit {
    munmap(base, mapped)
    LiveBytes.subtract(mapped)
  }
}

/// Storage for `count` float32 numbers.
public final class FloatBuffer: @unchecked Sendable {
  // SAFETY: as ``ByteBuffer``.
  private let bytes: ByteBuffer
  /// Number of elements.
  public let count: Int
  /// First element.
  public let pointer: UnsafeMutablePointer<Float>

  /// Zeroed storage of `count` floats.
  public init(count: Int) {
    self.bytes = ByteBuffer(byteCount: count * MemoryLayout<Float>.stride)
    self.count = count
    self.pointer = bytes.base.bindMemory(to: Float.self, capacity: max(count, 1))
  }
}
