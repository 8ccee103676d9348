internal import JSONText

extension TokenizerJSON {
  /// An added token as the file has it.
  struct Added {
    /// Its text.
    var text: String
    /// Its id.
    var id: Int32
    /// Whether it is a mark rather than text.
    var isSpecial: Bool
    /// Where it stands, and how it is looked for.
    var item: JSON

    /// The token for looking it up; a sequence's mark is plain text, whatever the file says of it.
    func token(_ marks: (beginning: Int32?, end: Int32?)) -> AddedTokens.Token {
      func flag(_ name: String) -> Bool { item[name] == .bool(true) }
      return AddedTokens.Token(
        text: Array(text.utf8), id: id,
        isSpecial: isSpecial || id == marks.beginning || id == marks.end,
        stripsLeft: flag("lstrip"), stripsRight: flag("rstrip"),
        isSingleWord: flag("single_word"), isNormalized: flag("normalized"))
    }
  }

  /// The tokens that were added to the vocabulary.
  ///
  /// - Throws: ``TokenizerError`` for one that isn't written as such.
  func added() throws(TokenizerError) -> [Added] {
    guard let list = document.root["added_tokens"], list != .null else { return [] }
    guard case .array(let items) = list else {
      throw .json(document.error(at: "/added_tokens", "expected a list of added tokens"))
    }
    let flags = ["special", "lstrip", "rstrip", "single_word", "normalized"]
    let known = Set(flags + ["id", "content"])
    var (tokens, texts) = ([Added](), Set<[UInt8]>())
    for (index, item) in items.enumerated() {
      let pointer = "/added_tokens/\(index)"
      guard case .string(let text)? = item["content"], case .integer(let id)? = item["id"] else {
        throw .json(document.error(at: pointer, "expected an added token with 'id' and 'content'"))
      }
      do throws(JSONError) {
        try Self.checkMembers(of: item, known, at: pointer, document)
      } catch {
        throw .json(error)
      }
      for flag in flags {
        guard let value = item[flag] else { continue }
        guard case .bool = value else {
          throw .json(document.error(at: "\(pointer)/\(flag)", "expected true or false"))
        }
      }
      guard !text.isEmpty else {
        throw .json(
          document.error(at: pointer + "/content", "expected a text, found an empty string"))
      }
      // The package keeps the last alone, with whatever id and flags that has.
      // Compared byte by byte: two spellings of one character are two tokens.
      guard texts.insert(Array(text.utf8)).inserted else {
        throw .json(
          document.error(at: pointer + "/content", "the added token '\(text)' is listed twice"))
      }
      tokens.append(
        Added(
          text: text, id: Int32(clamping: id), isSpecial: item["special"] == .bool(true), item: item
        ))
    }
    return tokens
  }

  /// Ids of the added tokens that the model's own vocabulary has as well.
  func inVocabulary(_ added: [Added]) -> Set<Int32> {
    guard case .object(let members)? = document.root["model"]?["vocab"] else { return [] }
    let wanted = Set(added.map(\.text))
    let known = Set(members.lazy.map(\.name).filter(wanted.contains))
    return Set(added.filter { known.contains($0.text) }.map(\.id))
  }
}
