internal import JSONText

/// What a model's files say of the marks that open and close a sequence.
struct TokenizerMarks {
  /// A mark by its text or its id, and the file that says so.
  struct Mark {
    /// Its text; nil where only the id is known.
    var text: String?
    /// Its id; nil where only the text is known.
    var id: Int?
    /// The file.
    var file: String
    /// Whether the file says that there is none.
    var isNone = false
  }

  private(set) var beginning: Mark?
  private(set) var end: Mark?

  /// Looks into `tokenizer_config.json`, `special_tokens_map.json`, `config.json` and
  /// `generation_config.json`, in this order.
  init(_ files: [(name: String, document: JSONDocument)]) {
    for (name, document) in files {
      beginning = beginning ?? Self.mark("bos_token", document, name)
      end = end ?? Self.mark("eos_token", document, name)
    }
  }

  /// Sets what no file names to what a class of transformers has by itself; for vocabularies of scalars.
  ///
  /// > Source: the tokenizer classes of transformers.
  mutating func complete(byClass name: String?) {
    let texts: (beginning: String, end: String)
    switch name {
    case "LlamaTokenizer"?, "LlamaTokenizerFast"?, "CodeLlamaTokenizer"?, "CodeLlamaTokenizerFast"?:
      texts = ("<s>", "</s>")
    case "GemmaTokenizer"?, "GemmaTokenizerFast"?: texts = ("<bos>", "<eos>")
    default: return
    }
    let file = "\(name ?? "") in tokenizer_config.json"
    beginning = beginning ?? Mark(text: texts.beginning, file: file)
    end = end ?? Mark(text: texts.end, file: file)
  }

  private static func mark(_ member: String, _ document: JSONDocument, _ file: String) -> Mark? {
    switch document.root[member] {
    case .null?: return Mark(file: file, isNone: true)
    case .string(let text)?: return Mark(text: text, file: file)
    case .object?:
      if case .string(let text)? = document.root[member]?["content"] {
        return Mark(text: text, file: file)
      }
    default: break
    }
    switch document.root[member + "_id"] {
    case .integer(let id)?: return Mark(id: Int(id), file: file)
    // Several ends of a chat: the first is the text's.
    case .array(let ids)?:
      guard case .integer(let id)? = ids.first else { return nil }
      return Mark(id: Int(id), file: file)
    default: return nil
    }
  }

  /// The id of the beginning of a sequence.
  ///
  /// What the post-processor puts in front of a text is it, whatever other files name; without one, where no file names
  /// any, `custom` if the vocabulary has that.
  func beginning(
    in vocabulary: MergeVocabulary, byCustom custom: String? = "</s>", front: String? = nil
  ) throws(TokenizerError) -> Int32? {
    try Self.id(opening(front), vocabulary, custom)
  }

  /// The mark of the beginning, where the post-processor puts `front` in front of a text.
  private func opening(_ front: String?) -> Mark? {
    guard let front else { return beginning }
    if let beginning, beginning.text == front { return beginning }
    return Mark(text: front, file: "tokenizer.json")
  }

  /// The id of the end of a sequence; `custom` where no file names one and the vocabulary has it.
  func end(
    in vocabulary: MergeVocabulary, byCustom custom: String? = "</s>"
  ) throws(TokenizerError) -> Int32? {
    try Self.id(end, vocabulary, custom)
  }

  /// The id of a mark, or that of `custom`.
  private static func id(
    _ mark: Mark?, _ vocabulary: MergeVocabulary, _ custom: String?
  ) throws(TokenizerError) -> Int32? {
    guard let mark else { return custom.flatMap { vocabulary.id(of: Array($0.utf8)) } }
    if mark.isNone { return nil }
    if let text = mark.text {
      guard let id = vocabulary.id(of: Array(text.utf8)) else {
        throw .malformed(
          file: vocabulary.file, place: .file,
          expected: "the token \(quoted(Array(text.utf8))), as \(mark.file) names it",
          found: "none")
      }
      return id
    }
    guard let id = mark.id, id >= 0, id < vocabulary.count else {
      throw .malformed(
        file: vocabulary.file, place: .file,
        expected: "the id \(mark.id ?? -1) of \(mark.file) among \(vocabulary.count) tokens",
        found: "none")
    }
    return Int32(id)
  }

  /// Where the marks were read, for a reader.
  func words(byCustom custom: String? = "</s>", front: String? = nil) -> String {
    func words(_ mark: Mark?) -> String {
      guard let mark else { return custom.map { "'\($0)' by custom" } ?? "none" }
      return mark.isNone ? "none (\(mark.file))" : mark.file
    }
    let beginning = opening(front)
    return beginning?.file == end?.file && beginning?.isNone == end?.isNone
      ? words(beginning) : "\(words(beginning)) and \(words(end))"
  }
}
