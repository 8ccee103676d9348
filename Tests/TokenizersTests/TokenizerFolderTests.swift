import JSONText
import TestSupport
import Testing
import Tokenizers

/// Folders of the hub: which file says how text is cut and which marks there are.
@Suite("A folder's tokenizer")
struct TokenizerFolderTests {
  private let folder: TemporaryFolder
  /// Merges that tell the cuts apart: `(b` is Qwen2's and Llama 3's, `12` GPT-2's and Llama 3's.
  private let small = SmallVocabulary([
    ("t", "h"), ("th", "e"), ("(", "b"), ("1", "2"), ("12", "3"), ("123", "4"),
  ])

  init() throws { folder = try TemporaryFolder() }

  private func write(_ files: [String: String]) throws {
    for (name, text) in files { try folder.write(text, to: name) }
  }

  /// The files of vocabulary and merges.
  private func writeVocabulary(_ vocabulary: SmallVocabulary, lineEnd: String = "\n") throws {
    try write([
      "vocab.json": vocabulary.json,
      "merges.txt": (["#version: 0.2"] + vocabulary.merges).joined(separator: lineEnd) + lineEnd,
    ])
  }

  private func tokenizerJSON(
    _ preTokenizer: String, model: String = "", more: String = "",
    vocabulary: SmallVocabulary? = nil
  ) -> String {
    let vocabulary = vocabulary ?? small
    let merges = vocabulary.merges.map { "\"\($0)\"" }.joined(separator: ", ")
    return """
      {"version": "1.0", "pre_tokenizer": \(preTokenizer), "post_processor": null, "decoder": null,
       \(more)
       "model": {"type": "BPE", \(model) "vocab": \(vocabulary.json), "merges": [\(merges)]}}
      """
  }

  private func complaint() -> String {
    do {
      guard let found = try TokenizerFolder(folder.path) else { return "none" }
      return found.description
    } catch {
      let text = "\(error)".split(separator: folder.path + "/", omittingEmptySubsequences: false)
        .joined()
      return String(text.split(separator: "\n", omittingEmptySubsequences: false)[0])
    }
  }

  private func ids(_ text: String) throws -> [Int32] {
    try #require(try TokenizerFolder(folder.path)).tokenizer.encode(text).ids
  }

  private static let byteLevel =
    #"{"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}"#
  private static func split(_ number: String) -> String {
    let pattern =
      #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"# + number
      + #"| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"#
    return """
      {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": "\(pattern)"}, "behavior": "Isolated", "invert": false},
        {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false}]}
      """
  }

  @Test("A Split that removes what lies between its matches is one that isolates them")
  func invertedSplit() throws {
    let cut = Self.split(#"\\p{N}"#)
    try write([
      "tokenizer.json": tokenizerJSON(
        cut.replacing("Isolated", with: "Removed")
          .replacing("\"invert\": false", with: "\"invert\": true"))
    ])
    #expect(try ids("(b1234") == ["(b", "1", "2", "3", "4"].map { small.id($0) })
  }

  @Test(
    "tokenizer.json alone",
    arguments: [
      (byteLevel, "GPT-2's", ["(", "b", "1234"]),
      (split(#"\\p{N}"#), "Qwen2's", ["(b", "1", "2", "3", "4"]),
      (split(#"\\p{N}{1,3}"#), "Llama 3's", ["(b", "123", "4"]),
      (
        #"{"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": true}, "#
          + byteLevel + "]}", "SmolLM's", ["(", "b", "1", "2", "3", "4"]
      ),
    ])
  func json(preTokenizer: String, words: String, expected: [String]) throws {
    try write(["tokenizer.json": tokenizerJSON(preTokenizer)])
    #expect(
      complaint() == "byte-level BPE, cut as \(words) (tokenizer.json), marks: '</s>' by custom")
    #expect(try ids("(b1234") == expected.map { small.id($0) })
    // It outranks files beside it that say less.
    try writeVocabulary(small)
    try write(["tokenizer_config.json": #"{"tokenizer_class": "GPT2Tokenizer"}"#])
    #expect(try ids("(b1234") == expected.map { small.id($0) })
  }

  @Test("Whole pieces before merges, as Llama 3 has it")
  func ignoringMerges() throws {
    var vocabulary = small
    vocabulary.tokens.append("thx")
    let cut = Self.split(#"\\p{N}{1,3}"#)
    try write(["tokenizer.json": tokenizerJSON(cut, vocabulary: vocabulary)])
    #expect(try ids("thx") == [vocabulary.id("th"), vocabulary.id("x")])
    try write([
      "tokenizer.json": tokenizerJSON(
        cut, model: #""ignore_merges": true,"#, vocabulary: vocabulary)
    ])
    #expect(try ids("thx the") == [vocabulary.id("thx"), vocabulary.id(" "), vocabulary.id("the")])
  }

  @Test("Parts that would change ids are refused by name")
  func refusals() throws {
    let cases: [(String, String)] = [
      (
        tokenizerJSON(#"{"type": "ByteLevel"}"#),
        "/pre_tokenizer: expected 'add_prefix_space' false, found true: no space is put in front here"
      ),
      (
        tokenizerJSON("null"),
        "/pre_tokenizer: expected one of the cuts GPT-2's, SmolLM's, Qwen2's, Llama 3's, Tekken's, which "
          + "end with ByteLevel; found none"
      ),
      (
        tokenizerJSON(Self.split(#"\\p{N}{1,2}"#)),
        "/pre_tokenizer: expected one of the cuts GPT-2's, SmolLM's, Qwen2's, Llama 3's, Tekken's; found Split by "
          + #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,2}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
      ),
      (
        tokenizerJSON(Self.split(#"\\p{N}"#).replacing("Isolated", with: "Removed")),
        "/pre_tokenizer: expected a Split with \"behavior\": \"Isolated\", or \"Removed\" with \"invert\": "
          + "true; found \"Removed\" with \"invert\": false"
      ),
      (
        tokenizerJSON(Self.byteLevel, more: #""normalizer": {"type": "Lowercase"},"#),
        "/normalizer: expected none or NFC, found Lowercase"
      ),
      (
        tokenizerJSON(Self.byteLevel, model: #""dropout": 0.1,"#),
        "/model/dropout: expected none, found another value, which isn't read"
      ),
      (
        tokenizerJSON(Self.byteLevel, model: #""byte_fallback": true,"#),
        "/model/byte_fallback: expected false, found true: a vocabulary of bytes has nothing to fall back to"
      ),
      (
        tokenizerJSON(Self.byteLevel, model: #""new": 1,"#),
        "/model/new: 'new' isn't read, and may change ids"
      ),
      (
        tokenizerJSON(
          Self.byteLevel,
          more: #""added_tokens": [{"id": 262, "content": "", "special": false}],"#),
        "/added_tokens/0/content: expected a text, found an empty string"
      ),
      (
        tokenizerJSON(
          Self.byteLevel,
          more: #""added_tokens": [{"id": 262, "content": "x", "lstrip": 1}],"#),
        "/added_tokens/0/lstrip: expected true or false"
      ),
      (
        tokenizerJSON(Self.byteLevel, more: #""filters": [],"#),
        ": 'filters' isn't read, and may change ids"
      ),
      (
        tokenizerJSON(Self.byteLevel).replacing(
          #""decoder": null"#, with: #""decoder": {"type": "CTC"}"#),
        "/decoder: expected none or ByteFallback, ByteLevel, Fuse, Metaspace, Replace, Strip, found CTC"
      ),
      (
        tokenizerJSON(Self.byteLevel)
          .replacing(#""post_processor": null"#, with: #""post_processor": {"type": "Other"}"#),
        "/post_processor: expected none, TemplateProcessing, ByteLevel, RobertaProcessing or "
          + "BertProcessing, found Other"
      ),
      (
        tokenizerJSON(Self.byteLevel).replacing(
          #""post_processor": null"#, with: Self.template("<s>", "<a>", nil)),
        "/post_processor: expected at most one token in front of a text, found '<s>' and '<a>'"
      ),
      (
        tokenizerJSON(Self.byteLevel).replacing(
          #""post_processor": null"#, with: Self.template("<s>", nil, nil)),
        "/post_processor: expected a TemplateProcessing with the text once in 'single'"
      ),
      (
        tokenizerJSON(Self.byteLevel).replacing(#""version": "1.0""#, with: #""version": "2.0""#),
        "/version: expected version \"1.0\", which this build reads"
      ),
      (
        tokenizerJSON(
          Self.byteLevel,
          more: #""added_tokens": [{"id": 262, "content": "x"}, {"id": 263, "content": "x"}],"#),
        "/added_tokens/1/content: the added token 'x' is listed twice"
      ),
    ]
    for (text, expected) in cases {
      try write(["tokenizer.json": text])
      let error = #expect(throws: TokenizerError.self) { try TokenizerFolder(folder.path) }
      guard case .json(let found)? = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect("\(found.pointer): \(found.reason)" == expected)
    }
  }

  /// A post-processor of these tokens in turn; nil stands for the text.
  private static func template(_ pieces: String?...) -> String {
    let single = pieces.map {
      $0.map { #"{"SpecialToken": {"id": "\#($0)", "type_id": 0}}"# }
        ?? #"{"Sequence": {"id": "A", "type_id": 0}}"#
    }
    return
      #""post_processor": {"type": "TemplateProcessing", "single": [\#(single.joined(separator: ", "))]}"#
  }

  @Test("Added tokens follow the vocabulary, and never spell text")
  func added() throws {
    let count = small.tokens.count
    try write([
      "tokenizer.json": tokenizerJSON(
        Self.byteLevel,
        more: """
          "added_tokens": [{"id": 1, "content": "</s>", "special": true},
            {"id": \(count), "content": "<tool>", "special": false}],
          """),
      "tokenizer_config.json": #"{"bos_token": null, "eos_token": {"content": "<tool>"}}"#,
    ])
    let tokenizer = try #require(try TokenizerFolder(folder.path)).tokenizer
    #expect(tokenizer.vocabularySize == count + 1)
    #expect(tokenizer.beginningOfSequence == nil && tokenizer.endOfSequence == Int32(count))
    #expect(tokenizer.encode("<tool>").ids.count == 6)
  }

  @Test("Ordinary added tokens are found before text is cut; those that look like marks aren't")
  func ordinaryAdded() throws {
    let count = small.tokens.count
    try write([
      "tokenizer.json": tokenizerJSON(
        Self.byteLevel,
        more: """
          "added_tokens": [{"id": \(count), "content": "h e", "special": false},
            {"id": \(count + 1), "content": "<think>", "special": false},
            {"id": \(count + 2), "content": "</think>", "special": false}],
          """)
    ])
    let found = try #require(try TokenizerFolder(folder.path))
    #expect(found.tokenizer.encode("th e").ids == [small.id("t"), Int32(count)])
    #expect(found.tokenizer.encode("<think>").ids.count == 6)
    #expect(try found.tokenizer.decode([small.id("t"), Int32(count)]) == Array("th e".utf8))
    #expect(
      found.notes == [
        "'<think>' and 1 more in a text are read as plain text, though they aren't marked as special"
      ])
  }

  @Test("An unknown token would take the place of bytes that the vocabulary lacks")
  func unknownByte() throws {
    try write([
      "tokenizer.json": tokenizerJSON(
        Self.byteLevel, model: #""unk_token": "<unk>","#,
        vocabulary: SmallVocabulary(missing: [0x41]))
    ])
    let error = #expect(throws: TokenizerError.self) { try TokenizerFolder(folder.path) }
    guard case .json(let found)? = error else { return }
    #expect(
      "\(found.pointer): \(found.reason)"
        == "/model/unk_token: expected none in a vocabulary without byte 65, found '<unk>', which isn't "
        + "put in its place here")
  }

  @Test("Without tokenizer.json: the class, then the model's type")
  func classes() throws {
    try writeVocabulary(small)
    try write(["config.json": #"{"model_type": "qwen2"}"#])
    #expect(
      complaint()
        == "byte-level BPE, cut as Qwen2's (model_type \"qwen2\" in config.json), marks: '</s>' by custom"
    )
    try write(["tokenizer_config.json": #"{"tokenizer_class": "GPT2Tokenizer"}"#])
    #expect(
      complaint().hasPrefix(
        "byte-level BPE, cut as GPT-2's (GPT2Tokenizer in tokenizer_config.json)"))
    #expect(try ids("(b12") == ["(", "b", "12"].map { small.id($0) })
    try write(["tokenizer_config.json": #"{"add_prefix_space": true}"#])
    #expect(complaint() == "tokenizer_config.json:1:22: error: expected false, found true")
  }

  @Test("Where nothing says it: what the merges leave possible, or nothing")
  func evidence() throws {
    try write(["config.json": #"{"model_type": "llama"}"#])
    func told(_ pairs: [(String, String)]) throws -> String {
      try writeVocabulary(SmallVocabulary(pairs))
      return complaint()
    }
    let refusal =
      "vocab.json: error: expected tokenizer.json, or a tokenizer_class in tokenizer_config.json, that "
      + "says how text is cut (known: GPT-2's, SmolLM's, Qwen2's, Llama 3's), found neither, and merges "
    #expect(try told([]).contains("cut as GPT-2's (no merges, so that no cut matters)"))
    #expect(
      try told([(" ", "1"), ("t", "h")]).contains("cut as GPT-2's (merges.txt allows no other)"))
    #expect(
      try told([("(", "b"), ("1", "2")]).contains("cut as Llama 3's (merges.txt allows no other)"))
    #expect(try told([("(", "b")]) == refusal + "that fit Qwen2's, Llama 3's")
    #expect(try told([(" ", " "), ("t", "h")]).hasPrefix(refusal + "that fit GPT-2's, SmolLM's"))
    #expect(try told([("(", "b"), (" ", "1")]) == refusal + "that none of those makes")
    #expect(try told([("n", "'"), ("n'", "t")]) == refusal + "that none of those makes")
    // Letters behind at most a space: the known cuts agree, but for capitals behind an apostrophe.
    #expect(
      try told([("t", "h"), ("h", "e"), (" ", "th")]).contains("(merges.txt, of plain letters)"))
    #expect(
      try TokenizerFolder(folder.path)?.notes == [
        "no file says how text is cut; GPT-2's cut was taken, and others differ for these merges only "
          + "behind an apostrophe"
      ])
    // Parts of a scalar are no evidence: Ж is D0 96.
    let parts = SmallVocabulary([(" ", "1")])
    var cut = parts
    cut.merges.append(
      SmallVocabulary.spelled([0x61]) + " " + SmallVocabulary.spelled([0xD0]))
    cut.tokens.append(SmallVocabulary.spelled([0x61, 0xD0]))
    try writeVocabulary(cut)
    #expect(complaint().contains("cut as GPT-2's (merges.txt allows no other)"))
  }

  @Test("Lines that end as on Windows")
  func windowsLines() throws {
    let plain = SmallVocabulary([("t", "h"), ("h", "e"), ("t", "he")])
    try writeVocabulary(plain, lineEnd: "\r\n")
    #expect(try ids("the hen") == ["th", "e", " ", "he", "n"].map { plain.id($0) })
  }

  @Test(
    "Marks: the first file that says something, and what it says",
    arguments: [
      ([:], "'</s>' by custom", 1, 1),
      (["config.json": #"{"bos_token_id": 7, "eos_token_id": [8, 9]}"#], "config.json", 7, 8),
      (
        [
          "special_tokens_map.json": #"{"bos_token": {"content": "<unk>"}}"#,
          "config.json": #"{"bos_token_id": 7, "eos_token_id": 8}"#,
        ],
        "special_tokens_map.json and config.json", 0, 8
      ),
      (
        [
          "tokenizer_config.json": #"{"bos_token": null, "eos_token": "<unk>"}"#,
          "config.json": #"{"bos_token_id": 7}"#,
        ],
        "none (tokenizer_config.json) and tokenizer_config.json", nil, 0
      ),
    ] as [([String: String], String, Int32?, Int32?)])
  func marks(files: [String: String], words: String, beginning: Int32?, end: Int32?) throws {
    try writeVocabulary(SmallVocabulary())
    try write(files)
    #expect(complaint().hasSuffix("marks: \(words)"))
    let tokenizer = try #require(try TokenizerFolder(folder.path)).tokenizer
    #expect(tokenizer.beginningOfSequence == beginning)
    #expect(tokenizer.endOfSequence == end)
  }

  @Test("Marks that the vocabulary doesn't have")
  func absentMarks() throws {
    try writeVocabulary(SmallVocabulary())
    try write(["tokenizer_config.json": #"{"bos_token": "<s>"}"#])
    #expect(
      complaint()
        == "vocab.json: error: expected the token '<s>', as tokenizer_config.json names it, found none"
    )
    try write(["tokenizer_config.json": "{}", "config.json": #"{"bos_token_id": 258}"#])
    #expect(
      complaint()
        == "vocab.json: error: expected the id 258 of config.json among 258 tokens, found none")
  }

  @Test("No tokenizer at all")
  func none() throws { #expect(complaint() == "none") }
}
