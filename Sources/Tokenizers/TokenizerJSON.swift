internal import JSONText

/// A `tokenizer.json` of the tokenizers package: byte pair encoding over bytes with one of the known cuts, or over
/// scalars.
///
/// Every part that can change ids is understood, or refused by name. Post-processors and decoders change
/// none: marks are added by a protocol, never by the tokenizer.
///
/// > Source: serialized forms of the tokenizers package, 0.23.
struct TokenizerJSON {
  /// What the vocabulary is made of, and what happens to text before pairs are merged.
  enum Form {
    /// Bytes: how text is cut, and whether it is brought to normalization form C before.
    case bytes(cut: PreTokenizer, composes: Bool)
    /// Scalars, as SentencePiece has them.
    case scalars(steps: [NormalizationStep], cuts: [CutStep])
  }

  let document: JSONDocument
  let form: Form
  /// The text of the token that the post-processor puts in front, if it does.
  let front: String?

  /// Reads how text is cut.
  ///
  /// - Throws: ``TokenizerError`` at the first part that isn't understood.
  init(file: String) throws(TokenizerError) {
    do throws(JSONError) {
      try self.init(JSONDocument(contentsOf: file))
    } catch {
      throw .json(error)
    }
  }

  /// Reads how text is cut.
  ///
  /// - Throws: at the first part that isn't understood.
  init(_ document: JSONDocument) throws(JSONError) {
    self.document = document
    try Self.checkMembers(document)
    if Self.isOfScalars(document) {
      try Self.checkModel(document, ofScalars: true)
      form = try Self.scalarForm(document)
    } else {
      let composes = try Self.composes(document)
      try Self.checkModel(document, ofScalars: false)
      form = .bytes(cut: try Self.cut(document), composes: composes)
    }
    try Self.checkDecoder(document)
    front = try Self.front(document)
  }

  /// Kind and cut, for a reader.
  var words: String {
    switch form {
    case .bytes(let cut, _): "byte-level BPE, cut as \(cut.words) (tokenizer.json)"
    case .scalars: "BPE over scalars (tokenizer.json)"
    }
  }

  /// Whether the vocabulary is one of scalars: what only such have, and no part that makes bytes of text.
  private static func isOfScalars(_ document: JSONDocument) -> Bool {
    let cuts = flattened(document.root["pre_tokenizer"], "pretokenizers")
    if cuts.contains(where: { $0["type"] == .string("ByteLevel") }) { return false }
    return document.root["model"]?["byte_fallback"] == .bool(true)
      || cuts.contains { $0["type"] == .string("Metaspace") }
      || flattened(document.root["normalizer"], "normalizers").contains {
        $0["type"] == .string("Prepend") || $0["type"] == .string("Replace")
      }
  }

  /// The tokenizer, and what a reader of its ids should know.
  ///
  /// - Throws: ``TokenizerError`` when vocabulary, merges or marks contradict each other.
  func tokenizer(_ marks: TokenizerMarks) throws(TokenizerError)
    -> (tokenizer: any Tokenizer, notes: [String])
  {
    let added = try added()
    let texts = try ByteLevelBPE.texts(
      document, at: "/model/vocab", added: added.map { ($0.text, Int($0.id)) })
    guard case .array(let pairs)? = document.root["model"]?["merges"] else {
      throw .json(document.error(at: "/model", "missing required member 'merges'"))
    }
    var vocabulary = try MergeVocabulary(
      texts, file: document.file, mergeCapacity: pairs.count
    ) { .token($0) }
    for (number, pair) in pairs.enumerated() {
      try append(pair, number, to: &vocabulary)
    }
    // Where both lists have a token, its id is the vocabulary's.
    let known = added.map { token in
      var token = token
      token.id = vocabulary.id(of: Array(token.text.utf8)) ?? token.id
      return token
    }
    let marks = (
      beginning: try marks.beginning(in: vocabulary, byCustom: custom, front: front),
      end: try marks.end(in: vocabulary, byCustom: custom)
    )
    switch form {
    case .bytes(let cut, let composes):
      return try byteLevel(vocabulary, cut, composes: composes, known, marks)
    case .scalars(let steps, let cuts):
      return (try scalars(vocabulary, steps, cuts, known, marks), [])
    }
  }

  /// The marks where no file names any: OPT's for bytes, none for scalars.
  var custom: String? {
    if case .bytes = form { return "</s>" }
    return nil
  }

  /// Adds a merge, which is `"left right"` or `["left", "right"]`.
  private func append(
    _ pair: JSON, _ number: Int, to vocabulary: inout MergeVocabulary
  ) throws(TokenizerError) {
    switch pair {
    case .string(let line):
      try vocabulary.appendMerge(Array(line.utf8)[...], file: document.file) { _ in
        .merge(number)
      }
    case .array(let parts):
      guard parts.count == 2, case .string(let left) = parts[0], case .string(let right) = parts[1]
      else { fallthrough }
      try vocabulary.appendMerge(
        Array(left.utf8)[...], Array(right.utf8)[...], file: document.file
      ) { _ in .merge(number) }
    default:
      throw .json(
        document.error(
          at: "/model/merges/\(number)", "expected \"left right\" or [\"left\", \"right\"]"))
    }
  }
}
