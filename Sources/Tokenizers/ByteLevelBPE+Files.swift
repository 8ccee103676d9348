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
    let mergesText: [UInt8]
    do throws(FileReadError) {
      mergesText = try fileBytes(at: mergesFile)
    } catch {
      throw .unreadable(error)
    }
    var vocabulary = try Self.vocabulary(vocabularyFile, mergeCapacity: mergesText.count / 8)
    try Self.readMerges(mergesText, file: mergesFile, into: &vocabulary)
    func mark(_ text: String?) throws(TokenizerError) -> Int32? {
      guard let text else { return nil }
      guard let id = vocabulary.id(of: Array(text.utf8)) else {
        throw .malformed(
          file: vocabularyFile, place: .file, expected: "a token \(quoted(Array(text.utf8)))",
          found: "none")
      }
      return id
    }
    self = try vocabulary.tokenizer(
      preTokenizer, beginningOfSequence: mark(beginningOfSequence),
      endOfSequence: mark(endOfSequence))
  }

  private static func vocabulary(
    _ file: String, mergeCapacity: Int
  ) throws(TokenizerError) -> ByteLevelVocabulary {
    let document: JSONDocument
    do throws(JSONError) {
      document = try JSONDocument(contentsOf: file)
    } catch {
      throw .json(error)
    }
    guard case .object(let members) = document.root else {
      throw .json(document.error(at: "", "expected an object from token to id"))
    }
    // Which member has each id.
    var memberOfID = [Int32](repeating: -1, count: members.count)
    for (position, member) in members.enumerated() {
      func error(_ reason: String) -> TokenizerError {
        .json(document.error(at: "/" + escaped(member.name), reason))
      }
      guard case .integer(let id) = member.value else {
        throw error("expected an integer id")
      }
      guard id >= 0, id < members.count else {
        throw error(
          "expected an id from 0 to \(members.count - 1), one for each token, found \(id)")
      }
      let earlier = memberOfID[Int(id)]
      guard earlier < 0 else {
        let name = quoted(Array(members[Int(earlier)].name.utf8))
        throw error("expected an id that no other token has, found \(id), which \(name) has too")
      }
      memberOfID[Int(id)] = Int32(position)
    }
    var texts = TokenTexts()
    texts.reserve(texts: members.count, bytes: members.count * 8)
    for position in memberOfID { texts.append(members[Int(position)].name.utf8) }
    return try ByteLevelVocabulary(texts, file: file, mergeCapacity: mergeCapacity) { .token($0) }
  }

  private static func readMerges(
    _ text: [UInt8], file: String, into vocabulary: inout ByteLevelVocabulary
  ) throws(TokenizerError) {
    var start = 0
    var number = 1
    while start < text.count {
      let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
      let line = text[start..<end]
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
