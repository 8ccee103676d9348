import Tensors

/// A rehearsal of a run in sizes alone: what is allocated, in the run's order, and what is gone again.
///
/// Counts as `ByteBuffer` does, which takes whole pages from the kernel and at least one. Two sums run along: storage that is
/// mapped, and storage that was written to; pages that nobody touched aren't resident. The fullest moment of
/// either is kept. Nothing traps for absurd sizes: sums and products stop at `Int.max`.
package struct MemoryLedger: Sendable {
  /// Bytes of a page.
  private static let page = 4096

  private var held: [MemoryUse: Int] = [:]
  private var mapped = 0
  private var resident = 0
  private var fullest: [MemoryUse: Int] = [:]
  private var mostResident = 0
  /// The largest number of mapped bytes so far.
  package private(set) var mostMapped = 0

  /// A ledger of nothing.
  package init() {}

  /// Bytes at the moment that holds most, by use.
  package var uses: [MemoryUse: Int] { fullest }

  /// Holds buffers until the end of the moment.
  ///
  /// - Parameters:
  ///   - use: What for.
  ///   - count: How many buffers.
  ///   - width: Bytes of an element.
  ///   - elements: Factors of the number of elements in each.
  ///   - touched: How many of the buffers are written to; all by default.
  package mutating func hold(
    _ use: MemoryUse, _ count: Int = 1, width: Int = 4, of elements: Int..., touched: Int? = nil
  ) {
    let bytes = elements.reduce(width) { $0.timesOrMost(max($1, 0)) }
    let page = Self.page
    let pages = bytes > .max - page ? .max : max(page, (bytes + page - 1) / page * page)
    mapped = mapped.plusOrMost(pages.timesOrMost(count))
    // An empty buffer has a page that nobody writes to.
    let written = bytes == 0 ? 0 : pages.timesOrMost(min(touched ?? count, count))
    held[use] = (held[use] ?? 0).plusOrMost(written)
    resident = resident.plusOrMost(written)
    mostMapped = max(mostMapped, mapped)
    if resident > mostResident {
      mostResident = resident
      fullest = held
    }
  }

  /// What `body` holds is gone after it.
  package mutating func moment(_ body: (inout MemoryLedger) -> Void) {
    let (before, mappedBefore, residentBefore) = (held, mapped, resident)
    body(&self)
    (held, mapped, resident) = (before, mappedBefore, residentBefore)
  }
}
