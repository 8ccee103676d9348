internal import JSONText

extension TokenizerJSON {
  /// The tokenizer of a vocabulary of bytes, and what a reader of its ids should know.
  ///
  /// Added tokens are found in text unless they are special; so aren't those that look like marks, `<tool_call>`,
  /// which no ordinary text contains.
  ///
  /// - Throws: ``TokenizerError`` where bytes that the vocabulary lacks would become a token for unknown ones.
  func byteLevel(
    _ vocabulary: MergeVocabulary, _ cut: PreTokenizer, composes: Bool, _ added: [Added],
    _ marks: (beginning: Int32?, end: Int32?)
  ) throws(TokenizerError) -> (tokenizer: any Tokenizer, notes: [String]) {
    let onlyAdded = Set(added.map(\.id)).subtracting(inVocabulary(added))
    let plain = added.filter { !$0.token(marks).isSpecial && isMark($0.text) }
    let tokens = added.map { added in
      var token = added.token(marks)
      token.isSpecial = token.isSpecial || isMark(added.text)
      return token
    }
    let tokenizer = vocabulary.tokenizer(
      cut, beginningOfSequence: marks.beginning, endOfSequence: marks.end, composes: composes,
      takesWholePieces: document.root["model"]?["ignore_merges"] == .bool(true), added: tokens
    ) { !onlyAdded.contains($0) }
    if case .string(let text)? = document.root["model"]?["unk_token"],
      let missing = tokenizer.missingBytes.first(where: { $0 < 0xC0 || (0xC2...0xF4).contains($0) })
    {
      throw .json(
        document.error(
          at: "/model/unk_token",
          "expected none in a vocabulary without byte \(missing), found "
            + "\(quoted(Array(text.utf8))), which isn't put in its place here"))
    }
    guard let first = plain.first else { return (tokenizer, []) }
    let others = plain.count > 1 ? " and \(plain.count - 1) more" : ""
    return (
      tokenizer,
      [
        "\(quoted(Array(first.text.utf8)))\(others) in a text are read as plain text, though they "
          + "aren't marked as special"
      ]
    )
  }

  /// `normalizer`: none, or form C.
  static func composes(_ document: JSONDocument) throws(JSONError) -> Bool {
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

  /// `pre_tokenizer`: the parts of one of the known cuts.
  static func cut(_ document: JSONDocument) throws(JSONError) -> PreTokenizer {
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
      try keepsEveryMatch(first, document), case .string(let pattern)? = first["pattern"]?["Regex"],
      let cut = patterns.first(where: { $0.pattern == pattern })?.cut
    {
      return cut
    }
    throw refuse(
      "expected one of the cuts \(known); found \(before.map { name(of: $0) }.joined(separator: ", "))"
    )
  }

  /// Whether a Split leaves its matches as they are, with nothing between them lost: each on its own, or what lies
  /// between removed, of which there is nothing with the patterns below, as they match all of any text.
  ///
  /// - Throws: `JSONError` for another way, which would cut or lose text otherwise.
  private static func keepsEveryMatch(_ part: JSON, _ document: JSONDocument) throws(JSONError)
    -> Bool
  {
    let inverts = part["invert"] ?? .bool(false) == .bool(true)
    switch (part["behavior"], inverts) {
    case (.string("Isolated")?, false), (.string("Removed")?, true): return true
    default:
      var behavior = "none"
      if case .string(let name)? = part["behavior"] { behavior = "\"\(name)\"" }
      throw document.error(
        at: "/pre_tokenizer",
        "expected a Split with \"behavior\": \"Isolated\", or \"Removed\" with \"invert\": true; found "
          + "\(behavior) with \"invert\": \(inverts)")
    }
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
    (
      #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
      .tekken
    ),
  ]
}
