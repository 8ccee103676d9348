/// Which scalars, neighbours and merges the normal pieces of a SentencePiece vocabulary allow.
///
/// A piece arises from any two parts that are pieces (or single scalars) themselves, so every such
/// cut of every piece becomes a merge. Its rank is the place of the piece's score among all scores,
/// highest first; equal scores have equal ranks, and then the leftmost pair merges first.
struct MergeGraph {
  /// The id of each scalar that occurs in a piece; from the vocabulary's size up for loose ones.
  private(set) var scalarIDs = ScalarIDs()
  /// Scalars that occur in pieces but aren't pieces, in the order of their ids.
  private(set) var looseScalars: [UInt32] = []
  /// Rank and id of the piece that two ids make.
  private(set) var merges: PairTable
  /// The pairs of scalars' ids that stand side by side in a piece; the values mean nothing.
  private(set) var neighbours = PairTable(capacity: 1024)

  /// The graph of the normal pieces of `model`.
  ///
  /// - Throws: ``TokenizerError`` when a piece isn't UTF-8 or is there twice.
  init(_ model: SentencePieceModel) throws(TokenizerError) {
    let pieces = model.pieces
    merges = PairTable(capacity: 2 * pieces.count)
    var texts = TokenTexts()
    for piece in pieces { texts.append(piece.text) }
    var index = TextIndex(texts)
    for (id, piece) in pieces.enumerated() where piece.kind == .normal {
      if let earlier = index.insert(id) {
        throw model.malformed(
          piece, "a text that no other piece has",
          "\(quoted(piece.text)), which is piece \(earlier) too")
      }
    }
    let ranks = Self.ranks(pieces)
    for (id, piece) in pieces.enumerated() where piece.kind == .normal {
      let cuts = try addScalars(of: piece, index, model)
      guard cuts.count > 2 else { continue }
      let merge = PairMerger.merge(rank: ranks[id], id: Int32(id))
      for cut in cuts[1..<(cuts.count - 1)] {
        guard let left = self.id(of: piece.text[..<cut], index),
          let right = self.id(of: piece.text[cut...], index)
        else { continue }
        // Two texts make one text, so a pair never leads to two pieces.
        _ = merges.insert(left, right, merge)
      }
    }
  }

  /// Gives ids to the scalars of `piece`, notes who stands beside whom, and returns the offsets of its
  /// scalars and its end.
  private mutating func addScalars(
    of piece: SentencePieceModel.Piece, _ index: TextIndex, _ model: SentencePieceModel
  ) throws(TokenizerError) -> [Int] {
    var cuts = [0]
    var before: Int32 = -1
    var position = 0
    while position < piece.text.count {
      let decoded = decodedScalar(in: piece.text, at: position)
      guard decoded.isWellFormed else {
        throw model.malformed(piece, "a piece in UTF-8", quoted(piece.text))
      }
      let end = position + decoded.length
      var id = scalarIDs[decoded.value]
      if id < 0 {
        id = index[piece.text[position..<end]] ?? Int32(model.pieces.count + looseScalars.count)
        if id >= model.pieces.count { looseScalars.append(decoded.value) }
        scalarIDs.insert(decoded.value, id)
      }
      if before >= 0 { _ = neighbours.insert(before, id, 0) }
      before = id
      position = end
      cuts.append(end)
    }
    return cuts
  }

  /// The id of a piece or of a single scalar that isn't one.
  private func id(of text: ArraySlice<UInt8>, _ index: TextIndex) -> Int32? {
    if let id = index[text] { return id }
    let bytes = Array(text)
    let first = decodedScalar(in: bytes, at: 0)
    guard first.length == bytes.count else { return nil }
    let id = scalarIDs[first.value]
    return id < 0 ? nil : id
  }

  /// The place of each piece's score among all scores, from 0 for the highest.
  private static func ranks(_ pieces: [SentencePieceModel.Piece]) -> [UInt32] {
    let order = pieces.indices.sorted { pieces[$0].score > pieces[$1].score }
    var ranks = [UInt32](repeating: 0, count: pieces.count)
    var rank: UInt32 = 0
    for (previous, id) in zip([order.first].compactMap { $0 } + order, order) {
      if pieces[id].score < pieces[previous].score { rank += 1 }
      ranks[id] = rank
    }
    return ranks
  }
}
