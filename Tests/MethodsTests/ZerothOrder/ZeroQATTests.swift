import Checkpoints
import Glibc
import MethodKit
import Methods
import Optimizers
import Quantizers
import System
import Tensors
import TestSupport
import Testing
import Transformers

@Suite("ZeroQAT and its lightweight variant")
struct ZeroQATTests {
  private let step = #""learningRate": 1e-4, "epsilon": 1e-3"#

  @Test(
    "No steps: the initialisation, which is RTN where nothing is smoothed", arguments: tinyModels)
  func noSteps(model: String) throws {
    let rehearsal = try Rehearsal(model: Vectors.path("model/\(model)"))
    let method = try make(
      ZeroQAT.self, "{\(step), \"steps\": 0, \"initialisation\": \"none\"}", spec(4, 4))
    let result = try rehearsal(method)
    let source = try rehearsal(make(FullPrecision.self, "{}", .none))
    #expect(digest(of: result) == digest(of: source), "the master weights moved")
    let rounded = try rehearsal(make(RTN.self, "{}", spec(4, 4)))
    #expect(try rehearsal.score(result) == rehearsal.score(rounded))
    for id in result.transformer.configuration.linearIDs {
      #expect(result.blocks.current(id).elements == rounded.blocks.current(id).elements)
    }
    #expect(rehearsal.checkpoints.map(\.step) == [0] && rehearsal.journalled.isEmpty)
    #expect(rehearsal.summary?.bestDevelopmentStep == 0 && rehearsal.summary?.probes == [])
  }

  @Test("A learning rate of nothing moves nothing, however many steps")
  func noRate() throws {
    for type in [ZeroQAT.self, LightweightZeroQAT.self] as [any QuantizationMethod.Type] {
      let rehearsal = try Rehearsal()
      _ = try rehearsal(
        make(
          type, #"{"steps": 4, "learningRate": 0, "epsilon": 1e-3, "checkpointEvery": 1}"#,
          spec(4, 4)))
      #expect(Set(rehearsal.weights).count == 1 && rehearsal.weights.count == 5)
      #expect(rehearsal.journalled.count == 4)
    }
  }

  @Test("The summary counts what was done, and checkpoints come when they should")
  func summary() throws {
    let rehearsal = try Rehearsal()
    let options = """
      {\(step), "steps": 7, "batchWindows": 2, "directions": 3, "checkpointEvery": 3,
       "clipDifference": 1e-9}
      """
    let result = try rehearsal(make(ZeroQAT.self, options, spec(4, 4)))
    let summary = try #require(rehearsal.summary)
    #expect(rehearsal.checkpoints.map(\.step) == [0, 3, 6, 7])
    #expect(Set(rehearsal.weights).count == 4 && rehearsal.weights.last == digest(of: result))
    #expect(summary.probes == rehearsal.journalled && summary.probes.count == 21)
    #expect(summary.probes.map(\.step) == (0..<21).map { $0 / 3 })
    #expect(summary.probes.map(\.direction) == (0..<21).map { $0 % 3 })
    #expect(summary.probes.allSatisfy { $0.isClipped })
    #expect(summary.tokensPerStep == 32)
    #expect(summary.trainableParameters == result.transformer.configuration.linearParameters)
    let best = rehearsal.checkpoints.min { $0.meanNLL < $1.meanNLL }
    #expect(summary.bestDevelopmentStep == best?.step && rehearsal.chosen == best?.step)
  }

  @Test("Training text decides: each step sees the next windows")
  func batches() throws {
    // With one window of text all steps see the same; with more they don't.
    func losses(windows: Int, trainingWindows: String = "null") throws -> [Double] {
      let rehearsal = try Rehearsal(windows: windows)
      let options = """
        {"steps": 4, "learningRate": 0, "epsilon": 1e-6, "initialisation": "none",
         "trainingWindows": \(trainingWindows)}
        """
      _ = try rehearsal(make(ZeroQAT.self, options, spec(nil, 8)))
      return rehearsal.journalled.map { ($0.plus + $0.minus) / 2 }
    }
    let (one, two) = (try losses(windows: 1), try losses(windows: 2))
    #expect(one.allSatisfy { abs($0 - one[0]) < 2e-3 }, "\(one)")
    #expect(abs(two[0] - two[1]) > 2e-2 && abs(two[0] - two[2]) < 2e-3, "\(two)")
    // Of two windows one may be all that is trained on.
    let first = try losses(windows: 2, trainingWindows: "1")
    #expect(first.allSatisfy { abs($0 - two[0]) < 2e-3 }, "\(first)")
    let error = #expect(throws: MethodError.self) {
      try losses(windows: 2, trainingWindows: "3")
    }
    #expect(
      error?.description
        == "option 'trainingWindows': expected 1 to the 2 windows of training text, found 3")
  }

  @Test(
    "The log and the base weights alone make the final weights",
    arguments: ["gaussian", "rademacher"])
  func replay(distribution: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.path("replay.log")
    let options = """
      {"steps": 6, "learningRate": 1e-3, "epsilon": 1e-3, "directions": 3, "initialisation": "none",
       "distribution": "\(distribution)"}
      """
    let rehearsal = try Rehearsal(seed: 12)
    rehearsal.log = try ReplayLog(path: path, binding: "this")
    let trained = digest(of: try rehearsal(make(ZeroQAT.self, options, spec(4, 4))))

    let log = try ReplayLog(path: path, binding: "this")
    let source = try ModelSource(path: rehearsal.path)
    let dense = try DenseParameters(source: source)
    let model = QuantizedModel(
      transformer: Transformer(
        configuration: source.configuration, frame: try source.frame(precision: .single)),
      blocks: QuantizedBlocks(
        linears: Dictionary(
          uniqueKeysWithValues: source.configuration.linearIDs.map {
            ($0, .init(storage: .live(dense.matrix($0)), bias: nil))
          }), norms: []))
    var loss = QuantizedLoss(model: model, tokens: [1, 2], windowTokens: 2)
    #expect(digest(of: model) != trained)
    let optimizer = ZerothOrderSGD(
      learningRate: 1e-3, epsilon: 1e-3, directions: 3,
      distribution: distribution == "gaussian" ? .gaussian : .rademacher, seed: 12)
    #expect(log.probes.count == 18)
    for probe in log.probes { optimizer.apply(probe, to: &loss) }
    #expect(digest(of: loss.model) == trained)
  }

  @Test(
    "Interrupted anywhere, training ends with the same parameters and probes",
    arguments: ["weights", "weights+quantizer"])
  func resumption(learn: String) throws {
    let options = """
      {"steps": 4, "learningRate": 1e-3, "epsilon": 1e-3, "directions": 3, "checkpointEvery": 2,
       "learn": "\(learn)"}
      """
    func digests(_ rehearsal: Rehearsal) throws -> [String] {
      let model = try rehearsal(make(ZeroQAT.self, options, spec(4, 4)))
      return [model.weightDigest, model.otherDigest]
    }
    let whole = try Rehearsal()
    let expected = try digests(whole)
    for kept in 0...12 {
      let folder = try TemporaryFolder()
      let log = try ReplayLog(path: folder.path("log"), binding: "this")
      for probe in whole.journalled.prefix(kept) { try log.append(probe) }
      let rehearsal = try Rehearsal()
      rehearsal.log = log
      #expect(try digests(rehearsal) == expected)
      #expect(rehearsal.summary == whole.summary, "after \(kept) probes")
      #expect(rehearsal.weights == whole.weights)
      // No whole step was probed again, every other one was.
      #expect(rehearsal.journalled.count == 12 - kept / 3 * 3)
    }
  }

  @Test(
    "The light variant trains Q and V, or what it is told to; every packed byte stays",
    arguments: ["llama_gqa_untied", "opt_preln"], [nil, "q", "qv", "all"])
  func light(model: String, trainable: String?) throws {
    func run(steps: Int) throws -> (model: QuantizedModel, rehearsal: Rehearsal) {
      let rehearsal = try Rehearsal(model: Vectors.path("model/\(model)"))
      let others = trainable.map { ", \"trainable\": \"\($0)\"" } ?? ""
      let options = "{\(step), \"steps\": \(steps), \"checkpointEvery\": 2\(others)}"
      return (try rehearsal(make(LightweightZeroQAT.self, options, spec(4, 4))), rehearsal)
    }
    let (before, after) = (try run(steps: 0), try run(steps: 5))
    var trained = 0
    for id in before.model.transformer.configuration.linearIDs {
      let (old, new) = (before.model.blocks.linears[id], after.model.blocks.linears[id])
      let isTrained =
        switch trainable {
        case "q": id.kind == .query
        case "all": true
        default: id.kind == .query || id.kind == .value
        }
      switch (isTrained, old?.storage, new?.storage) {
      case (true, .live(let one), .live(let other)):
        #expect(one.elements != other.elements, "\(id) wasn't trained")
        trained += one.rows * one.columns
      case (false, .packed(let one), .packed(let other)):
        for row in 0..<one.rows { #expect(one.codes(ofRow: row) == other.codes(ofRow: row)) }
        #expect(
          before.model.blocks.current(id).elements == after.model.blocks.current(id).elements)
      default: Issue.record("\(id) is held as \(String(describing: old?.storage))")
      }
    }
    #expect(after.rehearsal.summary?.trainableParameters == trained)
    #expect(Set(after.rehearsal.weights).count == 4)
  }

  @Test("At first both variants are the same model, where half precision holds the embedding")
  func lightEqualsFull() throws {
    // The tiny model with an embedding and a head that are exact in half precision.
    let folder = try TemporaryFolder()
    let file = try Vectors.safetensors("model/llama_gqa_untied/model")
    try SafetensorsWriter.write(
      try file.tensors.map { tensor in
        let values = try file.read(tensor.name)
        let isTable = tensor.name.contains("embed_tokens") || tensor.name.contains("lm_head")
        return (
          tensor.name, tensor.shape,
          isTable ? values.map { Float(Float16($0)) } : values
        )
      }, to: folder.path("model.safetensors"))
    try folder.write(
      TemporaryFolder.bytes(of: Vectors.path("model/llama_gqa_untied/config.json")),
      to: "config.json")
    for (weights, activations, others) in [
      (4, 4, ""), (2, nil, #", "clipGamma": 3"#), (3, 8, #", "alphaLeast": 0.3, "alphaMost": 0.8"#),
      (4, 4, #", "initialisation": "blocks""#), (2, nil, #", "initialisation": "blocks""#),
    ] as [(Int, Int?, String)] {
      let scores = try [ZeroQAT.self, LightweightZeroQAT.self].map {
        (type: any QuantizationMethod.Type) in
        let rehearsal = try Rehearsal(model: folder.path)
        let options = "{\(step), \"steps\": 0\(others)}"
        let model = try rehearsal(make(type, options, spec(weights, activations, group: 4)))
        return (
          score: try rehearsal.score(model),
          weights: model.transformer.configuration.linearIDs.map {
            model.blocks.current($0).elements
          }
        )
      }
      #expect(scores[0].weights == scores[1].weights)
      #expect(scores[0].score == scores[1].score)
    }
    // As it comes, the embedding is rounded to 11 bits: 2⁻¹¹ relative, which is what the loss may show.
    let scores = try [ZeroQAT.self, LightweightZeroQAT.self].map {
      (type: any QuantizationMethod.Type) in
      let rehearsal = try Rehearsal()
      return try rehearsal.score(
        rehearsal(make(type, "{\(step), \"steps\": 0}", spec(8, nil))))
    }
    #expect(scores[0] != scores[1] && abs(scores[0] / scores[1] - 1) < 0x1p-11, "\(scores)")
  }

  @Test("Learned together, all leave their start", arguments: [2, 4])
  func joint(bits: Int) throws {
    let spec = bits == 2 ? try spec(2, nil, group: 4) : try spec(4, 4)
    func run(_ others: String) throws -> (model: QuantizedModel, rehearsal: Rehearsal) {
      let rehearsal = try Rehearsal()
      let options = "{\(step), \"checkpointEvery\": 2\(others)}"
      return (try rehearsal(make(ZeroQAT.self, options, spec)), rehearsal)
    }
    let learn = #", "learn": "weights+quantizer""#
    let before = try run(learn + #", "steps": 0"#)
    let after = try run(learn + #", "steps": 5"#)
    let alone = try run(#", "steps": 5, "clipGamma": 3"#)
    let c = before.model.transformer.configuration
    var parameters = c.linearParameters
    for id in c.linearIDs {
      let (old, new) = (before.model.blocks.linears[id], after.model.blocks.linears[id])
      let (up, low) = (try #require(old?.clip), try #require(new?.clip))
      #expect(up.up.elements != low.up.elements && up.low.elements != low.low.elements, "\(id)")
      // γ is 3 unless said otherwise: the start of training weights alone with clipping.
      expectClose(
        up.up.elements, alone.model.blocks.linears[id]?.clip?.up.elements ?? [],
        .absolute(2e-7), "\(id)")
      parameters += 2 * up.up.count
      #expect(old?.smoothing.isIdentity == new?.smoothing.isIdentity)
      if let old = old?.smoothing.columnScale?.elements {
        let new = try #require(new?.smoothing.columnScale?.elements)
        #expect(old != new && new.allSatisfy { $0 > 0 }, "\(id)")
      }
    }
    let norms = [before, after].map { $0.model.blocks.norm(.attention, block: 1).gain.elements }
    // Weight-only isn't smoothed.
    #expect((norms[0] != norms[1]) == (bits == 4))
    if bits == 4 { parameters += 2 * c.blocks * c.channels }
    #expect(after.rehearsal.summary?.trainableParameters == parameters)
    #expect(alone.rehearsal.summary?.trainableParameters == c.linearParameters)
    #expect(before.model.weightDigest != after.model.weightDigest)
    #expect(before.model.otherDigest != after.model.otherDigest)
    #expect(alone.model.otherDigest != after.model.otherDigest)
    // Rates of nothing: the weights move, the others don't.
    let still = try run(
      learn + #", "steps": 5, "clippingLearningRate": 0, "smoothingLearningRate": 0"#)
    #expect(still.model.otherDigest == before.model.otherDigest)
    #expect(still.model.weightDigest != before.model.weightDigest)
  }

  @Test("Learned together, a checkpoint and the model handed over are the trained one")
  func jointCheckpoint() throws {
    let rehearsal = try Rehearsal()
    let options = """
      {\(step), "steps": 4, "checkpointEvery": 2, "learn": "weights+quantizer",
       "clippingLearningRate": 0.1}
      """
    let model = try rehearsal(make(ZeroQAT.self, options, spec(4, 4)))
    #expect(try rehearsal.score(model) == rehearsal.checkpoints.last?.meanNLL)
    #expect(Set(rehearsal.checkpoints.map(\.meanNLL)).count == 3)
  }

  @Test(
    "Trained weights in fewer bits start from the same weights, train, and replay to the same bits",
    arguments: ["float16", "bfloat16", "int8"])
  func fewerBits(type: String) throws {
    func run(_ options: String, log: ReplayLog? = nil) throws -> (QuantizedModel, Rehearsal) {
      let rehearsal = try Rehearsal(model: Vectors.path("model/llama_gqa_untied"))
      rehearsal.log = log
      let text =
        "{\(step), \"steps\": 4, \"checkpointEvery\": 2, \"initialisation\": \"none\"\(options)}"
      return (try rehearsal(make(LightweightZeroQAT.self, text, spec(4, nil))), rehearsal)
    }
    let (plain, single) = try run("")
    let (model, rehearsal) = try run(", \"weightType\": \"\(type)\"")
    #expect(abs(single.checkpoints[0].meanNLL - rehearsal.checkpoints[0].meanNLL) < 0.02)
    #expect(single.checkpoints[0].meanNLL != rehearsal.checkpoints[0].meanNLL)
    #expect(Set(rehearsal.weights).count == 3)
    for id in plain.transformer.configuration.linearIDs {
      guard case .live(let weights) = model.blocks.linears[id]?.storage else { continue }
      #expect(!(weights is Matrix), "\(id) is float32")
    }
    // Half of the probes from a log, the other half again: rounding is keyed by step, too.
    let folder = try TemporaryFolder()
    let log = try ReplayLog(path: folder.path("log"), binding: "this")
    for probe in rehearsal.journalled.prefix(2) { try log.append(probe) }
    let (resumed, after) = try run(", \"weightType\": \"\(type)\"", log: log)
    #expect(after.journalled.count == 2)
    #expect(resumed.weightDigest == model.weightDigest)
    if type == "bfloat16" {
      let (nearest, _) = try run(
        ", \"weightType\": \"bfloat16\", \"updateRounding\": \"nearest\"")
      #expect(nearest.weightDigest != model.weightDigest)
    }
  }

  @Test("Without calibration, packed weights are the checkpoint's own, read a few rows at a time")
  func streamed() throws {
    let rehearsal = try Rehearsal(model: Vectors.path("model/llama_gqa_untied"))
    let model = try rehearsal(
      make(
        LightweightZeroQAT.self, "{\(step), \"steps\": 0, \"clipGamma\": 3}",
        spec(3, nil, group: 4)))
    let dense = try DenseParameters(
      source: ModelSource(path: Vectors.path("model/llama_gqa_untied")))
    let quantizer = WeightQuantizer(bits: 3, groupSize: 4)
    for id in model.transformer.configuration.linearIDs {
      let expected = dense.matrix(id)
      if case .live(let weights) = model.blocks.linears[id]?.storage {
        #expect(weights.elements == expected.elements, "\(id)")
      }
      quantizer.fakeQuantize(
        expected,
        clip: ClipFractions(
          constant: 1 / (1 + expf(-3)), rows: expected.rows,
          groups: quantizer.groups(in: expected.columns)))
      #expect(model.blocks.current(id).elements == expected.elements, "\(id)")
    }
  }

  @Test(
    "Trains in integers as it does in floats, but for rounding",
    arguments: ["llama_gqa_untied", "opt_preln"], [true, false])
  func integers(model: String, isLight: Bool) throws {
    func scores(_ arithmetic: String) throws -> [Double] {
      let rehearsal = try Rehearsal(model: Vectors.path("model/\(model)"))
      let options = """
        {\(step), "steps": 2, "checkpointEvery": 1, "arithmetic": "\(arithmetic)"}
        """
      let type: any QuantizationMethod.Type = isLight ? LightweightZeroQAT.self : ZeroQAT.self
      let trained = try rehearsal(make(type, options, spec(4, 8)))
      // The rounding floor is that of the model, not of its sums, which are exact.
      #expect(try rehearsal.score(trained) != rehearsal.score(trained, order: .halves))
      return rehearsal.checkpoints.map(\.meanNLL)
    }
    let (float, integer) = (try scores("float"), try scores("integer"))
    #expect(float.count == 3 && integer.count == 3)
    #expect(float != integer, "both were computed the same way")
    // The same codes at the start; later ones stem from differences of losses, which are mostly rounding.
    #expect(abs(float[0] - integer[0]) < 2e-3, "\(float), \(integer)")
    #expect(Set(integer).count == 3, "the weights didn't move")
  }

  @Test("What can't be learned is refused")
  func learnRefusals() throws {
    for (type, others, bits, words) in [
      (
        LightweightZeroQAT.self, #""learn": "weights+quantizer""#, try spec(4, 4),
        "option 'learn': expected 'weights': what is packed keeps its clipping and smoothing, "
          + "found 'weights+quantizer'"
      ),
      (
        ZeroQAT.self, #""trainable": "qv""#, try spec(4, 4),
        "option 'trainable': expected 'all'; 'zeroqat-light' trains fewer linears, found 'qv'"
      ),
      (
        ZeroQAT.self, #""clippingEpsilon": 0.01"#, try spec(4, 4),
        "option 'clippingEpsilon': expected 'learn' to be 'weights+quantizer', "
          + "found 0.01 with 'learn' at 'weights'"
      ),
      (
        ZeroQAT.self, #""learn": "weights+quantizer", "smoothingEpsilon": 0"#, try spec(4, 4),
        "option 'smoothingEpsilon': expected a finite number above 0, found 0.0"
      ),
      (
        ZeroQAT.self, #""learn": "weights+quantizer", "clippingLearningRate": -1"#,
        try spec(4, 4),
        "option 'clippingLearningRate': expected a finite number of at least 0, found -1.0"
      ),
      (
        ZeroQAT.self, #""weightType": "bfloat16""#, try spec(4, 4),
        "option 'weightType': expected 'float32'; 'zeroqat-light' holds weights in fewer bits, "
          + "found 'bfloat16'"
      ),
      (
        LightweightZeroQAT.self, #""updateRounding": "nearest""#, try spec(4, 4),
        "option 'updateRounding': expected none while 'weightType' is 'float32', found 'nearest'"
      ),
      (
        LightweightZeroQAT.self, #""weightType": "int8", "updateRounding": "nearest""#,
        try spec(4, 4),
        "option 'updateRounding': expected 'stochastic' with 'weightType' at 'int8', "
          + "found 'nearest'"
      ),
      (
        ZeroQAT.self, #""arithmetic": "integer""#, try spec(2, nil),
        "option 'arithmetic': expected 'float' at W2A16: integers need quantized weights and "
          + "activations, and one grid per row, found 'integer'"
      ),
      (
        LightweightZeroQAT.self, #""arithmetic": "integer""#, try spec(4, 4, group: 16),
        "option 'arithmetic': expected 'float' at W4A4g16: integers need quantized weights and "
          + "activations, and one grid per row, found 'integer'"
      ),
      (
        ZeroQAT.self, #""learn": "weights+quantizer", "initialisation": "none""#,
        try spec(nil, 8),
        "option 'learn': expected 'weights' where there is neither clipping nor smoothing to "
          + "learn, found 'weights+quantizer'"
      ),
    ] as [(any QuantizationMethod.Type, String, QuantizationSpec, String)] {
      let error = #expect(throws: MethodError.self) {
        try Rehearsal()(make(type, "{\"steps\": 1, \(step), \(others)}", bits))
      }
      #expect(error?.description == words)
    }
  }

  @Test("Weight-only isn't smoothed unless asked, quantized activations are unless asked not to be")
  func smoothingByDefault() throws {
    for (bits, others, isSmoothed) in [
      (try spec(4, nil), "", false), (try spec(4, 4), "", true),
      (try spec(4, 4), #", "initialisation": "none""#, false),
      (try spec(4, nil), #", "initialisation": "smoothquant""#, true),
    ] {
      for type in [ZeroQAT.self, LightweightZeroQAT.self] as [any QuantizationMethod.Type] {
        let rehearsal = try Rehearsal()
        let model = try rehearsal(make(type, "{\(step), \"steps\": 0\(others)}", bits))
        let query = model.blocks.linears[LinearID(block: 1, kind: .query)]
        #expect(query?.smoothing.isIdentity == !isSmoothed, "\(type.card.name) \(bits)")
        #expect(
          rehearsal.phases.contains(.calibrate) == isSmoothed || type == LightweightZeroQAT.self)
      }
    }
    // A post-norm model is accepted where nothing is to be smoothed.
    for type in [ZeroQAT.self, LightweightZeroQAT.self] as [any QuantizationMethod.Type] {
      let rehearsal = try Rehearsal(model: Vectors.path("model/opt_postln_proj"))
      let model = try rehearsal(
        make(type, "{\(step), \"steps\": 1, \"initialisation\": \"none\"}", spec(4, 4)))
      #expect(try rehearsal.score(model).isFinite)
    }
  }

  @Test(
    "Values that make no sense are refused",
    arguments: [
      (#""steps": -1"#, "option 'steps': expected at least 0, found -1"),
      (#""directions": 0"#, "option 'directions': expected at least 1, found 0"),
      (#""batchWindows": 0"#, "option 'batchWindows': expected at least 1, found 0"),
      (#""batchExamples": 0"#, "option 'batchExamples': expected at least 1, found 0"),
      (#""checkpointEvery": 0"#, "option 'checkpointEvery': expected at least 1, found 0"),
      (
        #""initialisationEpochs": 2"#,
        #"option 'initialisationEpochs': expected none without "initialisation": "blocks", found 2"#
      ),
      (
        #""initialisation": "blocks", "initialisationEpochs": -1"#,
        "option 'initialisationEpochs': expected from 0 to 1000000, found -1"
      ),
      (#""clipDifference": 0"#, "option 'clipDifference': expected a number above 0, found 0.0"),
      (#""minimumScale": -1"#, "option 'minimumScale': expected a number above 0, found -1.0"),
      (#""alphaLeast": 2"#, "option 'alphaLeast': expected a number from 0 to 1.5, found 2.0"),
      (
        #""alphaLeast": 0.6, "alphaMost": 0.5"#,
        "option 'alphaMost': expected a number from alphaLeast to 1.5, found 0.5"
      ),
      // alphaLeast is 0.5 where it isn't given.
      (
        #""alphaMost": 0.25"#,
        "option 'alphaMost': expected a number from alphaLeast to 1.5, found 0.25"
      ),
      // Beyond 2³² draws directions would come again.
      (
        #""steps": 4294967296, "directions": 2"#,
        "option 'steps': expected at most 2147483648 with 2 directions, found 4294967296"
      ),
      (
        #""steps": 9223372036854775807, "directions": 9223372036854775807"#,
        "option 'directions': expected at most 4294967296, found 9223372036854775807"
      ),
    ])
  func refusals(text: String, words: String) throws {
    let steps = text.contains("steps") ? "" : #""steps": 1, "#
    for type in [ZeroQAT.self, LightweightZeroQAT.self] as [any QuantizationMethod.Type] {
      let error = #expect(throws: MethodError.self) {
        try make(type, "{\(steps)\(step), \(text)}", spec(4, 4))
      }
      #expect(error?.description == words)
    }
  }

  @Test("ε and η must be numbers that a step can be made of")
  func steps() throws {
    for (rate, epsilon, words) in [
      (
        "-1e-4", "1e-3",
        "option 'learningRate': expected a finite number of at least 0, found -0.0001"
      ),
      ("1e-4", "0", "option 'epsilon': expected a finite number above 0, found 0.0"),
      ("1e-4", "-1", "option 'epsilon': expected a finite number above 0, found -1.0"),
    ] {
      let error = #expect(throws: MethodError.self) {
        try make(
          ZeroQAT.self, "{\"steps\": 1, \"learningRate\": \(rate), \"epsilon\": \(epsilon)}",
          spec(4, 4))
      }
      #expect(error?.description == words)
    }
    // A float32 can't hold these: an error, not zero or infinity.
    for epsilon in ["1e-60", "1e60"] {
      #expect(throws: (any Error).self) {
        try make(
          ZeroQAT.self, "{\"steps\": 1, \"learningRate\": 1, \"epsilon\": \(epsilon)}", spec(4, 4))
      }
    }
  }

  @Test("More windows in a batch than there are is refused, not repeated or run out of memory")
  func batchTooLarge() throws {
    for count in ["21", "9223372036854775807"] {
      let error = #expect(throws: MethodError.self) {
        try Rehearsal()(
          make(ZeroQAT.self, "{\"steps\": 1, \(step), \"batchWindows\": \(count)}", spec(4, 4)))
      }
      #expect(
        error?.description
          == "option 'batchWindows': expected at most the 20 windows of training text, found \(count)"
      )
    }
  }

  @Test(
    "Weights that blow up stop the run with the step, though the quantized loss stays finite",
    arguments: ["zeroqat", "zeroqat-light"])
  func weightsBlowUp(name: String) throws {
    let rehearsal = try Rehearsal()
    let error = #expect(throws: ZerothOrderError.self) {
      try rehearsal(
        make(
          method(named: name),
          #"{"steps": 50, "learningRate": 1e38, "epsilon": 1e-3, "initialisation": "none"}"#,
          spec(4, nil)))
    }
    guard case .weightNotFinite(let step, let tensor) = error else {
      Issue.record("found \(String(describing: error))")
      return
    }
    #expect(step == rehearsal.journalled.count - 1 && tensor == "block 0 q_proj")
    #expect(rehearsal.journalled.allSatisfy { $0.plus.isFinite && $0.minus.isFinite })
    #expect(rehearsal.checkpoints.map(\.step) == [0])
  }

  @Test("A loss that blows up stops the run with the step")
  func lossBlowsUp() throws {
    let rehearsal = try Rehearsal()
    let error = #expect(throws: ZerothOrderError.self) {
      try rehearsal(
        make(
          ZeroQAT.self,
          #"{"steps": 50, "learningRate": 1e35, "epsilon": 1e-3, "initialisation": "none"}"#,
          spec(nil, 8)))
    }
    guard case .notFinite(let step, _, _) = error else {
      Issue.record("found \(String(describing: error))")
      return
    }
    #expect(step >= 1 && step == rehearsal.journalled.count)
  }
}
