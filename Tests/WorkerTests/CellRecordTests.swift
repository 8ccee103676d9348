import Checkpoints
import Glibc
import JSONText
import Records
import System
import TestSupport
import Testing
import Vocabulary
import Worker

/// Cells that run inside the tests' own process, from their file to their record.
@Suite("A worker's record", .serialized)
struct CellRecordTests {
  private let fixture: CellFixture

  init() throws { fixture = try CellFixture() }

  private func run(
    _ settings: CellFixture.Settings, _ other: CellFixture? = nil,
    memoryBytes: Int = MachineMemory.bytes
  ) throws -> RunRecord {
    let fixture = other ?? fixture
    let folder = fixture.folder
    unlink(folder.path("work/replay.log"))
    let specification = try folder.write(fixture.cell(settings), to: "cell.json")
    try runCell(
      specification: specification, output: folder.path("record.json"), threads: 2,
      workFolder: folder.path("work"), memoryBytes: memoryBytes)
    #expect(!TemporaryFolder.names(in: folder.path).contains { $0.hasSuffix(".tmp") })
    return try JSONDocument(contentsOf: folder.path("record.json")).decode(RunRecord.self)
  }

  /// Expects a record that failed for this reason; the fixture's folder stands as `$`.
  private func expectFailure(
    _ settings: CellFixture.Settings, _ reason: String, _ fixture: CellFixture? = nil
  ) throws {
    let record = try run(settings, fixture)
    let folder = (fixture ?? self.fixture).folder.path
    #expect(record.status == .failed)
    #expect(record.reason == reason.replacing("$", with: folder))
    #expect(record.scores.isEmpty && record.trajectory.isEmpty && record.zerothOrder == nil)
    #expect(record.measurement != nil)
  }

  @Test("What a machine can't hold is refused before weights are read, with what it would take")
  func tooLarge() throws {
    let fixture = try CellFixture()
    for name in ["model.safetensors", "config.json"] {
      unlink(fixture.folder.path("model/\(name)"))
    }
    // The shape of OPT-13B.
    try fixture.folder.write(
      """
      { "model_type": "opt", "vocab_size": 50272, "hidden_size": 5120, "num_hidden_layers": 40,
        "num_attention_heads": 40, "ffn_dim": 20480, "max_position_embeddings": 2048,
        "tie_word_embeddings": true, "synthetic_seed": 1 }
      """, to: "model/config.json")
    var settings = CellFixture.Settings(
      "ste-qat",
      #"{ "steps": 1, "learningRate": 1e-5, "initialisation": "none", "clipGamma": 4 }"#,
      bits: "W4A16")
    settings.isSynthetic = true
    let record = try run(settings, fixture, memoryBytes: 8 << 30)
    #expect(record.status == .tooLarge && record.scores.isEmpty && record.trajectory.isEmpty)
    #expect(
      record.reason
        == "needs 189.4 GiB by the memory model (93.8 moments, 46.9 weights, 46.9 gradients, …); "
        + "8.0 GiB are there")
    let measurement = try #require(record.measurement)
    let bytes = try #require(measurement.analyticBytes)
    #expect(bytes > 189 << 30 && bytes < 190 << 30)
    #expect(measurement.analyticParts?.reduce(0) { $0 + Int($1.value) } == bytes)
    // It ended where texts are read. The process's peak is no witness: other tests run in it.
    #expect(measurement.phases.map(\.name) == ["load"])
    // More calibration windows than there are is an error of its own, not a matter of memory.
    try expectFailure(
      CellFixture.Settings("omniquant", #"{"calibrationWindows": 1000000000}"#, bits: "W4A16"),
      "option 'calibrationWindows': expected at most the 93 windows of training text, found "
        + "1000000000")
    // What isn't modelled isn't refused.
    let unknown = try run(CellFixture.Settings("rtn"), memoryBytes: 1)
    #expect(unknown.status == .finished && unknown.measurement?.analyticBytes == nil)
  }

  @Test("Full precision: scores, counts, digests, phases, machine")
  func fullPrecision() throws {
    let record = try run(CellFixture.Settings("full-precision", bits: "FP"))
    #expect(record.status == .finished && record.reason == nil && record.schema == 2)
    #expect(record.cell.id == "00112233445566aa" && record.events.isEmpty)
    #expect(record.scores.map(\.split) == ["test", "development"])
    for (score, windows) in zip(record.scores, [4, 3]) {
      #expect(score.windowNLL.count == windows && score.scoredTokens == windows * 31)
      let values = score.windowNLL.compactMap { $0 }
      let mean = values.reduce(0, +) / Double(windows)
      #expect(abs((score.meanNLL ?? 0) - mean) < 1e-12)
      #expect(abs((score.value ?? 0) / exp(mean) - 1) < 1e-12 && score.metric == "perplexity")
      // About ln 260 for a model that knows nothing.
      #expect(mean > 4.5 && mean < 8 && (score.standardErrorNLL ?? 0) > 0)
      // Nothing is rounded, so there is no rounding floor.
      #expect(score.alternativeMeanNLL == nil)
    }
    #expect(
      record.digests.map(\.name) == [
        "tokens.train", "tokens.development", "tokens.test", "weights.final", "others.final",
      ])
    #expect(
      record.digests.allSatisfy {
        $0.text.utf8.count == 64 && $0.text.allSatisfy { $0.isHexDigit && !$0.isUppercase }
      })
    #expect(Set(record.digests.map(\.text)).count == 5)
    #expect(record.trajectory.isEmpty && record.zerothOrder == nil)
    let measured = try #require(record.measurement)
    #expect(measured.phases.map(\.name) == ["load", "evaluate"])
    #expect(measured.threads == 2 && measured.resumes == 0 && !measured.blasCore.isEmpty)
    #expect(measured.processors >= 1 && !measured.processor.isEmpty)
    #expect(measured.operatingSystem.contains("Linux ") && measured.compiler.hasPrefix("Swift 6"))
    let seconds = measured.phases.map(\.wallSeconds)
    #expect(seconds.allSatisfy { $0 >= 0 } && seconds.reduce(0, +) <= measured.wallSeconds)
    #expect(measured.peakResidentBytes > 1 << 20)
    #expect(measured.phases.allSatisfy { $0.peakResidentBytes ?? 0 <= measured.peakResidentBytes })
    #expect(measured.peakResidentBytes >= measured.anonymousBytes + measured.fileBytes)
  }

  @Test("All test windows are scored where no number is given")
  func allWindows() throws {
    var settings = CellFixture.Settings("rtn")
    settings.testWindows = nil
    let record = try run(settings)
    // 2,000 bytes or a few more, the text's last word being whole.
    let windows = record.scores.first?.windowNLL.count ?? 0
    #expect(windows == 62 || windows == 63)
    #expect(record.scores.first?.scoredTokens == windows * 31)
    #expect((record.scores.first?.alternativeMeanNLL ?? 0) != record.scores.first?.meanNLL)
    #expect(record.measurement?.phases.map(\.name) == ["load", "quantize", "evaluate"])
  }

  @Test("ZeroQAT: trajectory, summary, phases; the score is that of the chosen step")
  func zeroqat() throws {
    let options = """
      { "steps": 7, "learningRate": 1e-3, "epsilon": 1e-3, "batchWindows": 2, "directions": 2,
        "checkpointEvery": 3, "calibrationWindows": 4 }
      """
    let record = try run(CellFixture.Settings("zeroqat", options))
    #expect(record.status == .finished)
    #expect(record.trajectory.map(\.step) == [0, 3, 6, 7])
    for point in record.trajectory {
      #expect(point.developmentWindowNLL.count == 3 && point.testWindowNLL.count == 4)
    }
    let summary = try #require(record.zerothOrder)
    #expect(summary.steps == 7 && summary.forwards == 28 && summary.tokens == 7 * 64)
    #expect(summary.epsilon == 1e-3 && summary.learningRate == 1e-3)
    // Per block 32·32·2 + 16·32·2 + 64·32·3.
    #expect(summary.trainableParameters == 2 * 9216 && summary.probeLosses.count == 14)
    #expect(summary.clippedShare == 0 && summary.rootMeanSquareGradient > 0)
    #expect(summary.meanAbsoluteDifference <= summary.largestAbsoluteDifference)
    func mean(_ values: [Double?]) -> Double {
      values.reduce(0) { $0 + ($1 ?? 0) } / Double(values.count)
    }
    let means = record.trajectory.map { mean($0.developmentWindowNLL) }
    let best = try #require(
      record.trajectory.first { mean($0.developmentWindowNLL) == means.min() })
    #expect(summary.bestDevelopmentStep == best.step)
    #expect(record.selection == CheckpointSelection(among: record.trajectory))
    #expect(record.selection?.step == best.step && record.selection?.checkpoints == 4)
    #expect(record.scores.first?.windowNLL == best.testWindowNLL)
    #expect(record.scores.last?.windowNLL == best.developmentWindowNLL)
    #expect(
      record.measurement?.phases.map(\.name) == ["load", "calibrate", "evaluate", "train"])
  }

  @Test("The light variant and every other method leave a finished record")
  func methods() throws {
    for (method, options) in [
      ("rtn", "{}"), ("smoothquant", "{}"), ("dummy", "{}"),
      ("zeroqat-light", #"{"steps": 2, "learningRate": 1e-4, "epsilon": 1e-3}"#),
    ] {
      let record = try run(CellFixture.Settings(method, options))
      #expect(record.status == .finished, "\(method): \(record.reason ?? "")")
      #expect(record.measurement?.phases.contains { $0.name == "quantize" } == true, "\(method)")
    }
  }

  @Test("The same cell twice is the same record but for its measurement; other seeds, others")
  func repetition() throws {
    let options = #"{"steps": 3, "learningRate": 1e-3, "epsilon": 1e-3, "checkpointEvery": 1}"#
    func record(seed: UInt64) throws -> RunRecord {
      var settings = CellFixture.Settings("zeroqat", options)
      settings.seed = seed
      var record = try run(settings)
      record.measurement = nil
      record.cell.seed = 0
      return record
    }
    let one = try record(seed: 1)
    #expect(try record(seed: 1) == one)
    let other = try record(seed: 2)
    // The weights' digest is the only one that moves: nothing else is trained.
    #expect(other.zerothOrder != one.zerothOrder && one.digests[3].name == "weights.final")
    #expect(
      one.digests.indices.filter { other.digests[$0] != one.digests[$0] } == [3])
    #expect(other.trajectory.first == one.trajectory.first)
  }

  @Test(
    "Weights that aren't finite fail the cell with the tensor's name",
    arguments: [Float.nan, .infinity])
  func badWeights(value: Float) throws {
    for name in [
      "model.layers.1.mlp.up_proj.weight", "model.embed_tokens.weight",
      "model.layers.0.input_layernorm.weight",
    ] {
      var tensors = CellFixture.tensors()
      for index in tensors.indices where tensors[index].name == name {
        tensors[index].values[17] = value
      }
      let bad = try CellFixture(tensors: tensors)
      for (method, options) in [
        ("rtn", "{}"),
        ("zeroqat-light", #"{"steps": 2, "learningRate": 1e-4, "epsilon": 1e-3}"#),
      ] {
        let record = try run(CellFixture.Settings(method, options), bad)
        #expect(record.status == .failed)
        #expect(record.reason?.contains(name) == true, "\(record.reason ?? "")")
        #expect(record.reason?.contains("17") == true, "\(record.reason ?? "")")
      }
    }
  }

  @Test(
    "A learning rate that is far too large diverges, with its step; the trajectory is kept",
    arguments: [
      // Products overflow in the next probe, or in the checkpoint before it.
      (
        "1e35", "W16A8", 60, "the loss stopped being finite at step 1: L+ = ",
        RunDivergence(step: 1)
      ),
      (
        "1e35", "W16A8", 1, "after step 1, the loss of development window 0 isn't finite",
        RunDivergence(step: 1, split: "development", number: 0)
      ),
      // Quantized weights never overflow, whatever became of those that are trained.
      (
        "1e38", "W4A16", 60, "a weight of block 0 q_proj stopped being finite at step 0",
        RunDivergence(step: 0, tensor: "block 0 q_proj")
      ),
    ])
  func divergence(
    rate: String, bits: String, checkpointEvery: Int, reason: String, place: RunDivergence
  ) throws {
    let options = """
      { "steps": 60, "learningRate": \(rate), "epsilon": 1e-3, "initialisation": "none",
        "checkpointEvery": \(checkpointEvery) }
      """
    let record = try run(CellFixture.Settings("zeroqat", options, bits: bits))
    #expect(record.status == .diverged)
    #expect(record.reason?.hasPrefix(reason) == true, "\(record.reason ?? "")")
    #expect(record.divergence == place)
    #expect(record.selection == CheckpointSelection(of: 0, among: record.trajectory))
    #expect(record.trajectory.map(\.step) == [0] && record.scores.isEmpty)
    #expect(record.trajectory.first?.testWindowNLL.compactMap { $0 }.count == 4)
    #expect(record.digests.map(\.name) == ["tokens.train", "tokens.development", "tokens.test"])
    // Taken up again, it diverges at the same point.
    try runCell(
      specification: fixture.folder.path("cell.json"), output: fixture.folder.path("record.json"),
      threads: 1, workFolder: fixture.folder.path("work"))
    var again = try JSONDocument(contentsOf: fixture.folder.path("record.json")).decode(
      RunRecord.self)
    again.measurement = record.measurement
    #expect(again == record)
  }

  @Test("What the inputs do wrong is said with the file")
  func inputs() throws {
    let rtn = CellFixture.Settings("rtn")
    var settings = rtn
    settings.text = fixture.folder.path("absent.txt")
    let missing = try run(settings)
    #expect(missing.status == .failed)
    #expect(missing.reason?.contains(fixture.folder.path("absent.txt")) == true)
    #expect(
      missing.reason?.contains("No such file or directory") == true, "\(missing.reason ?? "")")

    settings = rtn
    settings.testWindows = 1000
    let short = try run(settings)
    #expect(short.status == .failed && short.reason?.contains("1000") == true)

    try expectFailure(
      CellFixture.Settings("dummy", #"{"failure": "told to"}"#), "method 'dummy': told to")
    try expectFailure(
      CellFixture.Settings("rtn", bits: "W4A16g5"),
      "the group size 5 does not divide the 32 inputs of q_proj; nearest that do: 4 and 8")
    // The same from a method whose memory is predicted before it runs.
    try expectFailure(
      CellFixture.Settings(
        "zeroqat-light", #"{"steps": 1, "learningRate": 1e-4, "epsilon": 1e-3}"#, bits: "W4A16g5"),
      "the group size 5 does not divide the 32 inputs of q_proj; nearest that do: 4 and 8")
    try expectFailure(
      CellFixture.Settings("smoothquant", #"{"calibrationWindows": 94}"#),
      "option 'calibrationWindows': expected at most the 93 windows of training text, found 94")
    let unknown = try run(CellFixture.Settings("rtm"))
    #expect(unknown.reason == "there is no method 'rtm'; did you mean 'rtn'?")
    let typo = try run(CellFixture.Settings("smoothquant", #"{"alhpa": 0.5}"#))
    #expect(typo.status == .failed)
    #expect(typo.reason?.contains("unknown member 'alhpa'; did you mean 'alpha'?") == true)
  }

  @Test(
    "A checkpoint cut short, at any of these lengths, is a failed record",
    arguments: [0, 7, 8, 100, 2000, 60_000])
  func truncated(length: Int) throws {
    let path = fixture.folder.path("model/model.safetensors")
    let bytes = try TemporaryFolder.bytes(of: path)
    #expect(bytes.count > length)
    try fixture.folder.write(Array(bytes.prefix(length)), to: "model/model.safetensors")
    let record = try run(CellFixture.Settings("rtn"))
    #expect(record.status == .failed)
    #expect(record.reason?.hasPrefix(path) == true, "\(record.reason ?? "")")
  }

  @Test("A missing or broken tokenizer, and a model without its configuration")
  func tokenizers() throws {
    let folder = fixture.folder
    let rtn = CellFixture.Settings("rtn")
    try folder.write("{ \"a\": 0, \"b\": 0 }", to: "model/vocab.json")
    let broken = try run(rtn)
    #expect(broken.status == .failed)
    #expect(broken.reason?.contains(folder.path("model/vocab.json") + ":1:") == true)
    unlink(folder.path("model/vocab.json"))
    try expectFailure(
      rtn,
      "'$/model' holds no tokenizer; expected tokenizer.json, or vocab.json and merges.txt, or tokenizer.model"
    )
    unlink(folder.path("model/config.json"))
    let bare = try run(rtn)
    #expect(bare.reason?.contains("config.json") == true && bare.status == .failed)
  }

  @Test("Ids beyond the model's vocabulary are refused")
  func vocabulary() throws {
    // The model has 100 rows for a tokenizer of 260.
    var tensors = CellFixture.tensors()
    for index in tensors.indices where tensors[index].shape.first == CellFixture.vocabularySize {
      tensors[index].shape[0] = 100
      tensors[index].values = Array(tensors[index].values.prefix(100 * 32))
    }
    let small = try CellFixture(tensors: tensors)
    let path = small.folder.path("model/config.json")
    let text = String(decoding: try TemporaryFolder.bytes(of: path), as: UTF8.self)
    try small.folder.write(text.replacing("260", with: "100"), to: "model/config.json")
    let record = try run(CellFixture.Settings("full-precision", bits: "FP"), small)
    #expect(record.status == .failed)
    #expect(record.reason?.contains("100") == true, "\(record.reason ?? "")")
  }

  @Test("A beginning of sequence is one more token, and another stream")
  func beginning() throws {
    var settings = CellFixture.Settings("rtn")
    let none = try run(settings)
    settings.bos = "once"
    let once = try run(settings)
    #expect(once.status == .finished)
    for index in 0..<3 { #expect(none.digests[index].text != once.digests[index].text) }
    #expect(none.digests[3] == once.digests[3])
  }

  @Test("Kernels of another set than the cell's are refused, and how to get them is said")
  func core() throws {
    var settings = CellFixture.Settings("rtn")
    settings.blasCore = "Elsewhere"
    let record = try run(settings)
    #expect(record.status == .failed)
    let found = record.measurement?.blasCore ?? ""
    #expect(
      record.reason
        == "the cell is for OpenBLAS's Elsewhere kernels, but \(found) is in use; "
        + "OPENBLAS_CORETYPE=Elsewhere must be set before the program starts")
  }

  @Test("Read weights where the cell asks for drawn ones are refused")
  func synthetic() throws {
    var settings = CellFixture.Settings("rtn")
    settings.isSynthetic = true
    let record = try run(settings)
    #expect(record.status == .failed && record.scores.isEmpty)
    #expect(
      record.reason?.hasSuffix(
        ": expected a configuration that has weights drawn (synthetic_seed), found weights")
        == true,
      "\(record.reason ?? "")")
  }

  @Test("A log of another cell in the work folder fails the cell and is left alone")
  func otherLog() throws {
    let options = #"{"steps": 2, "learningRate": 1e-3, "epsilon": 1e-3}"#
    _ = try run(CellFixture.Settings("zeroqat", options))
    let path = fixture.folder.path("work/replay.log")
    let before = try TemporaryFolder.bytes(of: path)
    var other = CellFixture.Settings("zeroqat", options)
    other.id = "ffffffffffffffff"
    let specification = try fixture.folder.write(fixture.cell(other), to: "cell.json")
    try runCell(
      specification: specification, output: fixture.folder.path("record.json"), threads: 1,
      workFolder: fixture.folder.path("work"))
    let record = try JSONDocument(contentsOf: fixture.folder.path("record.json")).decode(
      RunRecord.self)
    let model = record.cell.model.digest
    #expect(
      record.reason
        == "\(path): the replay log belongs to another run; expected cell ffffffffffffffff, "
        + "model \(model), found cell 00112233445566aa, model \(model)")
    #expect(try TemporaryFolder.bytes(of: path) == before)
  }

  @Test("A finished log is replayed without a single new probe, to the same record")
  func finishedLog() throws {
    let options = #"{"steps": 5, "learningRate": 1e-3, "epsilon": 1e-3, "checkpointEvery": 2}"#
    var first = try run(CellFixture.Settings("zeroqat", options))
    let path = fixture.folder.path("work/replay.log")
    let log = try TemporaryFolder.bytes(of: path)
    try runCell(
      specification: fixture.folder.path("cell.json"), output: fixture.folder.path("record.json"),
      threads: 1, workFolder: fixture.folder.path("work"))
    var again = try JSONDocument(contentsOf: fixture.folder.path("record.json")).decode(
      RunRecord.self)
    #expect(first.measurement?.resumes == 0 && again.measurement?.resumes == 1)
    first.measurement = nil
    again.measurement = nil
    #expect(first == again)
    #expect(try TemporaryFolder.bytes(of: path) == log)
  }

  @Test("A record that can't be written is an error that names the file")
  func unwritable() throws {
    let specification = try fixture.folder.write(
      fixture.cell(CellFixture.Settings("rtn")), to: "cell.json")
    let output = fixture.folder.path("absent/record.json")
    let error = #expect(throws: FileError.self) {
      try runCell(
        specification: specification, output: output, threads: 1,
        workFolder: fixture.folder.path("work"))
    }
    #expect(
      error?.description == "cannot write '\(output)': No such file or directory")
  }
}
