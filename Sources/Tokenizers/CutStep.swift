/// One step of how a text is cut before scalars are merged; no merge crosses a cut.
///
/// > Source: the pre-tokenizers Metaspace and Split of the tokenizers package, 0.23.
enum CutStep: Sendable, Equatable {
  /// Spaces become `mark`, which is put in front where the text doesn't begin with it; then each mark begins a
  /// new piece, if `splits`.
  case metaspace(mark: [UInt8], front: Front, splits: Bool)
  /// Cuts at each occurrence of a text, from the left, without overlaps; never empty.
  case split([UInt8], Side)

  /// Which stretches of a text have a mark put in front.
  enum Front: String, Sendable, CaseIterable {
    /// All, also those behind a token that was added.
    case always
    /// The one that begins the text.
    case first
    /// None.
    case never
  }

  /// What becomes of the text at which another is cut.
  enum Side: String, Sendable, CaseIterable {
    /// It is a piece of its own.
    case isolated = "Isolated"
    /// It ends the piece before it.
    case withPrevious = "MergedWithPrevious"
    /// It begins the piece behind it.
    case withNext = "MergedWithNext"
  }
}

extension [CutStep] {
  /// Calls `body` with each piece of `text[range]`, in order; `isStart` says whether the range begins the whole
  /// text.
  func forEachPiece(
    of text: [UInt8], _ range: Range<Int>, isStart: Bool, _ body: ([UInt8], Range<Int>) -> Void
  ) {
    self[...].forEachPiece(of: text, range, isStart: isStart, body)
  }
}

extension ArraySlice<CutStep> {
  fileprivate func forEachPiece(
    of text: [UInt8], _ range: Range<Int>, isStart: Bool, _ body: ([UInt8], Range<Int>) -> Void
  ) {
    guard let step = first else {
      body(text, range)
      return
    }
    let rest = dropFirst()
    switch step {
    case .metaspace(let mark, let front, let splits):
      var marked = replaced([UInt8(ascii: " ")], by: mark, in: Array<UInt8>(text[range]))
      if front == .always || (front == .first && isStart), !marked.starts(with: mark) {
        marked = mark + marked
      }
      let ranges = splits ? cuts(of: marked, 0..<marked.count, mark, .withNext) : [0..<marked.count]
      for range in ranges {
        rest.forEachPiece(of: marked, range, isStart: isStart && range.lowerBound == 0, body)
      }
    case .split(let wanted, let side):
      for piece in cuts(of: text, range, wanted, side) {
        rest.forEachPiece(
          of: text, piece, isStart: isStart && piece.lowerBound == range.lowerBound, body)
      }
    }
  }
}

/// The pieces of `text[range]`, cut at each `wanted`; none is empty.
private func cuts(
  of text: [UInt8], _ range: Range<Int>, _ wanted: [UInt8], _ side: CutStep.Side
) -> [Range<Int>] {
  var pieces: [Range<Int>] = []
  var start = range.lowerBound
  func cut(at end: Int) {
    if start < end { pieces.append(start..<end) }
    start = end
  }
  var index = range.lowerBound
  while index + wanted.count <= range.upperBound {
    guard text[index] == wanted[0], text[index...].starts(with: wanted) else {
      index += 1
      continue
    }
    if side != .withPrevious { cut(at: index) }
    index += wanted.count
    if side != .withNext { cut(at: index) }
  }
  cut(at: range.upperBound)
  return pieces
}
