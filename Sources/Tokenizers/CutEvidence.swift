/// What merges tell of how the text was cut that they were learned from.
///
/// No merge crosses a cut, so a token that a cut would have taken apart rules that cut out. Where no file
/// names the cut, only what the merges leave possible is believed.
struct CutEvidence {
  /// Cuts of vocabularies that come as vocab.json and merges.txt.
  static let known: [PreTokenizer] = [.gpt2, .smollm, .qwen2, .llama3]
  /// Those of ``known`` that leave every merged token whole.
  let possible: [PreTokenizer]
  /// A merged token that GPT-2's cut takes apart; nil when there is none.
  let against: [UInt8]?
  /// Whether all merged tokens are lower-case ASCII letters, perhaps behind a space: then the known cuts
  /// differ only behind an apostrophe and a capital.
  let isPlain: Bool
  /// Whether there is any merge at all: without, no cut matters.
  let isEmpty: Bool

  /// What the merges of `vocabulary` tell.
  init(_ vocabulary: MergeVocabulary) {
    var (possible, against, isPlain) = (Self.known, [UInt8]?.none, true)
    for id in vocabulary.mergedIDs {
      let token = vocabulary.bytes(of: id)
      if !Self.isPlain(token) { isPlain = false }
      // Parts of a scalar are of no class.
      guard Self.isWellFormed(token) else { continue }
      possible.removeAll { !Self.leavesWhole(token, $0) }
      if against == nil, !Self.leavesWhole(token, .gpt2) { against = token }
    }
    self.possible = possible
    self.against = against
    self.isPlain = isPlain
    isEmpty = vocabulary.mergedIDs.isEmpty
  }

  /// Whether a cut may leave `token` in one piece of some text: by itself, as the beginning of a
  /// contraction, or among the spaces before a line's end.
  private static func leavesWhole(_ token: [UInt8], _ cut: PreTokenizer) -> Bool {
    [[], [UInt8(ascii: "e")], [UInt8(ascii: "l")], [UInt8(ascii: "\n")]].contains { end in
      var pieces = PreTokens(token + end, cut)
      return pieces.next()?.count == token.count + end.count
    }
  }

  private static func isWellFormed(_ token: [UInt8]) -> Bool {
    String(validating: token, as: UTF8.self) != nil
  }

  private static func isPlain(_ token: [UInt8]) -> Bool {
    let letters = token.first == UInt8(ascii: " ") ? token.dropFirst() : token[...]
    return letters.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
  }
}
