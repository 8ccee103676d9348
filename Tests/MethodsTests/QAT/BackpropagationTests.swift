import Checkpoints
import MethodKit
import Methods
import Optimizers
import Quantizers
import Tensors
import TestSupport
import Testing
import Transformers

/// The methods that learn by backpropagation: what they start from, what they move, what they refuse.
@Suite("Methods trained by backpropagation")
struct BackpropagationTests {
  private func run(
    _ type: any QuantizationMethod.Type, _ options: String, _ bits: QuantizationSpec,
    model: String = "llama_gqa_untied", windows: Int = 20
  ) throws -> (model: QuantizedModel, rehearsal: Rehearsal) {
    let rehearsal = try Rehearsal(model: Vectors.path("model/\(model)"), windows: windows)
    return (try rehearsal(make(type, options, bits)), rehearsal)
  }

  private func values(_ model: QuantizedModel) -> [[Float]] {
    model.transformer.configuration.linearIDs.map { model.blocks.current($0).elements }
  }

  @Test(
    "OmniQuant that learns nothing is round to nearest",
    arguments: [(4, nil, nil), (2, nil, 4), (4, 4, nil)] as [(Int, Int?, Int?)])
  func omniQuantAtStart(bits: (Int, Int?, Int?)) throws {
    let spec = try spec(bits.0, bits.1, group: bits.2)
    // σ(40) is 1 in single precision.
    let found = try run(
      OmniQuant.self, #"{"epochs": 0, "let": false, "clipGamma": 40}"#, spec)
    let rounded = try run(RTN.self, #"{"minimumScale": 1e-5}"#, spec)
    #expect(values(found.model) == values(rounded.model))
    #expect(try found.rehearsal.score(found.model) == rounded.rehearsal.score(rounded.model))
  }

  @Test(
    "Block by block the reconstruction comes nearer",
    arguments: ["llama_gqa_untied", "opt_preln", "qwen2"],
    [(4, 4, nil), (2, nil, 4)] as [(Int, Int?, Int?)])
  func reconstruction(model: String, bits: (Int, Int?, Int?)) throws {
    for (type, options) in [
      (OmniQuant.self, #"{"epochs": 12}"#), (EfficientQAT.self, #"{"epochs": 12}"#),
      (
        ZeroQAT.self,
        #"{"steps": 0, "learningRate": 0, "epsilon": 1e-3, "initialisation": "blocks", "initialisationEpochs": 12}"#
      ),
      (
        STEQAT.self,
        #"{"steps": 0, "learningRate": 0, "initialisation": "blocks", "initialisationEpochs": 12}"#
      ),
    ] as [(any QuantizationMethod.Type, String)] {
      let spec = try spec(bits.0, bits.1, group: bits.2)
      let (result, rehearsal) = try run(type, options, spec, model: model)
      let first = try #require(rehearsal.figures["reconstruction loss, first pass"])
      let last = try #require(rehearsal.figures["reconstruction loss, last pass"])
      #expect(last < first, "\(type.card.name) on \(model) at \(spec): \(first) to \(last)")
      #expect(try rehearsal.score(result).isFinite)
    }
  }

  @Test("What OmniQuant learns by default depends on architecture and bits")
  func omniQuantDefaults() throws {
    // Shifts give LLaMA's norms a bias, scales change gains, weight-only OPT has scales alone.
    for (model, bits, scales, shifts) in [
      ("llama_gqa_untied", try spec(4, 4), true, false),
      ("llama_gqa_untied", try spec(4, nil), false, false),
      ("opt_preln", try spec(4, 4), true, true), ("opt_preln", try spec(4, nil), true, false),
    ] {
      let (result, _) = try run(OmniQuant.self, #"{"epochs": 1}"#, bits, model: model)
      let (plain, _) = try run(RTN.self, "{}", bits, model: model)
      let (found, before) = (result.blocks.norms[0][0], plain.blocks.norms[0][0])
      #expect((found.gain.elements != before.gain.elements) == scales, "\(model) \(bits)")
      // Scales move biases by a factor; a shift moves them where they are zero or not.
      if model == "opt_preln" {
        let ratio = zip(found.bias?.elements ?? [], before.bias?.elements ?? []).map { $0 / $1 }
        let gains = zip(found.gain.elements, before.gain.elements).map { $0 / $1 }
        let isScaled = zip(ratio, gains).allSatisfy { abs($0 / $1 - 1) < 1e-4 }
        #expect(isScaled == !shifts, "\(model) \(bits)")
      }
    }
  }

  @Test("ZeroQAT's start from untrained blocks is its start with σ(3)")
  func blocksAtStart() throws {
    let common = #""steps": 0, "learningRate": 0, "epsilon": 1e-3"#
    let learned = try run(
      ZeroQAT.self, "{\(common), \"initialisation\": \"blocks\", \"initialisationEpochs\": 0}",
      spec(4, nil, group: 4))
    let clipped = try run(
      ZeroQAT.self, "{\(common), \"initialisation\": \"none\", \"clipGamma\": 3}",
      spec(4, nil, group: 4))
    #expect(values(learned.model) == values(clipped.model))
    let twice = try run(
      ZeroQAT.self, "{\(common), \"initialisation\": \"blocks\"}", spec(4, nil, group: 4))
    #expect(values(twice.model) != values(clipped.model))
    #expect(digest(of: twice.model) == digest(of: clipped.model), "master weights stay")
  }

  @Test("EfficientQAT that trains nothing rounds to nearest; its weights have 2ᴺ levels a row")
  func efficientQAT() throws {
    let still = #"{"epochs": 0, "endToEndSteps": 0}"#
    let found = try run(EfficientQAT.self, still, spec(4, nil))
    let rounded = try run(RTN.self, "{}", spec(4, nil))
    for (a, b) in zip(values(found.model), values(rounded.model)) {
      expectClose(a, b, .elementwise(relative: 1e-6, absolute: 1e-9))
    }
    let trained = try run(
      EfficientQAT.self, #"{"weightLearningRate": 1e-3, "endToEndLearningRate": 1e-3}"#,
      spec(2, nil))
    for id in trained.model.transformer.configuration.linearIDs {
      let matrix = trained.model.blocks.current(id)
      for row in 0..<matrix.rows {
        let levels = Set((0..<matrix.columns).map { matrix.row(row)[$0] })
        #expect(levels.count <= 4, "\(id), row \(row)")
      }
    }
    #expect(trained.rehearsal.figures["training tokens"] == Double(20 * 16))
  }

  @Test(
    "Training lowers the loss on its own text",
    arguments: [
      ("ste-qat", ""), ("ste-qat", #", "straightThrough": "identity", "straightThroughBound": 2"#),
      ("ste-qat", #", "loss": "distillation", "learn": "all""#),
      ("ste-qat", #", "learn": "blocks", "initialisation": "none""#),
      ("llm-qat", #", "generatedWindows": 2"#),
    ])
  func lowersLoss(name: String, others: String) throws {
    for (model, bits) in [
      ("llama_gqa_untied", try spec(4, 8)), ("opt_preln", try spec(3, nil)),
    ] {
      let (batch, calibration) =
        name == "llm-qat" ? (2, "") : (1, #", "calibrationWindows": 1"#)
      let (result, rehearsal) = try run(
        method(named: name),
        "{\"steps\": 25, \"learningRate\": 2e-3, \"batchWindows\": \(batch)\(calibration)\(others)}",
        bits,
        model: model, windows: 1)
      let first = try #require(rehearsal.figures["training loss, first step"])
      let last = try #require(rehearsal.figures["training loss, last step"])
      #expect(last < 0.8 * first, "\(name)\(others) on \(model): \(first) to \(last)")
      #expect(try rehearsal.score(result).isFinite)
      #expect(rehearsal.checkpoints.map(\.step) == [0, 25] && rehearsal.chosen != nil)
    }
  }

  @Test("Only what is to be learned moves")
  func learned() throws {
    func table(_ model: QuantizedModel) throws -> [Float] {
      try #require(model.transformer.frame.embedding as? SingleTable).matrix.elements
    }
    let bits = try spec(4, 4)
    for name in ["ste-qat", "llm-qat"] {
      let common = #""steps": 2, "learningRate": 1e-3, "batchWindows": 1"#
      let still = try run(
        method(named: name), #"{"steps": 2, "learningRate": 0, "batchWindows": 1, "learn": "all"}"#,
        bits, model: "opt_preln")
      for learn in ["weights", "blocks", "all"] {
        let (found, _) = try run(
          method(named: name), "{\(common), \"learn\": \"\(learn)\"}", bits, model: "opt_preln")
        #expect(values(found) != values(still.model))
        let gains = { (model: QuantizedModel) in model.blocks.norms[1][1].gain.elements }
        #expect((gains(found) != gains(still.model)) == (learn != "weights"), "\(name) \(learn)")
        let biases = { (model: QuantizedModel) in
          model.blocks.linears[LinearID(block: 0, kind: .up)]?.bias?.elements
        }
        #expect((biases(found) != biases(still.model)) == (learn != "weights"), "\(name) \(learn)")
        #expect(try (table(found) != table(still.model)) == (learn == "all"), "\(name) \(learn)")
      }
    }
  }

  @Test("LLM-QAT's model is the student that was trained: rounded once, the same loss")
  func llmQAT() throws {
    let (model, rehearsal) = try run(
      LLMQAT.self, #"{"steps": 3, "generatedWindows": 4}"#, spec(4, 4))
    #expect(model.blocks.quantizedOperands == [.key, .value])
    #expect(rehearsal.checkpoints.last?.meanNLL == (try rehearsal.score(model)))
    for id in model.transformer.configuration.linearIDs {
      guard case .ready(let matrix) = model.blocks.linears[id]?.storage else {
        Issue.record("\(id) isn't ready")
        continue
      }
      for row in 0..<matrix.rows {
        let levels = Set((0..<matrix.columns).map { matrix.row(row)[$0] })
        #expect(levels.count <= 15, "\(id), row \(row): \(levels.count) levels")
      }
    }
  }

  @Test(
    "Values that make no sense are refused",
    arguments: [
      ("omniquant", #""epochs": -1"#, "option 'epochs': expected from 0 to 1000000, found -1"),
      ("omniquant", #""batchWindows": 0"#, "option 'batchWindows': expected at least 1, found 0"),
      (
        "omniquant", #""letLearningRate": -1"#,
        "option 'letLearningRate': expected a finite number of at least 0, found -1.0"
      ),
      ("omniquant", #""alpha": 2"#, "option 'alpha': expected a number from 0 to 1, found 2.0"),
      (
        "omniquant", #""minimumScale": 0"#,
        "option 'minimumScale': expected a number above 0, found 0.0"
      ),
      (
        "omniquant", #""lwc": false, "let": false"#,
        "option 'let': expected true where clipping isn't learned: nothing would be, found false"
      ),
      ("efficientqat", #""epochs": -1"#, "option 'epochs': expected from 0 to 1000000, found -1"),
      (
        "efficientqat", #""endToEndBatchWindows": 0"#,
        "option 'endToEndBatchWindows': expected at least 1, found 0"
      ),
      (
        "efficientqat", #""quantizerLearningRate": -1"#,
        "option 'quantizerLearningRate': expected a finite number of at least 0, found -1.0"
      ),
      (
        "llm-qat", #""generatedWindows": 0"#,
        "option 'generatedWindows': expected from 1 to 1000000, found 0"
      ),
      (
        "llm-qat", #""generatedWindows": 4611686018427387904"#,
        "option 'generatedWindows': expected from 1 to 1000000, found 4611686018427387904"
      ),
      (
        "llm-qat", #""generatedWindows": 3, "batchWindows": 4"#,
        "option 'batchWindows': expected at most the 3 generated windows, found 4"
      ),
      (
        "omniquant", #""epochs": 9223372036854775807"#,
        "option 'epochs': expected from 0 to 1000000, found 9223372036854775807"
      ),
      (
        "mezo-ptq",
        #""quantizer": "omniquant", "steps": 1, "learningRate": 1, "epsilon": 1, "quantizerEpochs": 1000001"#,
        "option 'quantizerEpochs': expected from 0 to 1000000, found 1000001"
      ),
      (
        "llm-qat", #""temperature": 0"#,
        "option 'temperature': expected a finite number above 0, found 0.0"
      ),
      ("llm-qat", #""steps": -1"#, "option 'steps': expected at least 0, found -1"),
      (
        "ste-qat", #""steps": 1, "learningRate": 1, "straightThroughBound": 2"#,
        #"option 'straightThroughBound': expected none without "straightThrough": "identity", found 2.0"#
      ),
      (
        "ste-qat", #""steps": 1, "learningRate": -1"#,
        "option 'learningRate': expected a finite number of at least 0, found -1.0"
      ),
      (
        "ste-qat", #""steps": 1, "learningRate": 1, "weightDecay": -1"#,
        "option 'weightDecay': expected a finite number of at least 0, found -1.0"
      ),
      (
        "ste-qat", #""steps": 1, "learningRate": 1, "initialisationEpochs": 1"#,
        #"option 'initialisationEpochs': expected none without "initialisation": "blocks", found 1"#
      ),
    ])
  func refusals(name: String, options: String, words: String) throws {
    let error = #expect(throws: MethodError.self) {
      try make(method(named: name), "{\(options)}", spec(4, 4))
    }
    #expect(error?.description == words)
  }

  @Test("Bits that a method can't use, and batches of more windows than there are")
  func contradictions() throws {
    let weights = #expect(throws: MethodError.self) {
      try make(EfficientQAT.self, "{}", spec(nil, 8))
    }
    #expect(
      weights?.description
        == "method 'efficientqat' takes weights of 2, 3, 4, 6 or 8 bits, found W16A8")
    let clipping = #expect(throws: MethodError.self) {
      try make(OmniQuant.self, #"{"lwc": true}"#, spec(nil, 8))
    }
    #expect(
      clipping?.description
        == "option 'lwc': expected false where weights keep 16 bits, found true")
    for (name, options, words) in [
      (
        "ste-qat", #"{"steps": 1, "learningRate": 1e-3, "batchWindows": 21}"#,
        "option 'batchWindows': expected at most the 20 windows of training text, found 21"
      ),
      (
        "efficientqat", #"{"endToEndBatchWindows": 21}"#,
        "option 'endToEndBatchWindows': expected at most the 20 windows of training text, found 21"
      ),
      (
        "efficientqat", #"{"calibrationWindows": 2, "batchWindows": 3}"#,
        "option 'batchWindows': expected at most the 2 calibration windows, found 3"
      ),
      (
        "omniquant", #"{"calibrationWindows": 2, "batchWindows": 4611686018427387904}"#,
        "option 'batchWindows': expected at most the 2 calibration windows, found 4611686018427387904"
      ),
    ] {
      let error = #expect(throws: MethodError.self) {
        try run(method(named: name), options, spec(4, nil))
      }
      #expect(error?.description == words)
    }
    // Smoothing alone is learned where weights keep their bits.
    let (model, rehearsal) = try run(OmniQuant.self, #"{"epochs": 2}"#, spec(nil, 4))
    #expect(try rehearsal.score(model).isFinite)
  }

  @Test("Divergence stops with the step and the place", arguments: ["omniquant", "ste-qat"])
  func divergence(name: String) throws {
    let options =
      name == "omniquant"
      ? #"{"lwcLearningRate": 1e38, "letLearningRate": 1e38}"#
      : #"{"steps": 9, "learningRate": 1e38}"#
    let error = #expect(throws: TrainingError.self) {
      try run(method(named: name), options, spec(4, 4))
    }
    switch error {
    case .lossNotFinite(let step, let loss, let block):
      #expect(step >= 1 && !loss.isFinite)
      #expect(block == (name == "omniquant" ? 0 : nil))
      #expect(error?.place == DivergencePlace(step: step, block: block))
      let words = block == nil ? "training" : "the reconstruction of block 0"
      #expect(
        error?.description == "the loss of \(words) stopped being finite at step \(step): \(loss)")
    case .notFinite(_, let tensor, _): #expect(tensor.hasPrefix("block") || !tensor.isEmpty)
    case nil: break
    }
  }
}
