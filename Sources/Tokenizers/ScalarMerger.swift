/// The model of byte pair encoding over scalars: what one piece of text becomes.
///
/// Each scalar that is a token stands for itself; one that isn't becomes the tokens of its bytes, where there are
/// such for all of them, else the unknown token. Then neighbours merge in the order of the merges.
///
/// > Source: the model BPE of the tokenizers package, 0.23.
struct ScalarMerger: Sendable {
  /// The id of each scalar that is a token.
  let scalarIDs: ScalarIDs
  /// The id of each byte's token, −1 where there is none; empty without byte fallback.
  let byteIDs: [Int32]
  /// The id for what can't be spelled; nil to leave it out.
  let unknown: Int32?
  /// Whether unknown scalars side by side are one unknown token.
  let fusesUnknown: Bool
  /// Which pairs make a token.
  let merges: PairTable
  /// The pairs that some merge joins, by the scalars on both sides of the seam; nil where scalars don't say it.
  let seams: PairTable?
  /// Tokens by their text, where a piece that is one is taken as it is, before any merge.
  let wholes: TextIndex?

  /// Appends the ids of `text[range]`, and counts the bytes that they don't spell.
  ///
  /// Between two scalars that no merge joins, what was merged before is finished: it changes no id and keeps the
  /// memory that merging needs small.
  ///
  /// - Complexity: O(n log n) for n bytes.
  func append(
    _ text: [UInt8], _ range: Range<Int>, _ merger: inout PairMerger, to result: inout Encoding
  ) {
    if let whole = wholes?[text[range]] {
      result.ids.append(whole)
      return
    }
    var before: Int32 = -1
    // An unknown token waits for the next scalar that is known, or unknown as well.
    var isWaiting = false
    func push(_ id: Int32) {
      if before >= 0, let seams, seams[before, id] == PairTable.none {
        merger.finish(into: &result.ids)
      }
      merger.append(id)
      before = id
    }
    func pushUnknown() {
      if isWaiting, let unknown { push(unknown) }
      isWaiting = false
    }
    var index = range.lowerBound
    while index < range.upperBound {
      let decoded = decodedScalar(in: text, at: index)
      let bytes = text[index..<min(index + decoded.length, range.upperBound)]
      index = bytes.endIndex
      let id = scalarIDs[decoded.value]
      if id >= 0 {
        pushUnknown()
        push(id)
      } else if !byteIDs.isEmpty, bytes.allSatisfy({ byteIDs[Int($0)] >= 0 }) {
        // An unknown token goes on waiting, and so comes behind these: the package's own order.
        for byte in bytes { push(byteIDs[Int(byte)]) }
      } else {
        result.droppedBytes += bytes.count
        if !fusesUnknown { pushUnknown() }
        isWaiting = true
      }
    }
    pushUnknown()
    merger.finish(into: &result.ids)
  }
}
