package import Vocabulary

/// Which windows are taken when fewer are wanted than there are.
package enum WindowSelection: String, Sendable, CaseIterable {
  /// The first ones, as the published WikiText protocols do.
  case first
  /// Window ⌊i·n/k⌋ of n for i in 0..<k: spread evenly, so that k windows of a book aren't its
  /// preface.
  case spread

  /// The policy that goes with a way of joining: ``first`` for WikiText's rows, ``spread`` for plain
  /// text.
  package init(for join: TextJoin) {
    self =
      switch join {
      case .wikitext2: .first
      case .plain: .spread
      }
  }

  /// The index of the `position`-th of `limit` windows among `count`.
  ///
  /// - Precondition: `0 <= position < limit <= count`.
  package func index(_ position: Int, of limit: Int, among count: Int) -> Int {
    precondition(
      position >= 0 && position < limit && limit <= count,
      "window \(position) of \(limit) among \(count)")
    switch self {
    case .first:
      return position
    case .spread:
      // Never overflows: the product fits in 128 bits, the quotient is below `count`.
      let product = position.multipliedFullWidth(by: count)
      return limit.dividingFullWidth(product).quotient
    }
  }
}

/// Windows of equal length cut from one split's tokens, without overlap; the tail is dropped.
///
/// > Shape: ``ids`` is `[count, windowTokens]`, row-major.
package struct TokenWindows<S: Split>: Sendable, Equatable {
  /// The ids of all windows, one after the other.
  package let ids: [Int32]
  /// Tokens in a window; a window scores one less.
  package let windowTokens: Int
  /// Windows that the stream had room for.
  package let available: Int

  /// Cuts `stream` into windows and takes `limit` of them; all, when `limit` is nil.
  ///
  /// - Throws: ``TaskError/tooShort(split:tokens:windowTokens:available:asked:)`` when there are fewer
  ///   windows than asked for, or none; ``TaskError/outOfRange(_:_:least:)`` for a limit below 1 or a window
  ///   of fewer than 2 tokens.
  package init(
    _ stream: TokenStream<S>, windowTokens: Int, limit: Int? = nil, selection: WindowSelection
  ) throws(TaskError) {
    guard windowTokens >= 2 else { throw .outOfRange("tokens of a window", windowTokens, least: 2) }
    if let limit, limit < 1 { throw .outOfRange("windows asked for", limit, least: 1) }
    let available = stream.ids.count / windowTokens
    let asked = limit ?? max(available, 1)
    guard asked <= available else {
      throw .tooShort(
        split: S.name, tokens: stream.ids.count, windowTokens: windowTokens, available: available,
        asked: asked)
    }
    var ids: [Int32] = []
    ids.reserveCapacity(asked * windowTokens)
    for position in 0..<asked {
      let start = selection.index(position, of: asked, among: available) * windowTokens
      ids.append(contentsOf: stream.ids[start..<(start + windowTokens)])
    }
    self.ids = ids
    self.windowTokens = windowTokens
    self.available = available
  }

  /// No window: the split of a method that looks at no such text.
  package static func none(windowTokens: Int) -> TokenWindows {
    TokenWindows(ids: [], windowTokens: windowTokens, available: 0)
  }

  private init(ids: [Int32], windowTokens: Int, available: Int) {
    self.ids = ids
    self.windowTokens = windowTokens
    self.available = available
  }

  /// How many windows there are.
  package var count: Int { ids.count / windowTokens }

  /// Tokens that are scored in all: each window's first has nothing before it.
  package var scoredTokens: Int { count * (windowTokens - 1) }

  /// The ids of one window.
  ///
  /// - Precondition: `index` is in `0 ..< count`.
  package subscript(_ index: Int) -> ArraySlice<Int32> {
    ids[(index * windowTokens)..<((index + 1) * windowTokens)]
  }

  /// The ids as little-endian 32-bit words.
  package var littleEndianBytes: [UInt8] { ids.littleEndianBytes }
}

extension TokenWindows where S == TrainingSplit {
  /// `limit` of these windows, spread evenly over them.
  ///
  /// - Precondition: `limit` is in `1 ... count`.
  package func spread(_ limit: Int) -> TokenWindows {
    TokenWindows(
      ids: (0..<limit).flatMap {
        self[WindowSelection.spread.index($0, of: limit, among: count)]
      }, windowTokens: windowTokens, available: available)
  }

  /// The windows of the batch at `step`: the next `size` in order, from the first again after the
  /// last.
  ///
  /// Deterministic and without shuffling: a batch is a function of its step alone, so a resumed run
  /// continues where it was and threads can't change it. Only training text has batches.
  ///
  /// - Precondition: `step >= 0` and `size >= 1`.
  package func batch(at step: Int, of size: Int) -> [Int] {
    precondition(step >= 0 && size >= 1, "batch of \(size) at step \(step)")
    // (a mod n)(b mod n) stays far below 2⁶³ for any number of windows that fits in memory.
    let start = (step % count) * (size % count) % count
    return (0..<size).map { (start + $0) % count }
  }
}
