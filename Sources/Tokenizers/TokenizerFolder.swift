internal import Glibc
internal import JSONText

/// The tokenizer of a model's folder, and how it was found.
public struct TokenizerFolder: Sendable {
  /// The tokenizer.
  public let tokenizer: any Tokenizer
  /// Kind, cut and marks, each with the file that says so; one line.
  public let description: String
  /// What a reader of the ids should know.
  public let notes: [String]

  /// Opens the tokenizer of a folder in the hub's layout; nil when there is none.
  ///
  /// `tokenizer.model` says everything itself. Of byte-level files, the cut of the text is what
  /// `tokenizer.json` says; without that file, what the class in `tokenizer_config.json` or the model's type
  /// in `config.json` does; else what the merges leave possible. It is never assumed.
  ///
  /// - Throws: ``TokenizerError`` for files that can't be read, contradict each other, or use what isn't
  ///   understood here.
  public init?(_ folder: String) throws(TokenizerError) {
    func path(_ name: String) -> String { folder + "/" + name }
    func isThere(_ name: String) -> Bool { access(path(name), R_OK) == 0 }
    var files: [(name: String, document: JSONDocument)] = []
    for name in ["tokenizer_config.json", "special_tokens_map.json", "config.json"]
    where isThere(name) {
      do throws(JSONError) {
        files.append((name, try JSONDocument(contentsOf: path(name))))
      } catch {
        throw .json(error)
      }
    }
    let settings = Settings(files)
    let marks = TokenizerMarks(files)
    if isThere("tokenizer.json"), !isThere("tokenizer.model") {
      try settings.check()
      let json = try TokenizerJSON(file: path("tokenizer.json"))
      tokenizer = try json.tokenizer(marks)
      description =
        "byte-level BPE, cut as \(json.cut.words) (tokenizer.json), marks: \(marks.words)"
      notes = []
    } else if isThere("vocab.json") {
      try settings.check()
      let vocabulary = try ByteLevelBPE.vocabulary(
        path("vocab.json"), mergesFile: path("merges.txt"))
      let cut = try settings.cut(of: vocabulary)
      tokenizer = vocabulary.tokenizer(
        cut.cut, beginningOfSequence: try marks.beginning(in: vocabulary),
        endOfSequence: try marks.end(in: vocabulary))
      description =
        "byte-level BPE, cut as \(cut.cut.words) (\(cut.source)), marks: \(marks.words)"
      notes = cut.note.map { [$0] } ?? []
    } else if isThere("tokenizer.model") {
      let model = try SentencePieceBPE(modelFile: path("tokenizer.model"))
      try settings.check(prefixSpace: model.addsSpaceInFront)
      tokenizer = model
      description = "SentencePiece BPE, marks: tokenizer.model"
      notes = []
    } else {
      return nil
    }
  }
}

/// What `tokenizer_config.json` and `config.json` say of how text is read.
private struct Settings {
  private let tokenizer: JSONDocument?
  private let modelType: String?
  private let tokenizerClass: String?

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

  /// Sees that no setting changes ids without being followed; `prefixSpace` says whether the vocabulary's
  /// own file puts a space in front of the text.
  ///
  /// - Throws: ``TokenizerError`` at the first that does.
  func check(prefixSpace: Bool = false) throws(TokenizerError) {
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
        member.value["special"] != .bool(true), !isMark(text)
      else { continue }
      throw .json(
        tokenizer.error(
          at: "/added_tokens_decoder/\(member.name)/content",
          "expected a mark such as <name>, found \(quoted(Array(text.utf8))), which is ordinary text"
        ))
    }
  }

  /// How the text of `vocab.json` and `merges.txt` is cut, and what says so.
  func cut(of vocabulary: ByteLevelVocabulary) throws(TokenizerError)
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
    let known = PreTokenizer.allCases.map(\.words).joined(separator: ", ")
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
