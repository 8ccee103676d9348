import Glibc
import Records
import TestSupport
import Testing

/// What the memory model says before a cell is loaded, against what the cell then took, in processes of their own.
@Suite("The memory model and the worker's own count", .serialized)
struct MemoryModelTests {
  private let program: CellProgram

  init() throws { program = try CellProgram() }

  private static let zerothOrder =
    #""steps": 2, "learningRate": 1e-4, "epsilon": 1e-3, "calibrationWindows": 5"#
  private static let gradients =
    #""steps": 2, "learningRate": 1e-4, "calibrationWindows": 5"#

  /// Every start, storage and kind of training that is modelled: method, options, bits.
  static let cells: [(method: String, options: String, bits: [String])] = [
    ("full-precision", "", ["FP"]),
    ("mezo", #""steps": 2, "learningRate": 1e-4, "epsilon": 1e-3, "batchWindows": 3"#, ["FP"]),
    ("zeroqat", #"\#(zerothOrder), "initialisation": "none""#, ["W4A4", "W4A16"]),
    ("zeroqat", #"\#(zerothOrder), "batchWindows": 4, "clipGamma": 3"#, ["W4A4", "W2A16g16"]),
    ("zeroqat", #"\#(zerothOrder), "initialisation": "smoothquant""#, ["W2A16g16"]),
    ("zeroqat", #"\#(zerothOrder), "initialisation": "blocks""#, ["W4A4", "W2A16g16"]),
    ("zeroqat", #"\#(zerothOrder), "batchWindows": 4, "arithmetic": "integer""#, ["W4A4"]),
    ("zeroqat-light", #"\#(zerothOrder), "initialisation": "none", "clipGamma": 3"#, ["W4A4"]),
    (
      "zeroqat-light", #"\#(zerothOrder), "batchWindows": 4, "weightType": "bfloat16""#,
      ["W4A4", "W3A16g16"]
    ),
    ("zeroqat-light", #"\#(zerothOrder), "weightType": "int8", "trainable": "q""#, ["W2A16g16"]),
    ("zeroqat-light", #"\#(zerothOrder), "initialisation": "blocks""#, ["W4A4"]),
    ("ste-qat", #"\#(gradients), "initialisation": "none", "clipGamma": 4"#, ["W4A4", "W4A16g16"]),
    ("ste-qat", #"\#(gradients), "learn": "all", "batchWindows": 3"#, ["W4A4"]),
    ("ste-qat", #"\#(gradients), "learn": "blocks", "initialisation": "blocks""#, ["W2A16g16"]),
    ("omniquant", #""epochs": 1, "calibrationWindows": 5"#, ["W4A4", "W2A16g16"]),
    (
      "omniquant",
      #""epochs": 1, "calibrationWindows": 5, "batchWindows": 2, "augmentedLoss": true"#,
      ["W4A4"]
    ),
    (
      "efficientqat", #""epochs": 1, "calibrationWindows": 5, "endToEndBatchWindows": 4"#,
      ["W4A4", "W2A16g16"]
    ),
  ]

  @Test("Tensors agree to the byte, for every method, start and storage", arguments: cells.indices)
  func tensors(index: Int) throws {
    let (method, options, bits) = Self.cells[index]
    for bits in bits {
      for threads in [1, 2] {
        var settings = CellFixture.Settings(method, "{\(options)}", bits: bits)
        // More than go through a forward pass together, and a rest.
        settings.testWindows = 62
        try program.prepare(settings)
        #expect(try program.run(threads: threads) == 0)
        let record = try program.record()
        let words = "\(method) \(options) \(bits), \(threads) threads: \(record.reason ?? "")"
        #expect(record.status == .finished, "\(words)")
        let measurement = try #require(record.measurement)
        let predicted = try #require(measurement.analyticTensorBytes, "\(words)")
        #expect(measurement.peakLiveTensorBytes == predicted, "\(words)")
      }
    }
  }

  @Test("What isn't modelled has no figure, never a wrong one")
  func unknown() throws {
    for (method, options) in [
      ("rtn", "{}"), ("mezo-ptq", #"{ "steps": 1, "learningRate": 1e-4, "epsilon": 1e-3 }"#),
      ("zeroqat", #"{ \#(Self.zerothOrder), "learn": "weights+quantizer" }"#),
      ("ste-qat", #"{ \#(Self.gradients), "loss": "distillation" }"#),
      ("omniquant", #"{ "epochs": 0, "calibrationWindows": 2 }"#),
    ] {
      try program.prepare(CellFixture.Settings(method, options))
      #expect(try program.run() == 0)
      let record = try program.record()
      #expect(record.status == .finished, "\(method): \(record.reason ?? "")")
      #expect(record.measurement?.analyticBytes == nil && record.measurement?.analyticParts == nil)
    }
  }

  /// Not under AddressSanitizer, whose own memory is several times the program's.
  @Test(
    "The peak of OPT-125M's shape is within 5 % of the model",
    .enabled(if: getenv("ASAN_OPTIONS") == nil, "skipped: ASAN_OPTIONS is set"),
    arguments: [
      ("full-precision", "{}", "FP"),
      (
        "zeroqat-light",
        """
        { "steps": 1, "learningRate": 1e-7, "epsilon": 1e-3, "initialisation": "none",
          "weightType": "bfloat16", "clipGamma": 4 }
        """, "W2A16g128"
      ),
    ])
  func peak(method: String, options: String, bits: String) throws {
    unlink(program.fixture.folder.path("model/model.safetensors"))
    try program.fixture.folder.write(
      """
      { "model_type": "opt", "vocab_size": 50272, "hidden_size": 768, "num_hidden_layers": 12,
        "num_attention_heads": 12, "ffn_dim": 3072, "max_position_embeddings": 2048,
        "tie_word_embeddings": true, "synthetic_seed": 1 }
      """, to: "model/config.json")
    var settings = CellFixture.Settings(method, options, bits: bits)
    settings.isSynthetic = true
    try program.prepare(settings)
    #expect(try program.run(threads: 2) == 0)
    let record = try program.record()
    #expect(record.status == .finished, "\(record.reason ?? "")")
    let measurement = try #require(record.measurement)
    let predicted = try #require(measurement.analyticBytes)
    #expect(measurement.peakLiveTensorBytes == measurement.analyticTensorBytes)
    let ratio = Double(measurement.peakResidentBytes) / Double(predicted)
    #expect(
      abs(ratio - 1) < 0.05, "\(measurement.peakResidentBytes) bytes, \(predicted) predicted")
  }
}
