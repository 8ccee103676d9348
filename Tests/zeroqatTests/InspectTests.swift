import JSONText
import System
import TestSupport
import Testing

/// `zeroqat inspect` and `zeroqat generate` over a random model.
@Suite struct InspectTests {
  private let checkout: RealCheckout
  private let model: String

  init() throws {
    checkout = try RealCheckout()
    model = checkout.root + "/cache/zeroqat/models/fixture"
  }

  @Test func everyTensorHasATypeAShapeAndAUse() throws {
    let found = try checkout("inspect", model)
    #expect(found.status == 0)
    let lines = found.output.split(separator: "\n").map { String($0) }
    #expect(
      Array(lines.dropFirst(3)) == [
        "byte-level BPE, cut as GPT-2's (no merges, so that no cut matters), marks: '</s>' by custom",
        "beginning of sequence: id 256, end: id 256",
        "32.00 bits per weight in the file",
        "model.embed_tokens.weight                              F32  [260, 32]  embedding",
        "model.layers.{0…1}.input_layernorm.weight ×2           F32  [32]       vector",
        "model.layers.{0…1}.self_attn.q_proj.weight ×2          F32  [32, 32]   matrix",
        "model.layers.{0…1}.self_attn.k_proj.weight ×2          F32  [16, 32]   matrix",
        "model.layers.{0…1}.self_attn.v_proj.weight ×2          F32  [16, 32]   matrix",
        "model.layers.{0…1}.self_attn.o_proj.weight ×2          F32  [32, 32]   matrix",
        "model.layers.{0…1}.mlp.gate_proj.weight ×2             F32  [64, 32]   matrix",
        "model.layers.{0…1}.mlp.up_proj.weight ×2               F32  [64, 32]   matrix",
        "model.layers.{0…1}.mlp.down_proj.weight ×2             F32  [32, 64]   matrix",
        "model.layers.{0…1}.post_attention_layernorm.weight ×2  F32  [32]       vector",
        "model.norm.weight                                      F32  [32]       vector",
        "lm_head.weight                                         F32  [260, 32]  head",
      ], "\(found.output)")
    let each = try checkout("inspect", model, "--tensors").output
    #expect(each.contains("\nmodel.layers.1.mlp.up_proj.weight "))
    #expect(each.split(separator: "\n").count == 6 + 21)
  }

  @Test func theSameAsJSON() throws {
    let found = try checkout("inspect", model, "--json")
    #expect(found.status == 0)
    let root = try JSONDocument(text: Array(found.output.utf8), file: "out").root
    #expect(root["architecture"] == .string("llama") && root["parameters"] == .integer(35232))
    guard case .array(let tensors)? = root["tensors"] else {
      Issue.record("no tensors: \(root)")
      return
    }
    #expect(tensors.count == 21)
    #expect(tensors.allSatisfy { $0["type"] == .string("F32") && $0["use"] != nil })
    #expect(root["tokenizer"]?["vocabularySize"] == .integer(260))
  }

  @Test func aModelIsInspectedByItsIdAndMissedByName() throws {
    let folder = checkout.root + "/cache/huggingface/hub/models--Own"
    try makeFolder(folder + "/refs")
    try makeFolder(folder + "/snapshots")
    try writeDurably(Array("abc".utf8), to: folder + "/refs/main")
    try moveFile(model, to: folder + "/snapshots/abc")
    #expect(try checkout("inspect", "Own").output.hasPrefix("llama, 2 blocks of 32 channels"))
    let missed = try checkout("inspect", "Onw")
    #expect(missed.status == 2)
    #expect(missed.output.hasSuffix("did you mean 'Own'?\n"))
  }

  @Test func aContinuationIsGreedyAndDoesntDependOnThreads() throws {
    let arguments = ["generate", model, "--prompt", "one tree", "--tokens", "12"]
    let first = try checkout.onlyStandardOutput(arguments)
    #expect(first.status == 0)
    #expect(!first.output.isEmpty && first.output.hasSuffix("\n"))
    let both = try checkout(
      "generate", model, "--prompt", "one tree", "--tokens", "12", "--threads", "2")
    #expect(both.status == 0)
    #expect(both.output.hasPrefix(first.output))
    let last = both.output.split(separator: "\n", omittingEmptySubsequences: true).last ?? ""
    #expect(
      last.wholeMatch(
        of:
          /\d+ tokens? after a prompt of 8: \d+\.\d s to the first(, then \d+\.\d tokens a second)?/
      ) != nil, "\(both.output)")
    // A shorter one is the beginning of a longer one.
    let short = try checkout.onlyStandardOutput(
      ["generate", model, "--prompt", "one tree", "--tokens", "3"])
    #expect(first.output.hasPrefix(short.output.dropLast()))
  }

  @Test func promptsThatCantBeContinued() throws {
    let empty = try checkout("generate", model, "--prompt", "")
    #expect(empty.status == 2)
    #expect(
      empty.output
        == "error: the prompt is empty, and no beginning of sequence stands for it\n")
    #expect(try checkout("generate", model, "--prompt", "", "--bos", "once").status == 0)
    let long = String(repeating: "tree", count: 40)
    let tooLong = try checkout("generate", model, "--prompt", long)
    #expect(tooLong.status == 2)
    #expect(tooLong.output.contains("160") && tooLong.output.contains("128"), "\(tooLong.output)")
    #expect(try checkout("generate", model, "--prompt", "a", "--tokens", "0").status == 2)
  }
}
