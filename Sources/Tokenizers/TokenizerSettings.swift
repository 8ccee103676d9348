internal import JSONText

/// What `tokenizer_config.json` and `config.json` say of how text is read.
struct TokenizerSettings {
  private let tokenizer: JSONDocument?
  private let modelType: String?
  /// The class of transformers that reads the files.
  let tokenizerClass: String?

  init(_ files: [(name: String, document: JSONDocument)]) {
    func document(_ name: String) -> JSONDocument? { files.first { $0.name == name }?.document }
    func text(_ value: JSON?) -> String? {
      guard case .string(let text)? = value else { return nil }
      return text
    }
    tokenizer = document("tokenizer_config.json")
    let configuration = document("config.json")
    modelType = text(configuration?.root["model_type"])
    tokenizerClass = text(tokenizer?.root["tokenizer_class"])
  }

  /// `add_bos_token`: whether the mark of the beginning is put in front of a text.
  var addsBeginning: Bool? {
    guard case .bool(let flag)? = tokenizer?.root["add_bos_token"] else { return nil }
    return flag
  }

  /// Sees that no setting changes ids without being followed; `prefixSpace` says whether the vocabulary's
  /// own file puts a space in front of the text, `known` which added tokens it has.
  ///
  /// - Throws: ``TokenizerError`` at the first that does.
  func check(prefixSpace: Bool = false, has known: Set<String> = []) throws(TokenizerError) {
    guard let tokenizer else { return }
    if case .bool(let flag)? = tokenizer.root["add_prefix_space"], flag != prefixSpace {
      throw .json(
        tokenizer.error(at: "/add_prefix_space", "expected \(prefixSpace), found \(flag)"))
    }
    if tokenizer.root["do_lower_case"] == .bool(true) {
      throw .json(tokenizer.error(at: "/do_lower_case", "expected false, found true"))
    }
    guard case .object(let added)? = tokenizer.root["added_tokens_decoder"] else { return }
    for member in added {
      guard case .string(let text)? = member.value["content"],
        member.value["special"] != .bool(true), !isMark(text), !known.contains(text)
      else { continue }
      throw .json(
        tokenizer.error(
          at: "/added_tokens_decoder/\(member.name)/content",
          "expected a mark such as <name>, found \(quoted(Array(text.utf8))), which is ordinary text"
        ))
    }
  }

  /// How the text of `vocab.json` and `merges.txt` is cut, and what says so.
  func cut(of vocabulary: MergeVocabulary) throws(TokenizerError)
    -> (cut: PreTokenizer, source: String, note: String?)
  {
    if let name = tokenizerClass, let cut = Self.classes[name] {
      return (cut, "\(name) in tokenizer_config.json", nil)
    }
    if let modelType, let cut = Self.types[modelType] {
      return (cut, "model_type \"\(modelType)\" in config.json", nil)
    }
    let evidence = CutEvidence(vocabulary)
    if evidence.isEmpty { return (.gpt2, "no merges, so that no cut matters", nil) }
    if evidence.possible.count == 1 {
      return (evidence.possible[0], "merges.txt allows no other", nil)
    }
    if evidence.isPlain {
      return (
        .gpt2, "merges.txt, of plain letters",
        "no file says how text is cut; GPT-2's cut was taken, and others differ for these merges only "
          + "behind an apostrophe"
      )
    }
    let known = CutEvidence.known.map(\.words).joined(separator: ", ")
    let names = evidence.possible.map(\.words).joined(separator: ", ")
    throw .malformed(
      file: vocabulary.file, place: .file,
      expected:
        "tokenizer.json, or a tokenizer_class in tokenizer_config.json, that says how text is cut "
        + "(known: \(known))",
      found: evidence.possible.isEmpty
        ? "neither, and merges that none of those makes" : "neither, and merges that fit \(names)")
  }

  /// The cut of each class that reads `vocab.json` and `merges.txt`.
  ///
  /// > Source: the tokenizer classes of transformers.
  private static let classes: [String: PreTokenizer] = [
    "GPT2Tokenizer": .gpt2, "GPT2TokenizerFast": .gpt2, "Qwen2Tokenizer": .qwen2,
    "Qwen2TokenizerFast": .qwen2,
  ]

  /// The cut of the class that a model's type has without `tokenizer_config.json`.
  ///
  /// > Source: `tokenization_auto.py` of transformers.
  private static let types: [String: PreTokenizer] = ["opt": .gpt2, "gpt2": .gpt2, "qwen2": .qwen2]
}
