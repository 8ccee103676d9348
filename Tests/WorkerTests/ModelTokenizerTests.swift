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
      ("llama-bpe", "Llama 3's"),
    ])
  func cuts(pre: String, words: String) throws {
    let lines = try lines { $0.set("tokenizer.ggml.pre", pre) }
    #expect(
      lines.last
        == "byte-level BPE, cut as \(words) (tokenizer.ggml.pre), marks: tokenizer.ggml.*")
  }

  @Test("What a file doesn't say is never assumed")
  func refusals() throws {
    #expect(
      try lines { $0.remove("tokenizer.ggml.pre") } == [
        ": key 'tokenizer.ggml.pre': error: no key says how text is cut; expected one of \"gpt-2\", "
          + "\"smollm\", \"qwen2\", \"llama-bpe\": convert the model anew"
      ])
    #expect(
      try lines { $0.set("tokenizer.ggml.pre", "default") } == [
        ": the tokenizer kind gpt2/default is not supported; supported: gpt2 with pre-tokenizer gpt-2, "
          + "smollm, qwen2, llama-bpe"
      ])
    #expect(
      try lines { $0.set("tokenizer.ggml.model", "llama") }.first?.contains(
        "the tokenizer kind llama is not supported") == true)
  }
}
