import Checkpoints
import MethodKit
import Methods
import Quantizers
import Tasks
import Tensors
import TestSupport
import Testing
import Transformers
import Vocabulary

@Suite("AWQ")
struct AWQTests {
  private struct Model {
    let dense: DenseParameters
    let transformer: Transformer
    let calibration: Calibration
    var c: ModelConfiguration { transformer.configuration }

    init(_ path: String, windows count: Int) throws {
      let source = try ModelSource(path: path)
      dense = try DenseParameters(source: source)
      transformer = Transformer(
        configuration: source.configuration, frame: try source.frame(precision: .single))
      calibration = try Calibration(
        transformer, windows(TrainingSplit.self, count: 20), windows: count)
    }
  }

  @Test("Scales alone change nothing", arguments: tinyModels.filter { $0 != "opt_postln_proj" })
  func scalesAreExact(name: String) throws {
    let path = Vectors.path("model/\(name)")
    let model = try Model(path, windows: 4)
    let c = model.c
    let ids = try Vectors.safetensors("model/\(name)/expected").readIntegers("input_ids")
    let before = try model.transformer.logits(ids, windowTokens: 17, operators: model.dense)
    let search = AWQSearch(
      transformer: model.transformer, windowTokens: 16,
      quantizer: AWQQuantizer(bits: 2, groupSize: nil))
    let copy = try DenseParameters(source: ModelSource(path: path))
    var linears: [LinearID: QuantizedBlocks.Linear] = [:]
    var norms: [[(gain: Vector, bias: Vector?)]] = []
    var ratios: [Float] = []
    for block in 0..<c.blocks {
      let inputs = model.calibration.collectInputs(block: block, operators: model.dense)
      let (pairs, smoothing) = try search.scales(
        block: block, inputs: inputs, dense: model.dense)
      let isGrouped = c.keyHeads != c.heads
      #expect(
        pairs.map(\.linears)
          == (c.architecture == .opt
            ? [[.query, .key, .value], [.output], [.up], [.down]]
            : isGrouped
              ? [[.query, .key, .value], [.gate, .up], [.down]]
              : [[.query, .key, .value], [.output], [.gate, .up], [.down]]))
      ratios += pairs.map(\.ratio)
      norms.append(copy.norms(ofBlock: block, smoothing: smoothing))
      for kind in c.linears {
        let id = LinearID(block: block, kind: kind)
        linears[id] = copy.quantizeInPlace(
          id, smoothing: smoothing.smoothing(of: kind, c), quantizer: nil)
      }
    }
    #expect(ratios.contains { $0 > 0 }, "nothing was scaled")
    let after = try model.transformer.logits(
      ids, windowTokens: 17, operators: QuantizedBlocks(linears: linears, norms: norms))
    expectClose(after.elements, before.elements, .relativeToLargest(1e-5), name)
    #expect(after.elements != before.elements)
  }

  @Test("Every block is searched on full-precision inputs", arguments: ["opt_preln", "llama_mha"])
  func blocks(name: String) throws {
    let path = Vectors.path("model/\(name)")
    let rehearsal = try Rehearsal(model: path)
    let method = try make(AWQ.self, #"{"calibrationWindows": 5}"#, spec(3, nil, group: 4))
    let result = try rehearsal(method)
    let model = try Model(path, windows: 5)
    let quantizer = AWQQuantizer(bits: 3, groupSize: 4)
    let search = AWQSearch(
      transformer: model.transformer, windowTokens: 16, quantizer: quantizer)
    // All inputs first, from weights that nobody has touched.
    let inputs = (0..<model.c.blocks).map {
      model.calibration.collectInputs(block: $0, operators: model.dense)
    }
    var ratios: [Float] = []
    for block in 0..<model.c.blocks {
      let (pairs, smoothing) = try search.scales(
        block: block, inputs: inputs[block], dense: model.dense)
      ratios += pairs.map(\.ratio)
      for kind in model.c.linears {
        _ = model.dense.quantizeInPlace(
          LinearID(block: block, kind: kind), smoothing: smoothing.smoothing(of: kind, model.c),
          quantizer: nil)
      }
      let clips = search.clips(
        block: block, inputs: inputs[block], smoothing: smoothing, dense: model.dense)
      #expect(clips[.query] == nil && clips[.key] == nil)
      for kind in model.c.linears {
        let id = LinearID(block: block, kind: kind)
        let weight = model.dense.matrix(id)
        if let maxima = clips[kind] { quantizer.clamp(weight, to: maxima) }
        quantizer.fakeQuantize(weight)
        #expect(result.blocks.current(id).elements == weight.elements, "\(id)")
      }
      for (mine, expected) in zip(
        result.blocks.norms[block], model.dense.norms(ofBlock: block, smoothing: smoothing))
      {
        #expect(mine.gain.elements == expected.gain.elements)
      }
    }
    let mean = ratios.reduce(0.0) { $0 + Double($1) } / Double(ratios.count)
    #expect(rehearsal.figures["AWQ: mean exponent of the scales"] == mean)
    let left = try #require(rehearsal.figures["AWQ: mean error left by the scales"])
    #expect(left > 0 && left <= 1)
  }

  @Test("Without searches it rounds to nearest with its own grids, post-norm models too")
  func withoutSearches() throws {
    for name in tinyModels {
      let rehearsal = try Rehearsal(model: Vectors.path("model/\(name)"))
      let options = #"{"scaleSearch": false, "clipSearch": false}"#
      let result = try rehearsal(make(AWQ.self, options, spec(3, nil)))
      let dense = try DenseParameters(source: ModelSource(path: rehearsal.path))
      for id in result.transformer.configuration.linearIDs {
        let weight = dense.matrix(id)
        AWQQuantizer(bits: 3, groupSize: nil).fakeQuantize(weight)
        #expect(result.blocks.current(id).elements == weight.elements, "\(name) \(id)")
      }
      #expect(rehearsal.figures.isEmpty)
    }
  }

  @Test("A model whose activations overflow is refused where that begins")
  func overflow() throws {
    let folder = try overflowingModel()
    let rehearsal = try Rehearsal(model: folder.path)
    let error = #expect(throws: MethodError.self) {
      try rehearsal(make(AWQ.self, "{}", spec(4, nil)))
    }
    #expect(
      error?.description
        == "method 'awq': no scale gives the output of q_proj, k_proj, v_proj in block 1 a finite "
        + "error; its activations or weights are not finite or too large")
  }

  @Test("Values that make no sense are refused")
  func refusals() throws {
    let windows = #expect(throws: MethodError.self) {
      try make(AWQ.self, #"{"calibrationWindows": 0}"#, spec(4, nil))
    }
    #expect(windows?.description == "option 'calibrationWindows': expected at least 1, found 0")
    let bits = #expect(throws: MethodError.self) { try make(AWQ.self, "{}", spec(nil, 8)) }
    #expect(
      bits?.description == "method 'awq' takes weights of 2, 3, 4, 6 or 8 bits, found W16A8")
  }
}
