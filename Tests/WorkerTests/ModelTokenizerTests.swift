import TestSupport
import Testing
import Worker

/// The tokenizer in a GGUF file, as `inspect` opens it.
@Suite("A GGUF file's tokenizer")
struct ModelTokenizerTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func lines(_ change: (inout GGUFModel) -> Void) throws -> [String] {
    var model = GGUFModel()
    change(&model)
    let path = try folder.write(model.file, to: "m.gguf")
    do {
      return try ModelInspection(path: path).description.split(separator: "\n").map { String($0) }
    } catch {
      return ["\(error)".split(separator: path).joined()]
    }
  }

  @Test(
    "Every cut by the name that llama.cpp has for it",
    arguments: [
      ("gpt-2", "GPT-2's"), ("smollm", "SmolLM's"), ("qwen2", "Qwen2's"),
      ("llama-bpe", "Llama 3's"), ("llama3", "Llama 3's"), ("tekken", "Tekken's"),
    ])
  func cuts(pre: String, words: String) throws {
    let lines = try lines { $0.set("tokenizer.ggml.pre", pre) }
    #expect(
      lines.last
        == "byte-level BPE, cut as \(words) (tokenizer.ggml.pre), marks: tokenizer.ggml.*")
  }

  @Test("SentencePiece's pieces with scores")
  func sentencePiece() throws {
    func sentencePiece(_ model: inout GGUFModel) {
      let bytes = (0..<256).map { byte in
        "<0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) + ">"
      }
      let tokens = ["<unk>", "<s>", "</s>"] + bytes + ["a"]
      for name in ["pre", "merges", "tokens", "token_type"] {
        model.remove("tokenizer.ggml." + name)
      }
      model.set("tokenizer.ggml.model", "llama")
      model.set("tokenizer.ggml.bos_token_id", UInt32(1))
      model.set("tokenizer.ggml.eos_token_id", UInt32(2))
      let types = [2, 3, 3] + [Int32](repeating: 6, count: 256) + [1]
      model.keys.append(("tokenizer.ggml.tokens", 9, array(8, tokens.map { string($0) })))
      model.keys.append(("tokenizer.ggml.token_type", 9, array(5, types.map { little($0) })))
      model.keys.append(
        (
          "tokenizer.ggml.scores", 9,
          array(6, tokens.indices.map { little([-Float($0)]) })
        ))
    }
    #expect(
      try lines(sentencePiece).last == "SentencePiece BPE, marks: tokenizer.ggml.*")
    #expect(
      try lines {
        sentencePiece(&$0)
        $0.remove("tokenizer.ggml.scores")
      }.first?.contains("'tokenizer.ggml.scores'") == true)
    #expect(
      try lines {
        sentencePiece(&$0)
        $0.keys.append(("tokenizer.ggml.remove_extra_whitespaces", 7, [1]))
      } == [
        ": key 'tokenizer.ggml.remove_extra_whitespaces': error: expected false, found true: extra white "
          + "space is kept here"
      ])
  }

  @Test("What a file doesn't say is never assumed")
  func refusals() throws {
    #expect(
      try lines { $0.remove("tokenizer.ggml.pre") } == [
        ": key 'tokenizer.ggml.pre': error: no key says how text is cut; expected one of \"gpt-2\", "
          + "\"smollm\", \"qwen2\", \"llama-bpe\", \"tekken\": convert the model anew"
      ])
    #expect(
      try lines { $0.set("tokenizer.ggml.pre", "default") } == [
        ": the tokenizer kind gpt2/default is not supported; supported: llama, and gpt2 with pre-tokenizer "
          + "gpt-2, smollm, qwen2, llama-bpe, tekken"
      ])
    #expect(
      try lines { $0.set("tokenizer.ggml.model", "bert") }.first?.contains(
        "the tokenizer kind bert is not supported") == true)
    #expect(
      try lines { $0.set("tokenizer.ggml.precompiled_charsmap", "x") } == [
        ": key 'tokenizer.ggml.precompiled_charsmap': error: this key isn't read, and may change ids"
      ])
  }
}
