import Records
import Testing

@Suite struct ModelReferenceFilesTests {
  @Test func weightsByName() {
    for name in [
      "config.json", "model.safetensors", "model-00001-of-00002.safetensors",
      "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model-00001-of-00002.bin",
      "pytorch_model.bin.index.json",
    ] { #expect(ModelReference.holdsWeights(name), "\(name)") }
    for name in [
      "training_args.bin", "pytorch_model.bin.md", "tokenizer.json", "model.gguf", "README.md",
      "pytorch_model.pt",
    ] { #expect(!ModelReference.holdsWeights(name), "\(name)") }
  }

  @Test func oneFileIsItsOwnDigest() {
    let (a, b) = (String(repeating: "a", count: 64), String(repeating: "b", count: 64))
    #expect(ModelReference.digest(ofParts: [("m.gguf", a)]) == a)
    let both = ModelReference.digest(ofParts: [("1.gguf", a), ("2.gguf", b)])
    #expect(both == ModelReference.digest(of: [("2.gguf", b), ("1.gguf", a)]))
    #expect(both != a && both != b)
  }
}
