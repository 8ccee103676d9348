internal import JSONText

/// A `tokenizer.json` of the tokenizers package: byte-level BPE with one of the known cuts.
///
/// Every part that can change ids is understood, or refused by name. Post-processors and decoders change
/// none: marks are added by a protocol, never by the tokenizer.
///
/// > Source: serialized forms of the tokenizers package, 0.22.
struct TokenizerJSON {
  let document: JSONDocument
  /// How text is cut.
  let cut: PreTokenizer
  /// Whether text is brought to normalization form C.
  let composes: Bool

  /// Reads how text is cut.
  ///
  /// - Throws: ``TokenizerError`` at the first part that isn't understood.
  init(file: String) throws(TokenizerError) {
    do throws(JSONError) {
      document = try JSONDocument(contentsOf: file)
      composes = try Self.composes(document)
      try Self.checkModel(document)
      cut = try Self.cut(document)
    } catch {
      throw .json(error)
    }
  }

  /// The tokens that were added to the vocabulary.
  ///
  /// - Throws: ``TokenizerError`` for one that is found in ordinary text before it is cut.
  func added() throws(TokenizerError) -> [(text: String, id: Int)] {
    guard case .array(let items)? = document.root["added_tokens"] else { return [] }
    var tokens: [(text: String, id: Int)] = []
    for (index, item) in items.enumerated() {
      let pointer = "/added_tokens/\(index)"
      guard case .string(let text)? = item["content"], case .integer(let id)? = item["id"] else {
        throw .json(document.error(at: pointer, "expected an added token with 'id' and 'content'"))
      }
      guard item["special"] == .bool(true) || isMark(text) else {
        throw .json(
          document.error(
            at: pointer + "/content",
            "expected a mark such as <name>, found \(quoted(Array(text.utf8))), which is ordinary text"
          ))
      }
      tokens.append((text, Int(id)))
    }
    return tokens
  }

  /// The tokenizer.
  ///
  /// - Throws: ``TokenizerError`` when vocabulary, merges or marks contradict each other.
  func tokenizer(_ marks: TokenizerMarks) throws(TokenizerError) -> ByteLevelBPE {
    let added = try added()
    let texts = try ByteLevelBPE.texts(document, at: "/model/vocab", added: added)
    let merges = document.root["model"]?["merges"]
    guard case .array(let pairs)? = merges else {
      throw .json(document.error(at: "/model", "missing required member 'merges'"))
    }
    var vocabulary = try ByteLevelVocabulary(
      texts, file: document.file, mergeCapacity: pairs.count
    ) { .token($0) }
    for (number, pair) in pairs.enumerated() {
      guard let line = Self.line(pair) else {
        throw .json(
          document.error(
            at: "/model/merges/\(number)", "expected \"left right\" or [\"left\", \"right\"]"))
      }
      try vocabulary.appendMerge(Array(line.utf8)[...], file: document.file) { _ in
        .merge(number)
      }
    }
    let special = Set(added.compactMap { vocabulary.id(of: Array($0.text.utf8)) })
    return vocabulary.tokenizer(
      cut, beginningOfSequence: try marks.beginning(in: vocabulary),
      endOfSequence: try marks.end(in: vocabulary), composes: composes,
      takesWholePieces: document.root["model"]?["ignore_merges"] == .bool(true)
    ) { !special.contains($0) }
  }

  /// A merge as a line of merges.txt.
  private static func line(_ merge: JSON) -> String? {
    switch merge {
    case .string(let text): return text
    case .array(let parts):
      guard parts.count == 2, case .string(let left) = parts[0], case .string(let right) = parts[1]
      else { return nil }
      return left + " " + right
    default: return nil
    }
  }

  /// `normalizer`: none, or form C.
  private static func composes(_ document: JSONDocument) throws(JSONError) -> Bool {
    let parts = flattened(document.root["normalizer"], "normalizers")
    var composes = false
    for part in parts {
      guard part["type"] == .string("NFC") else {
        throw document.error(
          at: "/normalizer", "expected none or NFC, found \(name(of: part))")
      }
      composes = true
    }
    return composes
  }

  /// `model`: BPE without what isn't merged by rank alone.
  private static func checkModel(_ document: JSONDocument) throws(JSONError) {
    guard case .object(let members)? = document.root["model"] else {
      throw document.error(at: "", "missing required member 'model'")
    }
    let model = document.root["model"]
    // Old files name no type; what has merges is BPE.
    if model?["type"] != nil || model?["merges"] == nil, model?["type"] != .string("BPE") {
      throw document.error(at: "/model", "expected a model of type BPE, found \(name(of: model))")
    }
    let fixed: [String: [JSON]] = [
      "dropout": [.null, .integer(0), .number(0, text: "0.0")],
      "continuing_subword_prefix": [.null, .string("")],
      "end_of_word_suffix": [.null, .string("")],
      "byte_fallback": [.bool(false)],
    ]
    let read: Set = ["type", "vocab", "merges", "ignore_merges", "unk_token", "fuse_unk"]
    for member in members where !read.contains(member.name) {
      let pointer = "/model" + "/" + member.name
      guard let allowed = fixed[member.name] else {
        throw document.error(at: pointer, "'\(member.name)' isn't read, and may change ids")
      }
      guard allowed.contains(member.value) else {
        throw document.error(
          at: pointer,
          member.name == "byte_fallback"
            ? "expected false, found true: SentencePiece's vocabularies are read from tokenizer.model"
            : "expected none, found another value, which isn't read")
      }
    }
  }

  /// `pre_tokenizer`: the parts of one of the known cuts.
  private static func cut(_ document: JSONDocument) throws(JSONError) -> PreTokenizer {
    let parts = flattened(document.root["pre_tokenizer"], "pretokenizers")
    func refuse(_ reason: String) -> JSONError { document.error(at: "/pre_tokenizer", reason) }
    let known = PreTokenizer.allCases.map(\.words).joined(separator: ", ")
    guard let last = parts.last, last["type"] == .string("ByteLevel") else {
      throw refuse(
        "expected one of the cuts \(known), which end with ByteLevel; found "
          + (parts.isEmpty ? "none" : parts.map { name(of: $0) }.joined(separator: ", ")))
    }
    guard last["add_prefix_space"] ?? .bool(true) == .bool(false) else {
      throw refuse("expected 'add_prefix_space' false, found true: no space is put in front here")
    }
    let usesPattern = last["use_regex"] ?? .bool(true) == .bool(true)
    let before = parts.dropLast()
    guard let first = before.first else {
      if usesPattern { return .gpt2 }
      throw refuse("expected 'use_regex' true, or a Split before it; found text that isn't cut")
    }
    if before.count == 1, first["type"] == .string("Digits"),
      first["individual_digits"] == .bool(true), usesPattern
    {
      return .smollm
    }
    if before.count == 1, first["type"] == .string("Split"), !usesPattern,
      first["behavior"] == .string("Isolated"), first["invert"] ?? .bool(false) == .bool(false),
      case .string(let pattern)? = first["pattern"]?["Regex"],
      let cut = patterns.first(where: { $0.pattern == pattern })?.cut
    {
      return cut
    }
    throw refuse(
      "expected one of the cuts \(known); found \(before.map { name(of: $0) }.joined(separator: ", "))"
    )
  }

  /// Patterns of a Split, as the hub's files spell them.
  private static let patterns: [(pattern: String, cut: PreTokenizer)] = [
    (
      #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
      .qwen2
    ),
    (
      #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
      .llama3
    ),
    (
      #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#, .gpt2
    ),
    (
      #"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#, .gpt2
    ),
  ]

  /// A part, or the parts of a Sequence; none for null.
  private static func flattened(_ value: JSON?, _ list: String) -> [JSON] {
    guard let value, value != .null else { return [] }
    guard value["type"] == .string("Sequence"), case .array(let parts)? = value[list] else {
      return [value]
    }
    return parts.flatMap { flattened($0, list) }
  }

  /// What a part is called, with its pattern where it has one.
  private static func name(of part: JSON?) -> String {
    guard case .string(let type)? = part?["type"] else { return "a part without a type" }
    guard case .string(let pattern)? = part?["pattern"]?["Regex"] else { return type }
    return "\(type) by \(pattern)"
  }
}
