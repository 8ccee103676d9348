import Checkpoints
import Export
import JSONText
import MethodKit
import Records
import System
import Tensors
import TestSupport
import Testing
import Tokenizers
import Transformers

/// Models of cells that ran, written and read again by our own loader.
@Suite("An exported model is the measured one", .serialized)
struct ModelExportTests {
  private static let training = """
    { "steps": 4, "learningRate": 1e-3, "epsilon": 1e-3, "batchWindows": 1, "calibrationWindows": 2,
      "checkpointEvery": 1 }
    """

  /// The largest difference of two lists of as many numbers.
  private static func largest(_ one: [Double], _ other: [Double]) -> Double {
    one.count == other.count
      ? zip(one, other).map { abs($0 - $1) }.max() ?? .infinity : .infinity
  }

  /// Methods that leave weights in every form in which blocks hold them.
  @Test(arguments: [
    ("full-precision", "{}", "FP"), ("rtn", "{}", "W4A16g16"), ("rtn", "{}", "W3A16"),
    ("gptq", #"{ "calibrationWindows": 2 }"#, "W4A16g32"),
    ("awq", #"{ "calibrationWindows": 2 }"#, "W4A16g16"),
    ("zeroqat", training, "W4A16g32"), ("zeroqat-light", training, "W2A16g16"),
    (
      "mezo-ptq", #"{ "quantizer": "rtn", "steps": 3, "learningRate": 1e-4, "epsilon": 1e-3 }"#,
      "W4A16g16"
    ),
  ])
  func fakeQuantizedWeightsScoreAsMeasured(method: String, options: String, bits: String) throws {
    let cell = try ExportedCell(.init(method, options, bits: bits))
    let path = try cell.export(.hf)
    #expect(try cell.testLosses(ofModelAt: path) == cell.testLosses, "\(method)")
    let file = try cell.export(.gguf, .f32, into: "gguf")
    let name = try #require(try listFolder(file).first { $0.hasSuffix(".gguf") })
    // The rows of queries and keys lie in another order there, and so do the sums of attention.
    let losses = try cell.testLosses(ofModelAt: "\(file)/\(name)")
    #expect(Self.largest(losses, cell.testLosses) < 1e-5, "\(method)")
  }

  /// A log leads to the weights of the checkpoint that the scores are of, also where it isn't the last.
  @Test func anEarlierCheckpointIsTakenWhereItsScoresAre() throws {
    let steep = Self.training.replacing("1e-3, \"epsilon\"", with: "3e-1, \"epsilon\"")
    let cell = try ExportedCell(.init("zeroqat", steep, bits: "W4A16g32"))
    let chosen = try #require(cell.record.selection?.step)
    try #require(chosen < 4, "the last checkpoint is the best, so that this test shows nothing")
    let path = try cell.export(.hf)
    #expect(try cell.testLosses(ofModelAt: path) == cell.testLosses)
  }

  @Test func aRecordOfOtherWeightsIsNotWritten() throws {
    let cell = try ExportedCell(.init("rtn", bits: "W4A16g16"))
    var other = cell.record
    let index = try #require(other.digests.firstIndex { $0.name == "weights.final" })
    let own = other.digests[index].text
    other.digests[index].text = "0badcafe" + own.dropFirst(8)
    let error = #expect(throws: ExportError.self) { try cell.rebuild(other).model() }
    #expect(
      error?.description
        == "the model that was rebuilt isn't the one of sample/tiny/r.c.seed1: digest weights.final: 0badcafe became "
        + "\(own.prefix(8)); nothing was written")
  }

  @Test func otherBaseWeightsAreNamed() throws {
    let cell = try ExportedCell(.init("rtn", bits: "W4A16g16"))
    try SafetensorsWriter.write(
      CellFixture.tensors(seed: 5), to: cell.source + "/model.safetensors")
    let error = #expect(throws: ExportError.self) { try cell.rebuild().model() }
    #expect(
      error?.description.hasPrefix(
        "sample/tiny/r.c.seed1 can't be rebuilt: '\(cell.source)' hasn't the bytes that the cell stands for: expected "
          + "SHA-256 \(cell.record.cell.model.digest), found ") == true, "\(error as Any)")
  }

  /// A file without a configuration or a tokenizer's files gets both; rows of queries and keys go back.
  @Test func aGGUFFileBecomesAFolder() throws {
    let fixture = try CellFixture()
    let file = try fixture.folder.write(GGUFModel().file, to: "model.gguf")
    let source = try ModelSource(path: file)
    let model = try PlainModel(QuantizedModel(asItIs: source))
    let tokenizer = try TokenizerFiles(file)
    let document = try HubConfiguration.document(
      of: source.configuration, from: file, type: "float32", marks: tokenizer.marks, for: .hf)
    let out = fixture.folder.path("out")
    try makeFolder(out)
    let weights = HubWeights(model, try HubLayout(document, in: out))
    try weights.write(to: out + "/model.safetensors")
    try writeDurably(
      Array(try jsonText(of: document, style: .pretty).utf8), to: out + "/config.json")
    try tokenizer.write(into: out)
    let tokens = (0..<32).map { Int32($0 * 7 % 250) }
    let read = try ModelSource(path: out)
    let both = try [source, read].map { source in
      let model = try QuantizedModel(asItIs: source)
      return try model.transformer.logits(tokens, windowTokens: 32, operators: model.blocks)
        .elements
    }
    #expect(!source.configuration.rotaryIsInterleaved == read.configuration.rotaryIsInterleaved)
    #expect(Self.largest(both[0].map(Double.init), both[1].map(Double.init)) < 1e-4)
    #expect(document["bos_token_id"] == .integer(257) && document["eos_token_id"] == .integer(256))
    let ids = try #require(try TokenizerFolder(out)).tokenizer
    let text = "one tree, of water\n"
    #expect(ids.encode(text).ids == Array(text.utf8).map { Int32($0) })
    #expect(ids.vocabularySize == 260)
  }

  /// Codes in blocks and words are what the record's grids say, read by other means than they were written.
  @Test func packedFormsHoldTheSameWeights() throws {
    let cell = try ExportedCell(.init("rtn", bits: "W4A16g32"))
    let plain = try SafetensorsFile(try cell.export(.hf) + "/model.safetensors")
    let name = "model.layers.1.mlp.down_proj."
    let expected = try plain.read(name + "weight")
    let compressed = try SafetensorsFile(
      try cell.export(.compressedTensors, into: "ct") + "/model.safetensors")
    let codes = try compressed.readIntegers(name + "weight_packed")
    let zeros = try compressed.readIntegers(name + "weight_zero_point")
    let scales = try compressed.read(name + "weight_scale")
    #expect(try compressed.readIntegers(name + "weight_shape") == [32, 64])
    var unequal = 0
    for row in 0..<32 {
      for column in 0..<64 {
        let group = column / 32
        let code = codes[row * 8 + column / 8] >> Int32(column % 8 * 4) & 15
        let zero = zeros[row / 8 * 2 + group] >> Int32(row % 8 * 4) & 15
        let value = scales[row * 2 + group] * Float(code - zero)
        if value != expected[row * 64 + column] { unequal += 1 }
      }
    }
    #expect(unequal == 0)
    let gptq = try SafetensorsFile(try cell.export(.gptq, into: "gptq") + "/model.safetensors")
    let words = try gptq.readIntegers(name + "qweight")
    let points = try gptq.readIntegers(name + "qzeros")
    let halves = try gptq.read(name + "scales")
    #expect(try gptq.readIntegers(name + "g_idx") == (0..<64).map { Int32($0 / 32) })
    let config = try JSONDocument(contentsOf: cell.fixture.folder.path("gptq/config.json")).root
    #expect(config["quantization_config"]?["checkpoint_format"] == .string("gptq"))
    for row in 0..<32 {
      for column in 0..<64 {
        let group = column / 32
        let code = words[column / 8 * 32 + row] >> Int32(column % 8 * 4) & 15
        let zero = points[group * 4 + row / 8] >> Int32(row % 8 * 4) & 15
        let value = halves[group * 32 + row] * Float(code - zero - 1)
        if abs(value - expected[row * 64 + column]) > abs(value) / 1024 { unequal += 1 }
      }
    }
    #expect(unequal == 0)
  }

  @Test func blocksOfLlamaCppScoreNearly() throws {
    for (bits, type, most) in [("W4A16g32", "Q4_1", 0.01), ("W6A16g32", "Q8_0", 0.01)]
      as [(String, String, Double)]
    {
      let cell = try ExportedCell(.init("rtn", bits: bits))
      let folder = try cell.export(.gguf)
      let file = try GGUFFile("\(folder)/fixture-\(bits)-rtn.gguf")
      #expect(file.descriptor(of: "blk.0.attn_q.weight")?.typeName == type)
      #expect(file.descriptor(of: "token_embd.weight")?.typeName == "F16")
      let losses = try cell.testLosses(ofModelAt: file.path)
      #expect(Self.largest(losses, cell.testLosses) < most)
    }
  }

  @Test func theCardSaysWhatItIs() throws {
    let cell = try ExportedCell(.init("zeroqat", Self.training, bits: "W4A16g32"))
    let folder = try cell.export(.hf)
    let card = String(decoding: try readFile(folder + "/README.md"), as: UTF8.self)
    for line in [
      "license: mit", "# fixture, W4A16g32 by zeroqat", "| base model | Fixture |",
      "| licence of the base model | MIT |",
      "| record | `00112233445566aa`, sample/tiny/r.c.seed1 |", "| method | `zeroqat`, seed 1 |",
      "| protocol | `fixture-32`: windows of 32 tokens that don't overlap, beginning of sequence: none |",
      "Every number is the measured model's, in float32, to the last bit.",
      "model = AutoModelForCausalLM.from_pretrained(\"FOLDER\", dtype=\"float32\")",
    ] { #expect(card.split(separator: "\n").contains { $0 == line }, "\(line)\n\(card)") }
    #expect(card.contains("| perplexity, test | ") && card.contains(" (4 windows) |"))
    #expect(!card.contains("isn't the model that was measured"))
    let names = try listFolder(folder)
    #expect(
      names == [
        "README.md", "config.json", "merges.txt", "model.safetensors", "tokenizer.json",
        "tokenizer_config.json", "vocab.json", "zeroqat-export.json",
      ])
  }
}
