import Dispatch
import Synchronization

/// How many threads share the tiles of one operation.
///
/// Set once, when the process starts. /// Tiles are fixed by the shape of the work, never by this number, so results don't depend on it.
public enum Threads {
  private static let value = Atomic<Int>(1)

  /// The number of threads; at least 1.
  public static var count: Int {
    get { value.load(ordering: .relaxed) }
    set { value.store(max(1, newValue), ordering: .relaxed) }
  }
}

/// Calls `body` with every tile index in `0..<tiles`, on up to ``Threads/count`` threads.
///
/// `body` also gets the number of the thread that runs it, `0..<threads`, for scratch space.
/// Which thread gets which tile is left to chance, so `body` must write only what belongs to its tile.
///
/// - Parameters:
///   - tiles: How many tiles.
///   - threads: How many threads, where the caller keeps scratch space for each.
///   - body: The work on one tile.
public func forEachTile(
  _ tiles: Int, threads: Int = Threads.count,
  _ body: @Sendable (_ tile: Int, _ thread: Int) -> Void
) {
  let threads = min(threads, tiles)
  if threads <= 1 {
    for tile in 0..<max(tiles, 0) { body(tile, 0) }
    return
  }
  let next = Atomic<Int>(0)
  DispatchQueue.concurrentPerform(iterations: threads) { thread in
    while true {
      let tile = next.add(1, ordering: .relaxed).oldValue
      if tile >= tiles { return }
      body(tile, thread)
    }
  }
}

/// The tile `index` of `0..<count` cut into pieces of `size`; the last may be shorter.
public func tileRange(_ index: Int, of count: Int, size: Int) -> Range<Int> {
  index * size..<min(count, (index + 1) * size)
}

/// How many pieces of `size` cover `count`.
public func tileCount(_ count: Int, size: Int) -> Int { (count + size - 1) / size }
