import TestSupport
import Testing
import Tokenizers

/// Every form of `tokenizer.json`, `tokenizer.model` and of a GGUF file's arrays, exactly as the tokenizers and
/// sentencepiece packages read them.
@Suite struct SmallTokenizerTests {
  private let small: SmallTokenizers
  private let folder: TemporaryFolder

  init() throws {
    small = try SmallTokenizers()
    folder = try TemporaryFolder()
  }

  private func opened(_ name: String) throws -> TokenizerFolder {
    try folder.write(#require(small.named(name).json), to: "tokenizer.json")
    return try #require(try TokenizerFolder(folder.path))
  }

  @Test(arguments: [
    ("llama 2", "BPE over scalars"), ("mistral", "BPE over scalars"),
    ("metaspace", "BPE over scalars"),
    ("metaspace of old", "BPE over scalars"), ("metaspace never", "BPE over scalars"),
    ("metaspace first", "BPE over scalars"), ("metaspace always", "BPE over scalars"),
    ("phi 3", "BPE over scalars"), ("gemma", "BPE over scalars"), ("form C", "BPE over scalars"),
    ("splits", "BPE over scalars"), ("replaced", "BPE over scalars"),
    ("whole pieces", "BPE over scalars"),
    ("unknown fused", "BPE over scalars"), ("unknown", "BPE over scalars"),
    ("unknown left out", "BPE over scalars"), ("some bytes", "BPE over scalars"),
    ("some bytes fused", "BPE over scalars"), ("gpt 2", "byte-level BPE, cut as GPT-2's"),
    ("smollm", "byte-level BPE, cut as SmolLM's"), ("qwen", "byte-level BPE, cut as Qwen2's"),
    ("llama 3", "byte-level BPE, cut as Llama 3's"), ("tekken", "byte-level BPE, cut as Tekken's"),
    ("bytes with added", "byte-level BPE, cut as GPT-2's"),
  ])
  func tokenizerJSON(name: String, words: String) throws {
    let found = try opened(name)
    #expect(found.description.hasPrefix(words + " (tokenizer.json), marks: "))
    #expect(found.notes.isEmpty)
    try small.compare(found.tokenizer, small.named(name))
  }

  @Test("No case is left out")
  func all() { #expect(small.cases.count == 24 && small.models.count == 2) }

  @Test("SentencePiece models, by file and by GGUF's arrays", arguments: [0, 1])
  func models(index: Int) throws {
    let wanted = small.models[index]
    let path = Vectors.path("tokenizers/small/\(wanted.name).model")
    try small.compare(try SentencePieceBPE(modelFile: path), wanted)
    let arrays = SmallTokenizers.arrays(try TemporaryFolder.bytes(of: path))
    #expect(arrays.tokens.count == 640)
    // llama.cpp's converter writes a found token's spaces as they are.
    let tokens = zip(arrays.tokens, arrays.types).map { token, type in
      type == 4 ? token.replacing("\u{2581}", with: " ") : token
    }
    let tokenizer = try SentencePieceBPE(
      tokens: tokens, scores: arrays.scores, types: arrays.types,
      addsSpaceInFront: wanted.name == "llama", beginningOfSequence: 1, endOfSequence: 2,
      file: "m.gguf")
    #expect(tokenizer.beginningOfSequence == 1 && tokenizer.endOfSequence == 2)
    try small.compare(tokenizer, wanted)
  }

  /// Lines come back, unless they hold what can't: a literal mark of spaces.
  @Test(arguments: ["llama 2", "mistral", "gemma", "tekken"])
  func roundTrip(name: String) throws {
    let tokenizer = try opened(name).tokenizer
    let mixed = try TemporaryFolder.bytes(of: Vectors.path("tokenizers/mixed.txt"))
    for line in mixed.split(separator: UInt8(ascii: "\n")).prefix(1000) {
      let text = String(decoding: line, as: UTF8.self)
      // A Metaspace puts no space before one.
      if text.contains("\u{2581}") || (name == "mistral" && text.hasPrefix(" ")) { continue }
      let encoding = tokenizer.encode(Array(line))
      #expect(encoding.replacedBytes == 0 && encoding.droppedBytes == 0)
      #expect(try tokenizer.decode(encoding.ids) == Array(line))
    }
  }

  @Test("Bytes that aren't UTF-8 are U+FFFD, and what no token spells is counted")
  func counts() throws {
    let llama = try opened("llama 2").tokenizer
    let broken: [UInt8] = [0x61, 0xFF, 0xC3, 0x20, 0xE2, 0x96]
    let encoding = llama.encode(broken)
    #expect(encoding.replacedBytes == 4 && encoding.droppedBytes == 0)
    #expect(encoding.ids == llama.encode("a\u{FFFD}\u{FFFD} \u{FFFD}\u{FFFD}").ids)
    #expect(try opened("unknown").tokenizer.encode("a世界").droppedBytes == 6)
    #expect(try opened("unknown left out").tokenizer.encode("a世界").droppedBytes == 6)
  }

  @Test("Marks: the post-processor's where no file names any, the class's for LLaMA and Gemma")
  func marks() throws {
    var found = try opened("llama 2")
    #expect(found.description.hasSuffix("marks: tokenizer.json and none"))
    #expect(found.tokenizer.beginningOfSequence == 1 && found.tokenizer.endOfSequence == nil)
    #expect(try BeginningRule(folder: folder.path)?.adds == true)
    try folder.write(#"{"eos_token_id": [2, 0]}"#, to: "generation_config.json")
    found = try opened("llama 2")
    #expect(found.description.hasSuffix("marks: tokenizer.json and generation_config.json"))
    #expect(found.tokenizer.endOfSequence == 2)
    try folder.write(
      #"{"tokenizer_class": "LlamaTokenizerFast", "add_bos_token": false, "bos_token": null}"#,
      to: "tokenizer_config.json")
    found = try opened("llama 2")
    #expect(found.description.hasSuffix("marks: tokenizer.json and generation_config.json"))
    #expect(found.tokenizer.beginningOfSequence == 1)
    #expect(
      try BeginningRule(folder: folder.path)
        == BeginningRule(
          adds: true, source: "post-processor of tokenizer.json",
          overruled: "add_bos_token in tokenizer_config.json"))
    try folder.write(#"{"tokenizer_class": "GemmaTokenizer"}"#, to: "tokenizer_config.json")
    found = try opened("gemma")
    #expect(
      found.description.hasSuffix(
        "marks: GemmaTokenizer in tokenizer_config.json and generation_config.json"))
    #expect(found.tokenizer.beginningOfSequence == 2)
  }
}
