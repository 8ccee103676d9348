/// The texts of a vocabulary, by id, in one flat buffer.
///
/// 50,000 separate arrays would cost 32 bytes of header each, more than the texts themselves.
struct TokenTexts: Sendable {
  private var bytes: [UInt8] = []
  /// End of each text in `bytes`.
  private var ends: [Int] = []

  /// How many texts there are.
  var count: Int { ends.count }

  /// Makes room for texts of so many bytes in all.
  mutating func reserve(texts: Int, bytes byteCount: Int) {
    ends.reserveCapacity(texts)
    bytes.reserveCapacity(byteCount)
  }

  /// Adds the text of the next id.
  mutating func append(_ text: some Sequence<UInt8>) {
    bytes.append(contentsOf: text)
    ends.append(bytes.count)
  }

  /// The text of `id`.
  ///
  /// - Precondition: `id` is in `0 ..< count`.
  subscript(_ id: Int) -> ArraySlice<UInt8> {
    bytes[(id == 0 ? 0 : ends[id - 1])..<ends[id]]
  }
}

/// Finds ids by text: open addressing over the texts themselves.
struct TextIndex: Sendable {
  /// The texts, by id.
  let texts: TokenTexts
  /// Ids; −1 marks an empty slot.
  private var slots: [Int32]

  /// An empty index over `texts`.
  init(_ texts: TokenTexts) {
    self.texts = texts
    var size = 16
    while size < 2 * texts.count { size *= 2 }
    slots = Array(repeating: -1, count: size)
  }

  /// The id whose text is `text`.
  subscript(_ text: some Collection<UInt8>) -> Int32? {
    let id = slots[slot(of: text)]
    return id < 0 ? nil : id
  }

  /// Adds the text of `id`, and returns nil; or returns the id that already has this text.
  mutating func insert(_ id: Int) -> Int32? {
    let slot = slot(of: texts[id])
    guard slots[slot] < 0 else { return slots[slot] }
    slots[slot] = Int32(id)
    return nil
  }

  /// The slot that holds `text`, or the empty one where it belongs.
  private func slot(of text: some Collection<UInt8>) -> Int {
    // FNV-1a, 64 bits.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var slot = Int(truncatingIfNeeded: hash ^ hash >> 32) & (slots.count - 1)
    while slots[slot] >= 0, !texts[Int(slots[slot])].elementsEqual(text) {
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }
}
