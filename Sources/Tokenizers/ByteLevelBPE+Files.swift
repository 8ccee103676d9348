internal import JSONText

extension ByteLevelBPE {
  /// Reads `vocab.json` (texts to ids) and `merges.txt` (one pair a line, best first).
  ///
  /// The marks of a sequence are named by their text. OPT opens with `</s>`, its end mark, and so do
  /// the defaults; GPT-2 has `<|endoftext|>` for both.
  ///
  /// - Throws: ``TokenizerError`` when a file can't be read; when ids aren't 0, 1, 2, … with one token
  ///   each; when a merge names or makes a token that isn't in the vocabulary, or is there twice; when
  ///   a mark isn't in the vocabulary.
  public init(
    vocabularyFile: String, mergesFile: String, preTokenizer: PreTokenizer = .gpt2,
    beginningOfSequence: String? = "</s>", endOfSequence: String? = "</s>"
  ) throws(TokenizerError) {
    let vocabulary = try Self.vocabulary(vocabularyFile, mergesFile: mergesFile)
    self = try vocabulary.tokenizer(
      preTokenizer, beginningOfSequence: vocabulary.mark(beginningOfSequence),
      endOfSequence: vocabulary.mark(endOfSequence))
  }

  /// The vocabulary and merges of two files.
  static func vocabulary(_ vocabularyFile: String, mergesFile: String) throws(TokenizerError)
    -> MergeVocabulary
  {
    let mergesText: [UInt8]
    do throws(FileReadError) {
      mergesText = try fileBytes(at: mergesFile)
    } catch {
      throw .unreadable(error)
    }
    var vocabulary = try Self.vocabulary(vocabularyFile, mergeCapacity: mergesText.count / 8)
    try Self.readMerges(mergesText, file: mergesFile, into: &vocabulary)
    return vocabulary
  }

  private static func vocabulary(
    _ file: String, mergeCapacity: Int
  ) throws(TokenizerError) -> MergeVocabulary {
    let document: JSONDocument
    do throws(JSONError) {
      document = try JSONDocument(contentsOf: file)
    } catch {
      throw .json(error)
    }
    let texts = try Self.texts(document, at: "")
    return try MergeVocabulary(texts, file: file, mergeCapacity: mergeCapacity) { .token($0) }
  }

  /// Texts by id, from an object of ids by text, and from a list of tokens that were added to those.
  ///
  /// - Throws: ``TokenizerError`` unless the ids are 0, 1, 2, … with one token each.
  static func texts(
    _ document: JSONDocument, at pointer: String, added: [(text: String, id: Int)] = []
  ) throws(TokenizerError) -> TokenTexts {
    var value: JSON? = document.root
    for name in pointer.split(separator: "/") { value = value?[String(name)] }
    guard case .object(let members)? = value else {
      throw .json(document.error(at: pointer, "expected an object from token to id"))
    }
    let wanted = Set(added.map(\.text))
    let known = Set(members.lazy.map(\.name).filter(wanted.contains))
    let more = added.filter { !known.contains($0.text) }
    let count = members.count + more.count
    // Which member has each id; those that were added come after the others.
    var memberOfID = [Int32](repeating: -1, count: count)
    for (position, member) in members.enumerated() {
      func error(_ reason: String) -> TokenizerError {
        .json(document.error(at: pointer + "/" + escaped(member.name), reason))
      }
      guard case .integer(let id) = member.value else {
        throw error("expected an integer id")
      }
      guard id >= 0, id < count else {
        throw error(
          "expected an id from 0 to \(count - 1), one for each token, found \(id)")
      }
      let earlier = memberOfID[Int(id)]
      guard earlier < 0 else {
        let name = quoted(Array(members[Int(earlier)].name.utf8))
        throw error("expected an id that no other token has, found \(id), which \(name) has too")
      }
      memberOfID[Int(id)] = Int32(position)
    }
    for (position, token) in more.enumerated() {
      guard token.id >= 0, token.id < count, memberOfID[token.id] < 0 else {
        throw .malformed(
          file: document.file, place: .token(token.id),
          expected: "an id from 0 to \(count - 1) that no other token has",
          found: "\(token.id) for \(quoted(Array(token.text.utf8)))")
      }
      memberOfID[token.id] = Int32(members.count + position)
    }
    var texts = TokenTexts()
    texts.reserve(texts: count, bytes: count * 8)
    for position in memberOfID.map(Int.init) {
      texts.append(
        position < members.count
          ? members[position].name.utf8 : more[position - members.count].text.utf8)
    }
    return texts
  }

  private static func readMerges(
    _ text: [UInt8], file: String, into vocabulary: inout MergeVocabulary
  ) throws(TokenizerError) {
    var start = 0
    var number = 1
    while start < text.count {
      let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
      var line = text[start..<end]
      // A line may end as on Windows; no token has a bare carriage return in it.
      if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
      // The first line may say "#version: 0.2"; other lines may well begin with a # that is a token.
      let isHeader = number == 1 && line.starts(with: "#version".utf8)
      if !isHeader {
        try vocabulary.appendMerge(line, file: file) { .line(number, column: $0 + 1) }
      }
      start = end + 1
      number += 1
    }
  }

  /// A member's name as a part of an RFC 6901 pointer.
  private static func escaped(_ name: String) -> String {
    var result = ""
    for scalar in name.unicodeScalars {
      switch scalar {
      case "~": result += "~0"
      case "/": result += "~1"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
