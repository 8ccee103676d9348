package import Checkpoints
package import JSONText
internal import System
package import Tokenizers

/// A byte-level vocabulary as files write it: tokens, merges, marks, and how text is cut.
package struct ByteLevelVocabulary: Sendable, Equatable {
  /// What a token is, by the numbers of `tokenizer.ggml.token_type`.
  package enum Kind: Int32, Sendable {
    case normal = 1
    case control = 3
    case userDefined = 4
    case unused = 5
  }

  /// Tokens in the order of their ids, spelled in the alphabet of bytes.
  package var tokens: [String] = []
  /// What each of them is.
  package var kinds: [Kind] = []
  /// Pairs in the order in which they merge, a blank between.
  package var merges: [String] = []
  /// How text is cut before pairs are merged.
  package var cut = PreTokenizer.gpt2
  /// Ids of marks: `bos`, `eos`, `unknown`, `padding`.
  package var marks: [String: Int] = [:]
  /// The chat template; nil without one.
  package var template: String?

  /// The vocabulary of a GGUF file; nil where it has another kind.
  ///
  /// - Throws: `CheckpointError` for metadata that can't be read.
  package init?(_ file: GGUFFile) throws {
    guard try file.string("tokenizer.ggml.model") == "gpt2",
      let cut = PreTokenizer(ggufName: try file.string("tokenizer.ggml.pre"))
    else { return nil }
    self.cut = cut
    tokens = try file.strings("tokenizer.ggml.tokens")
    merges = try file.strings("tokenizer.ggml.merges")
    let types =
      file.metadata["tokenizer.ggml.token_type"] == nil
      ? [] : try file.integers("tokenizer.ggml.token_type")
    kinds = tokens.indices.map { index in
      types.indices.contains(index)
        ? Kind(rawValue: Int32(clamping: types[index])) ?? .normal : .normal
    }
    for mark in ["bos", "eos", "unknown", "padding"] {
      let key = "tokenizer.ggml.\(mark)_token_id"
      if file.metadata[key] != nil { marks[mark] = try file.integer(key) }
    }
    if file.metadata["tokenizer.chat_template"] != nil {
      template = try file.string("tokenizer.chat_template")
    }
  }

  /// The vocabulary of a folder in the hub's layout; nil where it has another kind, or none.
  ///
  /// - Throws: `TokenizerError` or `JSONError` for files that can't be read.
  package init?(folder: String) throws {
    guard let found = try TokenizerFolder(folder)?.tokenizer as? ByteLevelBPE else { return nil }
    cut = found.preTokenizer
    var added: [(id: Int, text: String, isSpecial: Bool)] = []
    if isReadable(folder + "/tokenizer.json") {
      let root = try JSONDocument(contentsOf: folder + "/tokenizer.json").root
      tokens = Self.tokens(root["model"]?["vocab"])
      if case .array(let pairs)? = root["model"]?["merges"] { merges = pairs.compactMap(Self.pair) }
      if case .array(let list)? = root["added_tokens"] {
        added = list.compactMap { token in
          guard case .integer(let id)? = token["id"], case .string(let text)? = token["content"]
          else { return nil }
          return (Int(id), text, token["special"] == .bool(true))
        }
      }
    } else {
      tokens = Self.tokens(try JSONDocument(contentsOf: folder + "/vocab.json").root)
      let lines = String(decoding: try readFile(folder + "/merges.txt"), as: UTF8.self)
        .split(separator: "\n", omittingEmptySubsequences: true)
      merges = lines.enumerated().compactMap { index, line in
        index == 0 && line.hasPrefix("#version")
          ? nil : String(line.last == "\r" ? line.dropLast() : line)
      }
    }
    kinds = tokens.map { _ in .normal }
    for (id, text, isSpecial) in added.sorted(by: { $0.id < $1.id }) {
      while tokens.count <= id {
        tokens.append("")
        kinds.append(.unused)
      }
      tokens[id] = text
      kinds[id] = isSpecial ? .control : .userDefined
    }
    marks["bos"] = found.beginningOfSequence.map { Int($0) }
    marks["eos"] = found.endOfSequence.map { Int($0) }
    for name in ["tokenizer_config.json", "special_tokens_map.json"]
    where isReadable("\(folder)/\(name)") {
      let root = try JSONDocument(contentsOf: "\(folder)/\(name)").root
      for (mark, member) in [("unknown", "unk_token"), ("padding", "pad_token")] {
        let text = root[member]?["content"] ?? root[member]
        if marks[mark] == nil, case .string(let text)? = text {
          marks[mark] = tokens.firstIndex(of: text)
        }
      }
      if template == nil, case .string(let text)? = root["chat_template"] { template = text }
    }
    for id in marks.values where kinds.indices.contains(id) && kinds[id] == .normal {
      kinds[id] = .control
    }
  }

  private static func tokens(_ vocabulary: JSON?) -> [String] {
    guard case .object(let members)? = vocabulary else { return [] }
    var tokens = [String](repeating: "", count: members.count)
    for member in members {
      guard case .integer(let id) = member.value, tokens.indices.contains(Int(id)) else { continue }
      tokens[Int(id)] = member.name
    }
    return tokens
  }

  private static func pair(_ merge: JSON) -> String? {
    switch merge {
    case .string(let text): return text
    case .array(let parts):
      guard parts.count == 2, case .string(let left) = parts[0], case .string(let right) = parts[1]
      else { return nil }
      return "\(left) \(right)"
    default: return nil
    }
  }
}

extension ByteLevelVocabulary {
  /// Metadata of a GGUF file, with tokens filled up to `count`.
  package func keys(count: Int) -> [(name: String, value: GGUFFileWriter.Value)] {
    let missing = tokens.count..<max(count, tokens.count)
    var keys: [(name: String, value: GGUFFileWriter.Value)] = [
      ("tokenizer.ggml.model", .text("gpt2")), ("tokenizer.ggml.pre", .text(cut.ggufName)),
      ("tokenizer.ggml.tokens", .texts(tokens + missing.map { "[PAD\($0)]" })),
      (
        "tokenizer.ggml.token_type",
        .integers(kinds.map(\.rawValue) + missing.map { _ in Kind.unused.rawValue })
      ),
      ("tokenizer.ggml.merges", .texts(merges)),
      ("tokenizer.ggml.add_bos_token", .flag(false)),
      ("tokenizer.ggml.add_space_prefix", .flag(false)),
    ]
    for mark in marks.keys.sorted() {
      if let id = marks[mark] {
        keys.append(("tokenizer.ggml.\(mark)_token_id", .word(UInt32(id))))
      }
    }
    if let template { keys.append(("tokenizer.chat_template", .text(template))) }
    return keys
  }

  /// `tokenizer.json`.
  package var document: JSON {
    let special = tokens.indices.filter { kinds[$0] == .control || kinds[$0] == .userDefined }
    let added = special.map { id in
      JSON.object([
        JSON.Member("id", .integer(Int64(id))), JSON.Member("content", .string(tokens[id])),
        JSON.Member("single_word", .bool(false)), JSON.Member("lstrip", .bool(false)),
        JSON.Member("rstrip", .bool(false)), JSON.Member("normalized", .bool(false)),
        JSON.Member("special", .bool(kinds[id] == .control)),
      ])
    }
    let model = JSON.object([
      JSON.Member("type", .string("BPE")), JSON.Member("dropout", .null),
      JSON.Member("unk_token", .null), JSON.Member("continuing_subword_prefix", .null),
      JSON.Member("end_of_word_suffix", .null), JSON.Member("fuse_unk", .bool(false)),
      JSON.Member("byte_fallback", .bool(false)),
      JSON.Member("ignore_merges", .bool(cut == .llama3 || cut == .tekken)),
      JSON.Member(
        "vocab",
        .object(tokens.enumerated().map { JSON.Member($0.element, .integer(Int64($0.offset))) })),
      JSON.Member("merges", .array(merges.map { .string($0) })),
    ])
    return .object([
      JSON.Member("version", .string("1.0")), JSON.Member("truncation", .null),
      JSON.Member("padding", .null), JSON.Member("added_tokens", .array(added)),
      JSON.Member(
        "normalizer",
        cut == .qwen2 ? .object([JSON.Member("type", .string("NFC"))]) : .null),
      JSON.Member("pre_tokenizer", cutDocument), JSON.Member("post_processor", .null),
      JSON.Member("decoder", Self.byteLevel(cuts: true)), JSON.Member("model", model),
    ])
  }

  /// `tokenizer_config.json`.
  package var settings: JSON {
    var members = [
      JSON.Member("tokenizer_class", .string("PreTrainedTokenizerFast")),
      JSON.Member("add_prefix_space", .bool(false)),
      JSON.Member("clean_up_tokenization_spaces", .bool(false)),
    ]
    for (mark, member) in [
      ("bos", "bos_token"), ("eos", "eos_token"), ("unknown", "unk_token"),
      ("padding", "pad_token"),
    ] {
      if let id = marks[mark], tokens.indices.contains(id) {
        members.append(JSON.Member(member, .string(tokens[id])))
      }
    }
    if let template { members.append(JSON.Member("chat_template", .string(template))) }
    return .object(members)
  }

  private static func byteLevel(cuts: Bool) -> JSON {
    .object([
      JSON.Member("type", .string("ByteLevel")), JSON.Member("add_prefix_space", .bool(false)),
      JSON.Member("trim_offsets", .bool(true)), JSON.Member("use_regex", .bool(cuts)),
    ])
  }

  private var cutDocument: JSON {
    func sequence(_ first: JSON, cuts: Bool) -> JSON {
      .object([
        JSON.Member("type", .string("Sequence")),
        JSON.Member("pretokenizers", .array([first, Self.byteLevel(cuts: cuts)])),
      ])
    }
    func split(_ pattern: String) -> JSON {
      sequence(
        .object([
          JSON.Member("type", .string("Split")),
          JSON.Member("pattern", .object([JSON.Member("Regex", .string(pattern))])),
          JSON.Member("behavior", .string("Isolated")), JSON.Member("invert", .bool(false)),
        ]), cuts: false)
    }
    switch cut {
    case .gpt2: return Self.byteLevel(cuts: true)
    case .smollm:
      return sequence(
        .object([
          JSON.Member("type", .string("Digits")), JSON.Member("individual_digits", .bool(true)),
        ]), cuts: true)
    case .qwen2: return split(Self.pattern(numbers: #"\p{N}"#))
    case .llama3: return split(Self.pattern(numbers: #"\p{N}{1,3}"#))
    case .tekken:
      return split(
        #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|"#
          + #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|"#
          + #"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#)
    }
  }

  private static func pattern(numbers: String) -> String {
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + numbers
      + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }
}
