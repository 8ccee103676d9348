import JSONText
import TestSupport
import Testing
import Tokenizers

/// `tokenizer.json` of scalars: what is refused, and what stands beside it.
@Suite struct ScalarTokenizerTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let spaces = #"{"type": "Replace", "pattern": {"String": " "}, "content": "▁"}"#

  private func json(
    normalizer: String = spaces, cut: String = "null", model: String = "", more: String = ""
  ) -> String {
    """
    {"version": "1.0", \(more) "normalizer": \(normalizer), "pre_tokenizer": \(cut),
     "model": {"type": "BPE", \(model)
       "vocab": {"<unk>": 0, "<s>": 1, "</s>": 2, "▁": 3, "a": 4, "b": 5, "▁a": 6, "<": 7, ">": 8, "▁ab": 9},
       "merges": ["▁ a", ["▁a", "b"]]}}
    """
  }

  private func opened(_ text: String) throws -> TokenizerFolder {
    try folder.write(text, to: "tokenizer.json")
    return try #require(try TokenizerFolder(folder.path))
  }

  @Test("Parts that would change ids are refused by name")
  func refusals() throws {
    let cases: [(String, String)] = [
      (
        json(
          normalizer:
            #"{"type": "Sequence", "normalizers": [{"type": "NFKC"}, \#(Self.spaces)]}"#),
        "/normalizer: expected none, Prepend, Replace or NFC, found NFKC"
      ),
      (
        json(
          normalizer: #"{"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}"#),
        "/normalizer: expected a Replace of a text by 'content', found Replace by  {2,}"
      ),
      (
        json(normalizer: #"{"type": "Prepend", "prepend": 1}"#),
        "/normalizer: expected a Prepend with a text 'prepend'"
      ),
      (
        json(normalizer: #"{"type": "Prepend", "prepend": "▁", "only": "words"}"#),
        "/normalizer: 'only' isn't read, and may change ids"
      ),
      (
        json(
          normalizer: #"{"type": "NFC"}"#,
          cut: #"{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first"}"#),
        "/normalizer: expected none, or a Replace of one scalar by one, beside a Metaspace with "
          + "'prepend_scheme' first"
      ),
      (
        json(cut: #"{"type": "Whitespace"}"#),
        "/pre_tokenizer: expected none, Metaspace or Split, found Whitespace"
      ),
      (
        json(cut: #"{"type": "Split", "pattern": {"String": " "}, "behavior": "Removed"}"#),
        "/pre_tokenizer: expected a Split at a text that isn't inverted, with one of the behaviors "
          + "Isolated, MergedWithPrevious, MergedWithNext; found Split"
      ),
      (
        json(cut: #"{"type": "Metaspace", "replacement": "__"}"#),
        "/pre_tokenizer: expected a Metaspace with one scalar as 'replacement'"
      ),
      (
        json(
          cut: #"{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "last"}"#),
        "/pre_tokenizer/prepend_scheme: expected one of always, first, never, found another"
      ),
      (
        json(
          cut:
            #"{"type": "Metaspace", "replacement": "▁", "add_prefix_space": false, "prepend_scheme": "first"}"#
        ),
        "/pre_tokenizer/add_prefix_space: expected true, found false beside 'prepend_scheme' first"
      ),
      (
        json(cut: #"{"type": "Metaspace", "replacement": "▁", "split": null}"#),
        "/pre_tokenizer/split: expected true or false"
      ),
      (
        json(
          normalizer: """
            {"type": "Sequence", "normalizers": [
              {"type": "Replace", "pattern": {"String": "a"}, "content": "aaaaaaaaaaaaaaaaa"},
              {"type": "Replace", "pattern": {"String": "a"}, "content": "aaaaaaaaaaaaaaaaa"}]}
            """),
        ": expected normalizers and pre-tokenizers that make no text more than 256 times as long"
      ),
      (
        json(
          normalizer: #"{"type": "Sequence", "normalizers": ["#
            + Array(repeating: Self.spaces, count: 17).joined(separator: ", ") + "]}"),
        ": expected at most 16 normalizers and 16 pre-tokenizers, found 17 and 0"
      ),
      (
        json(model: #""unk_token": "<none>","#),
        "/model/unk_token: expected a token of the vocabulary, found '<none>'"
      ),
      (
        json(model: #""byte_fallback": 1,"#),
        "/model/byte_fallback: expected true or false"
      ),
      (
        json(model: #""continuing_subword_prefix": "@@","#),
        "/model/continuing_subword_prefix: expected none, found another value, which isn't read"
      ),
    ]
    for (text, expected) in cases {
      let error = #expect(throws: TokenizerError.self) { try opened(text) }
      guard case .json(let found)? = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect("\(found.pointer): \(found.reason)" == expected)
    }
  }

  @Test("Special tokens and a sequence's marks are plain text; others are found first")
  func added() throws {
    let tokens = """
      "added_tokens": [{"id": 1, "content": "<s>", "special": true},
        {"id": 2, "content": "</s>", "special": false, "rstrip": true},
        {"id": 10, "content": "<b>", "special": false}],
      """
    try folder.write(#"{"bos_token": "<s>", "eos_token": "</s>"}"#, to: "special_tokens_map.json")
    let tokenizer = try opened(json(model: #""unk_token": "<unk>","#, more: tokens)).tokenizer
    #expect(tokenizer.beginningOfSequence == 1 && tokenizer.endOfSequence == 2)
    #expect(tokenizer.vocabularySize == 11)
    #expect(tokenizer.encode("a ab<b> b").ids == [4, 9, 10, 3, 5])
    #expect(tokenizer.encode("<s>").ids == [7, 0, 8])
    #expect(tokenizer.encode("</s> ").ids == [7, 0, 0, 8, 3])
    #expect(tokenizer.encode("</s> ").droppedBytes == 2)
    #expect(try tokenizer.decode([1, 9, 10, 2, 4]) == Array(" ab<b>a".utf8))
    #expect(throws: TokenizerError.unknownID(11, position: 0, vocabularySize: 11)) {
      try tokenizer.decode([11])
    }
  }

  /// A few bytes changed at random: an error, or ids of its own; never a crash.
  @Test func randomChanges() throws {
    var generator = SplitMix64(seed: 12)
    let metaspace =
      #"{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": true}"#
    let tokens = """
      "added_tokens": [{"id": 1, "content": "<s>", "special": true},
        {"id": 10, "content": "ab", "special": false, "lstrip": true, "rstrip": true},
        {"id": 11, "content": " ", "normalized": true, "single_word": true}],
      """
    let seeds = [
      json(model: #""byte_fallback": true, "fuse_unk": true, "unk_token": "<unk>","#, more: tokens),
      json(cut: metaspace, model: #""ignore_merges": true,"#, more: tokens),
    ].map { Array($0.utf8) }
    let swaps: [[UInt8]] = ["true", "false", "null", "-1", "99", "\"\"", "[]", "{}", "\"a\"", "▁"]
      .map {
        Array($0.utf8)
      }
    let text = Array("a ab  b\u{301}<s> \r\n▁世界</s>".utf8) + [0xFF, 0xE2, 0x96]
    var (refused, opened) = (0, 0)
    for round in 0..<4000 {
      var changed = seeds[round % 2]
      for _ in 0..<(round % 4 == 0 ? 2 : 1) {
        let place = Int.random(in: 0..<changed.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: changed[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 1: changed.remove(at: place)
        case 2:
          let end = min(changed.count, place + Int.random(in: 1...6, using: &generator))
          changed.replaceSubrange(place..<end, with: swaps.randomElement(using: &generator) ?? [])
        default:
          let end = min(changed.count, place + Int.random(in: 1...30, using: &generator))
          changed.insert(contentsOf: Array(changed[place..<end]), at: place)
        }
      }
      do {
        let tokenizer = try TokenizerFolder(json: changed, file: "changed.json").tokenizer
        opened += 1
        let ids = tokenizer.encode(text).ids
        #expect(ids.allSatisfy { $0 >= 0 && $0 < tokenizer.vocabularySize })
        _ = try tokenizer.decode(ids)
      } catch {
        refused += 1
        #expect("\(error)".hasPrefix("changed.json"))
      }
    }
    #expect(refused > 1000 && opened > 50)
  }

  @Test("Settings that contradict tokenizer.json are refused")
  func settings() throws {
    try folder.write(#"{"add_prefix_space": true}"#, to: "tokenizer_config.json")
    let error = #expect(throws: TokenizerError.self) { try opened(json()) }
    guard case .json(let found)? = error else { return }
    #expect("\(found.pointer): \(found.reason)" == "/add_prefix_space: expected false, found true")
    _ = try opened(json(cut: #"{"type": "Metaspace", "replacement": "▁"}"#))
    try folder.write(
      #"{"added_tokens_decoder": {"11": {"content": "ab", "special": false}}}"#,
      to: "tokenizer_config.json")
    let other = #expect(throws: TokenizerError.self) { try opened(json()) }
    guard case .json(let found)? = other else { return }
    #expect(
      found.reason == "expected a mark such as <name>, found 'ab', which is ordinary text")
  }

  @Test(
    "tokenizer.model outranks tokenizer.json, unless it has other tokens, finds pieces first, or isn't SentencePiece's"
  )
  func precedence() throws {
    func model(_ name: String) throws {
      try folder.write(
        TemporaryFolder.bytes(of: Vectors.path("tokenizers/small/\(name).model")),
        to: "tokenizer.model")
    }
    let pieces = ["▁", "a", "b", "▁a", "▁ab"]
    let names =
      ["<unk>", "<s>", "</s>"]
      + (0..<256).map {
        "<0x" + ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) + ">"
      }
    /// The same tokens as a `tokenizer.json`.
    func same(_ pieces: [String], prepend: Bool = true, extra: String = "") -> String {
      let members = (names + pieces).enumerated().map { "\"\($1)\": \($0)" }
      let front = #"{"type": "Prepend", "prepend": "▁"}, "#
      return """
        {"version": "1.0", \(extra) "normalizer": {"type": "Sequence", "normalizers": [
          \(prepend ? front : "")
          {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}, "pre_tokenizer": null,
         "model": {"type": "BPE", "byte_fallback": true, "fuse_unk": true, "unk_token": "<unk>",
           "vocab": {\(members.joined(separator: ", "))}, "merges": ["▁ a", "▁a b"]}}
        """
    }
    try folder.write(ModelWriter.llama(pieces).bytes, to: "tokenizer.model")
    var found = try opened(same(pieces))
    #expect(found.description == "SentencePiece BPE, marks: tokenizer.model")
    #expect(found.notes.isEmpty)
    for (text, difference) in [
      (
        same(["▁", "a", "c", "▁a", "▁ac"]).replacing("▁a b", with: "▁a c"),
        "token 261 is 'b' and 'c'"
      ),
      (same(pieces + ["x"]), "264 and 265 tokens"),
      (
        same(
          pieces, extra: #""added_tokens": [{"id": 264, "content": "<pad>", "special": true}],"#),
        "264 and 265 tokens"
      ),
      (same(pieces, prepend: false), "a space in front: yes and no"),
    ] {
      found = try opened(text)
      #expect(found.description.hasPrefix("BPE over scalars (tokenizer.json)"))
      #expect(
        found.notes == [
          "tokenizer.model and tokenizer.json disagree (\(difference)); tokenizer.json was taken, as "
            + "transformers takes it"
        ])
    }
    found = try opened(json(normalizer: #"{"type": "NFKC"}"#, model: #""byte_fallback": true,"#))
    #expect(found.description == "SentencePiece BPE, marks: tokenizer.model")
    #expect(
      found.notes.count == 1
        && found.notes[0].hasPrefix(
          "tokenizer.json can't be read here, so that tokenizer.model was taken alone: ")
    )
    try model("gemma")
    found = try opened(json())
    #expect(found.description == "BPE over scalars (tokenizer.json), marks: none")
    #expect(found.notes.isEmpty)
    try folder.write("IQ== 0\nIg== 1\n", to: "tokenizer.model")
    found = try opened(json())
    #expect(
      found.notes == [
        "tokenizer.model isn't of a kind that is read here; tokenizer.json was taken"
      ])
  }
}
