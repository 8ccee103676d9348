import TestSupport
import Testing
import Tokenizers

/// Which file decides whether a beginning of sequence opens a text: what transformers does with the same files.
@Suite struct BeginningRuleTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let template = #"""
    {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
      {"Sequence": {"id": "A", "type_id": 0}}], "pair": [], "special_tokens": {}}
    """#
  private static let bytes = #"{"type": "ByteLevel", "add_prefix_space": true}"#

  private func rule(postProcessor: String? = nil, flag: Bool? = nil) throws -> BeginningRule? {
    if let postProcessor {
      // A string and an inner member of the same name come before it.
      try folder.write(
        #"{"version": "post_processor", "added_tokens": [{"post_processor": "\"{["}], "post_processor" : "#
          + postProcessor + #", "model": {"vocab": {"#, to: "tokenizer.json")
    }
    if let flag {
      try folder.write(#"{"add_bos_token": \#(flag)}"#, to: "tokenizer_config.json")
    }
    return try BeginningRule(folder: folder.path)
  }

  @Test(
    "A post-processor decides, and what contradicts it is named",
    arguments: [(nil, nil), (true, nil), (false, true)] as [(Bool?, Bool?)])
  func template(flag: Bool?, isOverruled: Bool?) throws {
    #expect(
      try rule(postProcessor: Self.template, flag: flag)
        == BeginningRule(
          adds: true, source: "post-processor of tokenizer.json",
          overruled: isOverruled == true ? "add_bos_token in tokenizer_config.json" : nil))
  }

  @Test("A post-processor that puts nothing in front, or none, puts nothing there")
  func noTemplate() throws {
    for postProcessor in [
      Self.bytes, "null", #"{"type": "Sequence", "processors": [\#(Self.bytes)]}"#,
    ] {
      #expect(
        try rule(postProcessor: postProcessor)
          == BeginningRule(adds: false, source: "post-processor of tokenizer.json"))
    }
    #expect(
      try rule(postProcessor: Self.bytes, flag: true)
        == BeginningRule(
          adds: false, source: "post-processor of tokenizer.json",
          overruled: "add_bos_token in tokenizer_config.json"))
  }

  @Test("Without tokenizer.json it is add_bos_token, and nobody where nothing says it")
  func withoutJSON() throws {
    #expect(try rule() == nil)
    #expect(
      try rule(flag: true)
        == BeginningRule(adds: true, source: "add_bos_token in tokenizer_config.json"))
    #expect(
      try rule(flag: false)
        == BeginningRule(adds: false, source: "add_bos_token in tokenizer_config.json"))
  }

  @Test("A post-processor of another kind is refused at its place")
  func otherKinds() throws {
    let error = #expect(throws: TokenizerError.self) {
      try rule(postProcessor: #"{"type": "Strange"}"#)
    }
    let words = try #require(error).description
    #expect(words.hasPrefix("\(folder.path)/tokenizer.json:1:"))
    #expect(
      words.contains(
        ": error: expected none, TemplateProcessing, ByteLevel, RobertaProcessing or BertProcessing, "
          + "found Strange"), "\(words)")
  }
}
