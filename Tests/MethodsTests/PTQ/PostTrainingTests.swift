import Checkpoints
import MethodKit
import Methods
import NewMethod
import Quantizers
import Tensors
import TestSupport
import Testing
import Transformers

@Suite("Methods that don't train")
struct PostTrainingTests {
  /// Fake quantization written down once more, from the formula alone.
  private func rounded(_ row: ArraySlice<Float>, bits: Int, floor: Float, span: Float = 1)
    -> [Float]
  {
    let (high, low) = (span * (row.max() ?? 0), span * (row.min() ?? 0))
    let top = Float((1 << bits) - 1)
    let scale = min(max((high - low) / top, floor), 1e4)
    let zero = min(max(-low / scale, -1e4), 1e4).rounded(.toNearestOrEven)
    return row.map { value in
      let code = min(max((value / scale).rounded(.toNearestOrEven) + zero, 0), top)
      return (code - zero) * scale
    }
  }

  private func expected(
    _ matrix: Matrix, bits: Int, group: Int?, floor: Float = 1e-4, span: Float = 1
  )
    -> [Float]
  {
    let all = matrix.elements
    let size = group ?? matrix.columns
    return stride(from: 0, to: all.count, by: size).flatMap {
      rounded(all[$0..<$0 + size], bits: bits, floor: floor, span: span)
    }
  }

  @Test(
    "RTN is the formula, element by element", arguments: tinyModels,
    [(4, nil), (2, 4), (3, nil), (8, 2), (6, nil)] as [(Int, Int?)])
  func roundToNearest(model: String, grid: (Int, Int?)) throws {
    let rehearsal = try Rehearsal(model: Vectors.path("model/\(model)"))
    let result = try rehearsal(make(RTN.self, "{}", spec(grid.0, nil, group: grid.1)))
    let dense = try DenseParameters(source: ModelSource(path: rehearsal.path))
    for id in result.transformer.configuration.linearIDs {
      #expect(
        result.blocks.current(id).elements
          == expected(dense.matrix(id), bits: grid.0, group: grid.1), "\(model) \(id)")
      #expect(result.blocks.linears[id]?.bias?.elements == dense.bias(id)?.elements)
    }
    for block in 0..<result.transformer.configuration.blocks {
      for kind in NormKind.halves {
        let (mine, own) = (result.blocks.norm(kind, block: block), dense.norm(kind, block: block))
        #expect(mine.gain.elements == own.gain.elements)
        #expect(mine.bias?.elements == own.bias?.elements)
      }
    }
  }

  @Test("RTN's floor under Δ is an option, and above nothing only")
  func floor() throws {
    let rehearsal = try Rehearsal()
    let result = try rehearsal(make(RTN.self, #"{"minimumScale": 0.05}"#, spec(4, nil)))
    let dense = try DenseParameters(source: ModelSource(path: rehearsal.path))
    let id = LinearID(block: 1, kind: .down)
    #expect(
      result.blocks.current(id).elements
        == expected(dense.matrix(id), bits: 4, group: nil, floor: 0.05))
    let error = #expect(throws: MethodError.self) {
      try make(RTN.self, #"{"minimumScale": 0}"#, spec(4, nil))
    }
    #expect(
      error?.description == "option 'minimumScale': expected a number above 0, found 0.0")
  }

  @Test("RTN without weight bits leaves weights alone and quantizes activations")
  func activationsOnly() throws {
    let rehearsal = try Rehearsal()
    let plain = try rehearsal(make(FullPrecision.self, "{}", .none))
    let result = try rehearsal(make(RTN.self, "{}", spec(nil, 4)))
    #expect(digest(of: plain) == digest(of: result))
    #expect(try rehearsal.score(plain) != rehearsal.score(result))
  }

  @Test("Full precision gives the transformer's own logits", arguments: tinyModels)
  func fullPrecision(model: String) throws {
    let rehearsal = try Rehearsal(model: Vectors.path("model/\(model)"))
    let result = try rehearsal(make(FullPrecision.self, "{}", .none))
    let source = try ModelSource(path: rehearsal.path)
    let vectors = try Vectors.safetensors("model/\(model)/expected")
    let ids = try vectors.readIntegers("input_ids")
    let mine = try result.transformer.logits(ids, windowTokens: 17, operators: result.blocks)
    let own = try Transformer(
      configuration: source.configuration, frame: source.frame(precision: .single)
    ).logits(ids, windowTokens: 17, operators: DenseParameters(source: source))
    #expect(mine.elements == own.elements)
    expectClose(mine.elements, try vectors.read("logits"), .relativeToLargest(1e-4), model)
  }

  @Test(
    "At 8 bits every method that doesn't train is nearly the model itself", arguments: tinyModels)
  func nearly(model: String) throws {
    let rehearsal = try Rehearsal(model: Vectors.path("model/\(model)"))
    let full = try rehearsal.score(rehearsal(make(FullPrecision.self, "{}", .none)))
    for type in methods where type.card.category == .postTraining {
      if model == "opt_postln_proj" && normFolding.contains(type.card.name) { continue }
      let text = type.card.name == NewMethod.card.name ? #"{"span": 1}"# : "{}"
      let score = try rehearsal.score(rehearsal(make(type, text, spec(8, 8))))
      #expect(abs(score / full - 1) < 0.02, "\(type.card.name): \(score), \(full)")
      #expect(score != full)
    }
  }

  @Test("SmoothQuant changes nothing but rounding: unsmoothed products come out the same")
  func smoothing() throws {
    // At 16-bit weights and 8-bit activations only activations are rounded; with α = 0 … 1 the
    // function must stay what it was up to that.
    for model in tinyModels where model != "opt_postln_proj" {
      let rehearsal = try Rehearsal(model: Vectors.path("model/\(model)"))
      let full = try rehearsal.score(rehearsal(make(FullPrecision.self, "{}", .none)))
      for alpha in ["0", "0.5", "1"] {
        let method = try make(SmoothQuant.self, "{\"alpha\": \(alpha)}", spec(nil, 8))
        var result = try rehearsal(method)
        result.blocks.tokenQuantizer = nil
        let score = try rehearsal.score(result)
        #expect(abs(score / full - 1) < 1e-5, "\(model) at \(alpha): \(score), \(full)")
        // And it did smooth.
        let plain = try rehearsal(make(FullPrecision.self, "{}", .none))
        #expect(digest(of: result) != digest(of: plain))
      }
    }
  }

  @Test(
    "Values of SmoothQuant's options that make no sense are refused",
    arguments: [
      (#"{"alpha": 1.5}"#, "option 'alpha': expected a number from 0 to 1, found 1.5"),
      (#"{"alpha": -0.1}"#, "option 'alpha': expected a number from 0 to 1, found -0.1"),
      (
        #"{"calibrationWindows": 0}"#,
        "option 'calibrationWindows': expected at least 1, found 0"
      ),
    ])
  func refusals(text: String, words: String) throws {
    let error = #expect(throws: MethodError.self) { try make(SmoothQuant.self, text, spec(4, 4)) }
    #expect(error?.description == words)
  }

  @Test("The template shrinks ranges by its span")
  func template() throws {
    let rehearsal = try Rehearsal()
    let result = try rehearsal(make(NewMethod.self, #"{"span": 0.75}"#, spec(4, nil, group: 4)))
    let dense = try DenseParameters(source: ModelSource(path: rehearsal.path))
    for id in result.transformer.configuration.linearIDs {
      #expect(
        result.blocks.current(id).elements
          == expected(dense.matrix(id), bits: 4, group: 4, span: 0.75))
    }
    for span in ["0", "1.01"] {
      #expect(throws: MethodError.self) {
        try make(NewMethod.self, "{\"span\": \(span)}", spec(4, nil))
      }
    }
  }

  @Test("The dummy is RTN with a ballast, and fails as told")
  func dummy() throws {
    let rehearsal = try Rehearsal()
    let plain = try rehearsal(make(RTN.self, "{}", spec(4, 4)))
    let loaded = try rehearsal(
      make(Dummy.self, #"{"ballastBytes": 67108864, "ballastMilliseconds": 1}"#, spec(4, 4)))
    #expect(digest(of: plain) == digest(of: loaded))
    let error = #expect(throws: MethodError.self) {
      try rehearsal(make(Dummy.self, #"{"failure": "no luck"}"#, spec(4, 4)))
    }
    #expect(error?.description == "method 'dummy': no luck")
    for wrong in [#"{"ballastBytes": -1}"#, #"{"ballastMilliseconds": 10001}"#] {
      #expect(throws: MethodError.self) { try make(Dummy.self, wrong, spec(4, 4)) }
    }
  }
}
