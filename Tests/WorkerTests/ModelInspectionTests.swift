import Checkpoints
import TestSupport
import Testing
import Worker

@Suite("What a model's files say of it")
struct ModelInspectionTests {
  @Test("Shape, tensors, tokenizer")
  func describes() throws {
    let fixture = try CellFixture()
    let path = fixture.folder.path("model")
    #expect(
      try ModelInspection(path: path).description == """
        llama, 2 blocks of 32 channels, 4 heads of 8 (2 for keys), 64 feed-forward channels
        35232 parameters in 21 tensors, 18432 of them in the blocks' linears
        128 positions, vocabulary of 260, untied head; the tokenizer has 260 ids
        byte-level BPE, cut as GPT-2's (no merges, so that no cut matters), marks: '</s>' by custom
        """)
  }

  @Test("A tokenizer of another model is refused")
  func foreignTokenizer() throws {
    let fixture = try CellFixture()
    let path = fixture.folder.path("model")
    let bytes = try TemporaryFolder.bytes(of: fixture.folder.path("model/vocab.json"))
    let text = String(decoding: bytes, as: UTF8.self)
    let more = (260..<300).map { ",\n\"word\($0)\": \($0)" }.joined()
    try fixture.folder.write(String(text.dropLast(2)) + more + "}\n", to: "model/vocab.json")
    let error = #expect(throws: WorkerError.self) { try ModelInspection(path: path) }
    #expect(
      error?.description
        == "\(path): the tokenizer has 300 ids, the model's vocabulary only 260; "
        + "is it another model's tokenizer?")
  }

  @Test("A model that was cut short is refused", arguments: [0, 8, 4_000])
  func cutShort(bytes: Int) throws {
    let fixture = try CellFixture()
    let name = "model/model.safetensors"
    let whole = try TemporaryFolder.bytes(of: fixture.folder.path(name))
    try fixture.folder.write(Array(whole.prefix(bytes)), to: name)
    let error = #expect(throws: CheckpointError.self) {
      try ModelInspection(path: fixture.folder.path("model"))
    }
    #expect(error?.description.contains("model.safetensors") == true)
  }
}
