extension MergeVocabulary {
  /// How a vocabulary of scalars is read, apart from its merges.
  struct ScalarSettings {
    /// Whether what no token spells becomes the tokens of its bytes, `<0x00>` to `<0xFF>`.
    var fallsBackToBytes = false
    /// The id for what can't be spelled.
    var unknown: Int32?
    /// Whether unknown scalars side by side are one token.
    var fusesUnknown = false
    /// Whether a piece that is a token is taken before any merge.
    var takesWholePieces = false
  }

  /// The tables of the model; `isText` says whether a token belongs to the model rather than being added to it.
  func scalarMerger(_ settings: ScalarSettings, isText: (Int32) -> Bool) -> ScalarMerger {
    var scalars = ScalarIDs()
    for id in 0..<count where isText(Int32(id)) {
      if let scalar = Self.onlyScalar(index.texts[id]) { scalars.insert(scalar, Int32(id)) }
    }
    let bytes =
      settings.fallsBackToBytes
      ? (0...UInt8.max).map { byte -> Int32 in
        guard let id = id(of: Self.byteToken(byte).utf8), isText(id) else { return -1 }
        return id
      } : []
    var wholes: TextIndex?
    if settings.takesWholePieces {
      var whole = TextIndex(index.texts)
      for id in 0..<count where isText(Int32(id)) { _ = whole.insert(id) }
      wholes = whole
    }
    return ScalarMerger(
      scalarIDs: scalars, byteIDs: bytes, unknown: settings.unknown,
      fusesUnknown: settings.fusesUnknown, merges: merges,
      seams: seams(scalars, notScalars: Set(bytes).union([settings.unknown ?? -1])), wholes: wholes)
  }

  /// How a byte's token is written: `<0x0A>`.
  static func byteToken(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x" + (digits.utf8.count < 2 ? "0" : "") + digits + ">"
  }

  /// The pairs of scalars' ids between which some merge joins; nil when a merge has a part in `notScalars`.
  private func seams(_ scalars: ScalarIDs, notScalars: Set<Int32>) -> PairTable? {
    var seams = PairTable(capacity: 1024)
    for (left, right) in mergedPairs {
      if notScalars.contains(left) || notScalars.contains(right) { return nil }
      let end = Self.scalars(index.texts[Int(left)]).last.map { scalars[$0] } ?? -1
      let start = Self.scalars(index.texts[Int(right)]).first.map { scalars[$0] } ?? -1
      if end >= 0, start >= 0 { _ = seams.insert(end, start, 0) }
    }
    return seams
  }

  /// The scalar that a text consists of.
  private static func onlyScalar(_ text: ArraySlice<UInt8>) -> UInt32? {
    guard text.count <= 4 else { return nil }
    let scalars = scalars(text)
    return scalars.count == 1 ? scalars[0] : nil
  }

  private static func scalars(_ text: ArraySlice<UInt8>) -> [UInt32] {
    String(decoding: text, as: UTF8.self).unicodeScalars.map(\.value)
  }
}
