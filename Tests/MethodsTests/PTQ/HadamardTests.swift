import Checkpoints
import MethodKit
import Methods
import Quantizers
import Tasks
import Tensors
import TestSupport
import Testing
import Transformers

@Suite("Hadamard rotation")
struct HadamardTests {
  private static let models = tinyModels.filter { $0 != "opt_postln_proj" }

  /// The model rotated, nothing rounded.
  private func rotated(_ path: String, seed: Int = 0) throws -> QuantizedModel {
    var model = try Rehearsal(model: path)(
      make(Hadamard.self, "{\"rotationSeed\": \(seed)}", spec(nil, 8)))
    model.blocks.tokenQuantizer = nil
    return model
  }

  @Test("In full precision the logits stay what they were", arguments: Self.models, [0, 1])
  func logits(name: String, seed: Int) throws {
    let path = Vectors.path("model/\(name)")
    let model = try rotated(path, seed: seed)
    let vectors = try Vectors.safetensors("model/\(name)/expected")
    for (ids, logits, tokens) in [
      ("input_ids", "logits", 17), ("short.input_ids", "short.logits", 1),
      ("long.input_ids", "long.logits", 61),
    ] {
      let found = try model.transformer.logits(
        vectors.readIntegers(ids), windowTokens: tokens, operators: model.blocks)
      expectClose(
        found.elements, try vectors.read(logits), .relativeToLargest(1e-4), "\(name) \(logits)")
    }
    // And something was rotated: every weight is another, and no norm has a gain.
    let dense = try DenseParameters(source: ModelSource(path: path))
    for id in model.transformer.configuration.linearIDs {
      #expect(model.blocks.current(id).elements != dense.matrix(id).elements, "\(id)")
    }
    for norm in model.blocks.norms.joined() {
      #expect(norm.gain.elements.allSatisfy { $0 == 1 })
      #expect(norm.bias?.elements.allSatisfy { $0 == 0 } ?? true)
    }
    #expect((model.blocks.norms.first?.first?.bias != nil) == name.hasPrefix("opt"))
  }

  @Test("Each rotation on the way is needed", arguments: ["opt_preln", "llama_gqa_untied"])
  func online(name: String) throws {
    var model = try rotated(Vectors.path("model/\(name)"))
    let vectors = try Vectors.safetensors("model/\(name)/expected")
    let ids = try vectors.readIntegers("input_ids")
    let expected = try vectors.read("logits")
    model.blocks.rotation = nil
    let without = try model.transformer.logits(ids, windowTokens: 17, operators: model.blocks)
    let largest = expected.reduce(0) { max($0, abs($1)) }
    #expect(zip(without.elements, expected).contains { abs($0 - $1) > 0.01 * largest })
  }

  @Test("Token by token it is the same model", arguments: ["opt_preln", "llama_gqa_untied"])
  func decoding(name: String) throws {
    let model = try rotated(Vectors.path("model/\(name)"))
    let ids = try Vectors.safetensors("model/\(name)/expected").readIntegers("input_ids")
    let (tokens, transformer) = (Array(ids.prefix(9)), model.transformer)
    let whole = try transformer.hidden(tokens, windowTokens: 9, operators: model.blocks)
    var cache = try DecodingCache(transformer, sequences: 1, capacity: 9)
    for (position, token) in tokens.enumerated() {
      let last = try transformer.decode([token], &cache, operators: model.blocks)
      expectClose(
        last.elements, whole.rows(position..<position + 1).elements, .relativeToLargest(1e-4),
        "\(name), position \(position)")
    }
  }

  @Test("Signs belong to the option's seed, not to the run's")
  func seeds() throws {
    let path = Vectors.path("model/llama_mha")
    let (first, second) = (try rotated(path, seed: 3), try rotated(path, seed: 4))
    #expect(digest(of: first) != digest(of: second))
    #expect(try digest(of: first) == digest(of: rotated(path, seed: 3)))
  }

  /// A copy of a model with one channel of the residual stream's readers fed by a large gain.
  private func outlierModel(_ name: String, factor: Float) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let original = Vectors.path("model/\(name)")
    let checkpoint = try openCheckpoint(at: original)
    let tensors = try checkpoint.tensors.map { tensor -> SafetensorsWriter.Tensor in
      var values = try checkpoint.read(tensor.name)
      // Gains of norms before linears up at two channels, and the columns behind them down: the same function.
      let isReader = ["q_proj", "k_proj", "v_proj", "gate_proj", "up_proj"].contains {
        tensor.name.contains($0) && tensor.name.hasSuffix("weight")
      }
      for channel in [5, 17] {
        if tensor.name.contains("layernorm") {
          values[channel] *= factor
        } else if isReader {
          for row in 0..<tensor.shape[0] { values[row * tensor.shape[1] + channel] /= factor }
        }
      }
      return (tensor.name, tensor.shape, values)
    }
    try SafetensorsWriter.write(tensors, to: folder.path("model.safetensors"))
    try folder.write(TemporaryFolder.bytes(of: original + "/config.json"), to: "config.json")
    return folder
  }

  /// Largest change of a logit against the full-precision model, as a share of the largest logit's size.
  private func error(_ model: QuantizedModel, _ name: String) throws -> Double {
    let vectors = try Vectors.safetensors("model/\(name)/expected")
    let expected = try vectors.read("logits")
    let found = try model.transformer.logits(
      vectors.readIntegers("input_ids"), windowTokens: 17, operators: model.blocks)
    var (sum, size) = (0.0, 0.0)
    for (a, b) in zip(found.elements, expected) {
      sum += Double(a - b) * Double(a - b)
      size += Double(b) * Double(b)
    }
    return (sum / size).squareRoot()
  }

  @Test("With outlier channels it is far better than rounding to nearest", arguments: [4, 6])
  func outliers(bits: Int) throws {
    let name = "llama_gqa_untied"
    let folder = try outlierModel(name, factor: 30)
    let rehearsal = try Rehearsal(model: folder.path)
    #expect(try error(rehearsal(make(FullPrecision.self, "{}", .none)), name) < 1e-5)
    let plain = try error(rehearsal(make(RTN.self, "{}", spec(nil, bits))), name)
    let rotated = try error(rehearsal(make(Hadamard.self, "{}", spec(nil, bits))), name)
    #expect(rotated < 0.5 * plain, "A\(bits): \(rotated), \(plain)")
  }

  /// Keeps what the linears of a rotated block are given.
  private struct Listening: BlockOperators {
    final class Heard: @unchecked Sendable {
      // SAFETY: forward passes run one after another, on one thread.
      var inputs: [LinearKind: [Float]] = [:]
    }
    let blocks: QuantizedBlocks
    let heard = Heard()

    func apply(_ id: LinearID, to x: Matrix, into y: Matrix) {
      heard.inputs[id.kind] = x.elements
      blocks.apply(id, to: x, into: y)
    }

    func norm(_ kind: NormKind, block: Int) -> (gain: Vector, bias: Vector?) {
      blocks.norm(kind, block: block)
    }

    func quantizeInput(_ x: Matrix, of linears: [LinearKind], block: Int) {
      blocks.quantizeInput(x, of: linears, block: block)
    }

    func quantizeOperand(_ x: Matrix, _ kind: LinearKind, block: Int, groupSize: Int) {
      blocks.quantizeOperand(x, kind, block: block, groupSize: groupSize)
    }
  }

  @Test(
    "GPTQ rounds the rotated weights for rotated inputs", arguments: ["llama_mha", "opt_preln"])
  func gptq(name: String) throws {
    let path = Vectors.path("model/\(name)")
    let rehearsal = try Rehearsal(model: path)
    let exact = try rotated(path)
    let nearest = try rehearsal(make(Hadamard.self, "{}", spec(3, nil)))
    let options = #"{"weights": "gptq", "calibrationWindows": 20}"#
    let gptq = try rehearsal(make(Hadamard.self, options, spec(3, nil)))
    #expect(rehearsal.phases.contains(.calibrate))
    #expect((rehearsal.figures["GPTQ: sum of losses"] ?? 0) > 0)
    // The first block's inputs, but for those that change with what comes before them in the block.
    let listening = Listening(blocks: exact.blocks)
    let text = try windows(TrainingSplit.self, count: 20)
    let x = try exact.transformer.embed((0..<20).flatMap { text[$0] }, windowTokens: 16)
    let c = exact.transformer.configuration
    exact.transformer.runBlock(
      0, on: x, windowTokens: 16, rotary: exact.transformer.rotaryTable(windowTokens: 16),
      operators: listening, workspace: Workspace(configuration: c, rows: x.rows))
    for kind in [LinearKind.query, .key, .value] {
      let id = LinearID(block: 0, kind: kind)
      let inputs = Matrix(
        rows: x.rows, columns: c.channels, elements: listening.heard.inputs[kind] ?? [])
      func error(_ model: QuantizedModel) -> Double {
        let (y, reference) = (
          Matrix(rows: x.rows, columns: c.shape(of: kind).outputs),
          Matrix(rows: x.rows, columns: c.shape(of: kind).outputs)
        )
        linear(inputs, model.blocks.current(id), into: y)
        linear(inputs, exact.blocks.current(id), into: reference)
        return meanSquare(of: y, less: reference)
      }
      #expect(error(gptq) < 0.95 * error(nearest), "\(name) \(kind.name)")
    }
    // Inputs that are rotated on the way: down's Hessian is of those.
    let down = LinearID(block: 0, kind: .down)
    #expect(gptq.blocks.current(down).elements != nearest.blocks.current(down).elements)
    #expect(try self.error(gptq, name) < 1)
  }

  @Test("What makes no sense is refused")
  func refusals() throws {
    let bits = #expect(throws: MethodError.self) {
      try make(Hadamard.self, #"{"weights": "gptq"}"#, spec(nil, 8))
    }
    #expect(
      bits?.description
        == "method 'hadamard' takes weights of 2, 3, 4, 6 or 8 bits for GPTQ, found W16A8")
    let post = #expect(throws: MethodError.self) {
      try Rehearsal(model: Vectors.path("model/opt_postln_proj"))(
        make(Hadamard.self, "{}", spec(4, 4)))
    }
    #expect(
      post?.description
        == "method 'hadamard': the rotation passes through norms before linears; this model is "
        + "post-norm")
    let windows = #expect(throws: MethodError.self) {
      try make(Hadamard.self, #"{"calibrationWindows": 0}"#, spec(4, 4))
    }
    #expect(windows?.description == "option 'calibrationWindows': expected at least 1, found 0")
  }
}
