internal import Vocabulary

/// Sentences of two sources, and the question which of them a sentence is from.
///
/// A task that any model of the sources' text can learn, made of texts that are there anyway: as many
/// sentences of one source as of the other, each once. They are worded as SST-2's are, so that prompts and
/// answers are those of the table's other models.
///
/// A part is read as text is (``TextSpecification``), cut into paragraphs at blank lines and into words at
/// white space. A sentence is the words of a paragraph up to one that ends in `.`, `?` or `!`. It is kept when
/// it has 6 to 20 words and nothing in it gives away how its book is printed: it begins with a capital of
/// ASCII, and has no digits, quotation marks or brackets, and no word of capitals alone, as speakers,
/// headings and the Bible's LORD are.
package struct SourceSentences {
  /// A part of a source.
  package struct Part: Sendable, Equatable {
    /// The bytes and how they become text.
    package var text: TextSpecification.Part
    /// Which source it is, from 0.
    package var answer: Int

    /// A part from its fields.
    package init(_ text: TextSpecification.Part, answer: Int) {
      self.text = text
      self.answer = answer
    }
  }

  /// What stands for the sources, the first first.
  package static let words = ["terrible", "great"]

  /// Words that a sentence may have.
  package static let lengths = 6...20

  /// As many sentences of each source as the smaller one has, in turn, in an order that is always the same.
  ///
  /// A sentence that both have is left out.
  ///
  /// - Throws: ``TaskError`` when a part can't be read, names another source than the two, or one of them has
  ///   no sentence.
  package static func examples(of parts: [Part]) throws(TaskError) -> [OptionExample] {
    var sentences = [[String]](repeating: [], count: words.count)
    var owners: [String: Int] = [:]
    for part in parts {
      guard words.indices.contains(part.answer) else {
        throw .unknownSource(file: part.text.path, answer: part.answer, count: words.count)
      }
      let text = try TextSpecification(parts: [part.text], join: .plain).assembled()
      for sentence in Self.sentences(of: text) {
        if owners[sentence] == nil { sentences[part.answer].append(sentence) }
        // One that was another source's before is nobody's.
        owners[sentence] = owners[sentence, default: part.answer] == part.answer ? part.answer : -1
      }
    }
    let drawn = sentences.map { all in
      let own = all.filter { owners[$0] != -1 }
      return Permutation.of(own.count, seed: 0).map { own[$0] }
    }
    let count = drawn.map(\.count).min() ?? 0
    if count == 0, let empty = drawn.firstIndex(where: \.isEmpty) {
      throw .noSentences(source: empty, files: parts.filter { $0.answer == empty }.map(\.text.path))
    }
    return (0..<count).flatMap { index in
      drawn.enumerated().map { answer, sentences in
        FineTuningTask.statement(sentences[index], answers: words, answer: answer)
      }
    }
  }

  /// The sentences of a text, in order, white space made single spaces.
  package static func sentences(of text: [UInt8]) -> [String] {
    var sentences: [String] = []
    var words: [ArraySlice<UInt8>] = []
    for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      let here = line.split(whereSeparator: isSpace)
      if here.isEmpty { words = [] }
      for word in here {
        words.append(word)
        guard let last = word.last, ends.contains(last) else { continue }
        if isKept(words) {
          sentences.append(String(decoding: Array(words.joined(separator: [0x20])), as: UTF8.self))
        }
        words = []
      }
    }
    return sentences
  }

  private static let ends = Array(".?!".utf8)
  private static let marks = Array("\"()[]{}<>*_0123456789".utf8)

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }

  private static func isKept(_ words: [ArraySlice<UInt8>]) -> Bool {
    guard lengths.contains(words.count), let first = words[0].first, isCapital(first) else {
      return false
    }
    return words.allSatisfy { word in
      let capitals = word.count(where: isCapital)
      let isShouted =
        capitals > 1 && !word.contains { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
      return !isShouted && !word.contains(where: marks.contains)
    }
  }

  private static func isCapital(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }
}
