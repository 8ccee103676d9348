import Checkpoints
import MethodKit
import Quantizers
import Tasks
import Tensors
import TestSupport
import Testing
import Tokenizers
import Transformers
import Vocabulary

/// A tiny model: one of the reference models, or one of the same shape in a smoothing case.
private struct TinyModel {
  let transformer: Transformer
  let source: ModelSource
  private let folder: TemporaryFolder?

  init(_ name: String) throws {
    try self.init(source: ModelSource(path: Vectors.path("model/\(name)")), folder: nil)
  }

  /// The model whose weights a case holds as `before.<name>`.
  init(case name: String, _ file: SafetensorsFile) throws {
    let folder = try TemporaryFolder()
    let configuration = Vectors.path("model/\(name)/config.json")
    try folder.write(try TemporaryFolder.bytes(of: configuration), to: "config.json")
    let tensors = try file.tensors.filter { $0.name.hasPrefix("before.") }
      .map { tensor -> SafetensorsWriter.Tensor in
        (String(tensor.name.dropFirst(7)), tensor.shape, try file.read(tensor.name))
      }
    try SafetensorsWriter.write(tensors, to: folder.path("model.safetensors"))
    try self.init(source: ModelSource(path: folder.path), folder: folder)
  }

  private init(source: ModelSource, folder: TemporaryFolder?) throws {
    self.source = source
    self.folder = folder
    transformer = Transformer(
      configuration: source.configuration, frame: try source.frame(precision: .single))
  }

  /// A fresh copy of the weights.
  func dense() throws -> DenseParameters { try DenseParameters(source: source) }

  /// Blocks smoothed once and for all, or at every use.
  func blocks(_ smoothing: [BlockSmoothing], live: Bool) throws -> QuantizedBlocks {
    let c = transformer.configuration
    let dense = try dense()
    let norms = dense.norms(of: 0..<c.blocks, smoothing: smoothing)
    let linears = c.linearIDs.map { id -> (LinearID, QuantizedBlocks.Linear) in
      let smoothing = smoothing[id.block].smoothing(of: id.kind, c)
      guard live else {
        return (id, dense.quantizeInPlace(id, smoothing: smoothing, quantizer: nil))
      }
      return (
        id,
        .init(storage: .live(dense.matrix(id)), bias: dense.bias(id), smoothing: smoothing)
      )
    }
    return QuantizedBlocks(linears: Dictionary(uniqueKeysWithValues: linears), norms: norms)
  }
}

/// A tokenizer of which every byte is a token.
private struct ByteTokenizer: Tokenizer {
  var vocabularySize: Int { 256 }
  var beginningOfSequence: Int32? { nil }
  var endOfSequence: Int32? { nil }

  func encode(_ text: [UInt8]) -> Encoding {
    Encoding(ids: text.map { Int32($0) })
  }

  func decode(_ ids: [Int32]) throws(TokenizerError) -> [UInt8] {
    ids.map { UInt8(truncatingIfNeeded: $0) }
  }
}

/// SmoothQuant on whole tiny models: maxima and weights against the official code, and the promise
/// that smoothing alone changes no output.
@Suite("Smoothing of whole models")
struct SmoothingTests {
  private static let names = ["opt_preln", "llama_gqa_untied"]

  /// Hub names of the linears, from which the vectors' names are made.
  private func name(_ id: LinearID, _ c: ModelConfiguration) -> String {
    if c.architecture == .llama {
      let part = id.kind.rawValue <= LinearKind.output.rawValue ? "self_attn" : "mlp"
      return "model.layers.\(id.block).\(part).\(id.kind.name)"
    }
    let kind =
      switch id.kind {
      case .output: "self_attn.out_proj"
      case .up: "fc1"
      case .down: "fc2"
      default: "self_attn.\(id.kind.name)"
      }
    return "model.decoder.layers.\(id.block).\(kind)"
  }

  /// Maxima of all blocks over the vectors' calibration batches.
  private func calibrate(_ model: TinyModel, _ file: SafetensorsFile) throws -> [ActivationMaxima] {
    let ids = try file.readIntegers("batches")
    #expect(ids.count == 4 * 2 * 33)
    let stream = try TokenStream<TrainingSplit>(
      ids.map { UInt8($0) }, ByteTokenizer(), beginning: .none)
    let windows = try TokenWindows(stream, windowTokens: 33, selection: .first)
    let calibration = try Calibration(model.transformer, windows, windows: 8)
    let dense = try model.dense()
    return (0..<model.transformer.configuration.blocks).map {
      calibration.run(block: $0, operators: dense)
    }
  }

  @Test("Activation maxima of every linear", arguments: names)
  func maxima(name: String) throws {
    let file = try Vectors.safetensors("smoothquant/\(name)")
    let model = try TinyModel(case: name, file)
    let c = model.transformer.configuration
    for (block, found) in try calibrate(model, file).enumerated() {
      for kind in c.linears {
        let values =
          switch kind {
          case .query, .key, .value: found.attention
          case .output: found.output
          case .gate, .up: found.feedForward
          case .down: found.down
          }
        let id = LinearID(block: block, kind: kind)
        expectClose(
          values, try file.read("act.\(self.name(id, c))"),
          .elementwise(relative: 1e-5, absolute: 1e-5), self.name(id, c))
      }
    }
  }

  @Test("Official logits, before smoothing and after", arguments: names)
  func logits(name: String) throws {
    let file = try Vectors.safetensors("smoothquant/\(name)")
    let model = try TinyModel(case: name, file)
    let c = model.transformer.configuration
    let ids = Array(try file.readIntegers("batches").prefix(2 * 33))
    let expected = try file.read("logits")
    let dense = try model.dense()
    let smoothing = try calibrate(model, file).enumerated().map { block, maxima in
      SmoothingRule.smoothQuant(alpha: 0.85).smoothing(
        block: block, maxima: maxima, c, weight: { dense.matrix($0) })
    }
    for live in [false, true] {
      let logits = try model.transformer.logits(
        ids, windowTokens: 33, operators: model.blocks(smoothing, live: live))
      expectClose(logits.elements, expected, .relativeToLargest(1e-4), "\(name), live \(live)")
    }
    let plain = try model.transformer.logits(ids, windowTokens: 33, operators: dense)
    expectClose(plain.elements, expected, .relativeToLargest(1e-4), name)
  }

  @Test("Smoothed norms and weights", arguments: names, [("0.5", Float(0.5)), ("0.85", 0.85)])
  func weights(name: String, alpha: (String, Float)) throws {
    let file = try Vectors.safetensors("smoothquant/\(name)")
    let model = try TinyModel(case: name, file)
    let c = model.transformer.configuration
    let dense = try model.dense()
    let near = Tolerance.elementwise(relative: 2e-5, absolute: 1e-7)
    for (block, maxima) in try calibrate(model, file).enumerated() {
      for kind in c.linears {
        let id = LinearID(block: block, kind: kind)
        expectClose(
          dense.matrix(id).elements, try file.read("before.\(self.name(id, c)).weight"), .exact)
      }
      let smoothing = SmoothingRule.smoothQuant(alpha: alpha.1).smoothing(
        block: block, maxima: maxima, c, weight: { dense.matrix($0) })
      let blank = BlockSmoothing()
      let norms = dense.norms(
        of: block..<block + 1,
        smoothing: (0..<c.blocks).map { $0 == block ? smoothing : blank })[0]
      let prefix = "after.\(alpha.0).model." + (c.architecture == .opt ? "decoder." : "")
      let normNames =
        c.architecture == .opt
        ? ["self_attn_layer_norm", "final_layer_norm"]
        : ["input_layernorm", "post_attention_layernorm"]
      for (norm, normName) in zip(norms, normNames) {
        let full = "\(prefix)layers.\(block).\(normName)"
        expectClose(norm.gain.elements, try file.read("\(full).weight"), near, full)
        if let bias = norm.bias {
          expectClose(bias.elements, try file.read("\(full).bias"), near, "\(full).bias")
        }
      }
      for kind in c.linears {
        let id = LinearID(block: block, kind: kind)
        let linear = dense.quantizeInPlace(
          id, smoothing: smoothing.smoothing(of: kind, c), quantizer: nil)
        guard case .ready(let matrix) = linear.storage else {
          Issue.record("quantized in place, but not ready")
          continue
        }
        let full = "\(self.name(id, c)).weight"
        let isSmoothed = kind != .output && kind != .down
        expectClose(
          matrix.elements,
          try file.read(isSmoothed ? "after.\(alpha.0).\(full)" : "before.\(full)"), near, full)
      }
    }
  }

  // — exactness —

  /// The members of a smoothing, each filled with scales from ½ to 3 and shifts of a few tenths.
  private static let members = [
    "attentionScale", "attentionShift", "feedForwardScale", "feedForwardShift", "outputScale",
    "outputShift", "queryKeyScale", "all",
  ]

  /// One scale for both channels of a rotary pair.
  private func sharedByPairs(_ values: [Float], _ c: ModelConfiguration) -> [Float] {
    guard c.architecture == .llama else { return values }
    let half = c.headSize / 2
    return values.indices.map { i in
      let (head, place) = (i / c.headSize, i % c.headSize)
      return values[
        head * c.headSize + (c.rotaryIsInterleaved ? place / 2 * 2 : place % half)]
    }
  }

  private func smoothing(_ member: String, _ c: ModelConfiguration, pairs: Bool = true)
    -> [BlockSmoothing]
  {
    var generator = SplitMix64(seed: 6)
    return (0..<c.blocks).map { _ in
      var result = BlockSmoothing()
      func wants(_ name: String) -> Bool { member == name || member == "all" }
      func scales(_ count: Int) -> [Float] { generator.uniform(count, in: 0.5..<3) }
      func shifts(_ count: Int) -> [Float] { generator.uniform(count, in: -0.4..<0.4) }
      let keys = c.keyHeads * c.headSize
      if wants("attentionScale") { result.attentionScale = scales(c.channels) }
      if wants("attentionShift") { result.attentionShift = shifts(c.channels) }
      if wants("feedForwardScale") { result.feedForwardScale = scales(c.channels) }
      if wants("feedForwardShift") { result.feedForwardShift = shifts(c.channels) }
      if wants("outputScale") { result.outputScale = scales(keys) }
      if wants("outputShift") { result.outputShift = shifts(keys) }
      if wants("queryKeyScale") {
        let values = scales(keys)
        result.queryKeyScale = pairs ? sharedByPairs(values, c) : values
      }
      return result
    }
  }

  /// The largest change of a logit, relative to the largest logit.
  private func change(_ model: TinyModel, _ smoothing: [BlockSmoothing], live: Bool) throws
    -> Float
  {
    let ids = (0..<34).map { Int32($0 * 37 % 211) }
    let before = try model.transformer.logits(
      ids, windowTokens: 17, operators: model.dense()
    ).elements
    let after = try model.transformer.logits(
      ids, windowTokens: 17, operators: model.blocks(smoothing, live: live)
    ).elements
    let largest = before.map(abs).max() ?? 1
    return (zip(before, after).map { abs($0 - $1) }.max() ?? .nan) / largest
  }

  @Test(
    "In full precision no member changes the outputs, nor do all together",
    arguments: ["opt_preln", "llama_gqa_untied", "llama_mha", "qwen2"], members)
  func exactness(name: String, member: String) throws {
    let model = try TinyModel(name)
    let smoothing = smoothing(member, model.transformer.configuration)
    for live in [false, true] {
      let change = try change(model, smoothing, live: live)
      #expect(change < 1e-5, "\(name), \(member), live \(live): \(change)")
      #expect(change > 0, "\(name), \(member), live \(live): nothing was smoothed")
    }
  }

  @Test(
    "Half a smoothing is no smoothing: each side alone changes the outputs", arguments: names)
  func onlyOneSide(name: String) throws {
    let model = try TinyModel(name)
    let c = model.transformer.configuration
    let smoothing = smoothing("attentionScale", c)
    var blocks = try model.blocks(smoothing, live: true)
    blocks.norms = try model.dense().norms(of: 0..<c.blocks, smoothing: [])
    let ids = (0..<17).map { Int32($0 * 37 % 211) }
    let before = try model.transformer.logits(
      ids, windowTokens: 17, operators: model.dense()
    ).elements
    let after = try model.transformer.logits(ids, windowTokens: 17, operators: blocks).elements
    let largest = before.map(abs).max() ?? 1
    #expect((zip(before, after).map { abs($0 - $1) }.max() ?? 0) / largest > 1e-2)
  }

  @Test(
    "Where positions rotate, scales between Q and K must be shared by pairs: others change outputs",
    arguments: ["llama_gqa_untied", "llama_mha", "qwen2"])
  func unsharedPairs(name: String) throws {
    let model = try TinyModel(name)
    let smoothing = smoothing("queryKeyScale", model.transformer.configuration, pairs: false)
    let change = try change(model, smoothing, live: true)
    #expect(change > 1e-3, "\(change)")
  }

  @Test("OPT has no rotation: scales between Q and K are free")
  func unsharedPairsOfOPT() throws {
    let model = try TinyModel("opt_preln")
    let smoothing = smoothing("queryKeyScale", model.transformer.configuration, pairs: false)
    #expect(try change(model, smoothing, live: true) < 1e-5)
  }
}
