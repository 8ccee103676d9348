import Checkpoints
import Digests
import TestSupport
import Testing
import Tokenizers

/// The tokenizers of real models, from files outside the repository.
enum Real {
  /// OPT's.
  static func opt() throws -> ByteLevelBPE {
    try ByteLevelBPE(
      vocabularyFile: #require(TestData.path("tokenizers/opt/vocab.json")),
      mergesFile: #require(TestData.path("tokenizers/opt/merges.txt")))
  }

  /// LLaMA-1 and 2's.
  static func llama() throws -> SentencePieceBPE {
    try SentencePieceBPE(modelFile: #require(TestData.path("tokenizers/llama/tokenizer.model")))
  }

  /// SmolLM2's, from its GGUF.
  static func smolLM2() throws -> ByteLevelBPE {
    let path = try #require(TestData.smolLM2)
    let file = try GGUFFile(path)
    return try ByteLevelBPE(
      tokens: file.strings("tokenizer.ggml.tokens"), merges: file.strings("tokenizer.ggml.merges"),
      types: file.integers("tokenizer.ggml.token_type"),
      preTokenizer: #require(PreTokenizer(rawValue: file.string("tokenizer.ggml.pre"))),
      beginningOfSequence: Int32(file.integer("tokenizer.ggml.bos_token_id")),
      endOfSequence: Int32(file.integer("tokenizer.ggml.eos_token_id")), file: path)
  }

  /// SHA-256 of ids as little-endian 32-bit words.
  static func digest(_ ids: [Int32]) -> String {
    var bytes: [UInt8] = []
    for id in ids { withUnsafeBytes(of: id.littleEndian) { bytes += $0 } }
    return sha256Hex(of: bytes)
  }
}
