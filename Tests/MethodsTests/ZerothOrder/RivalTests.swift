import Checkpoints
import MethodKit
import Methods
import Optimizers
import Quantizers
import Tasks
import Tensors
import TestSupport
import Testing
import Transformers

/// The other zeroth-order methods: MeZO, MeZO and then PTQ, QuZO, QZO.
@Suite("MeZO, QuZO and QZO")
struct RivalTests {
  private let step = #""learningRate": 1e-4, "epsilon": 1e-3"#

  private static let all: [any QuantizationMethod.Type] = [
    MeZO.self, MeZOThenPTQ.self, QuZO.self, QZO.self,
  ]

  private func bits(_ name: String) throws -> QuantizationSpec {
    name == "mezo" ? .none : try spec(4, 4)
  }

  @Test(
    "Interrupted anywhere, training ends with the same parameters",
    arguments: all.map { $0.card.name })
  func resumption(name: String) throws {
    let options = """
      {"steps": 3, "learningRate": 1e-3, "epsilon": 1e-3, "directions": 2, "checkpointEvery": 2}
      """
    func digests(_ rehearsal: Rehearsal) throws -> [String] {
      let model = try rehearsal(make(method(named: name), options, bits(name)))
      return [model.weightDigest, model.otherDigest]
    }
    let whole = try Rehearsal()
    let expected = try digests(whole)
    #expect(whole.checkpoints.map(\.step) == [0, 2, 3] && Set(whole.weights).count > 1)
    for kept in 0...6 {
      let folder = try TemporaryFolder()
      let log = try ReplayLog(path: folder.path("log"), binding: "this")
      for probe in whole.journalled.prefix(kept) { try log.append(probe) }
      let rehearsal = try Rehearsal()
      rehearsal.log = log
      #expect(try digests(rehearsal) == expected)
      #expect(rehearsal.summary == whole.summary && rehearsal.weights == whole.weights)
      #expect(rehearsal.journalled.count == 6 - kept / 2 * 2)
    }
  }

  @Test("A learning rate of nothing moves nothing", arguments: all.map { $0.card.name })
  func noRate(name: String) throws {
    let rehearsal = try Rehearsal()
    _ = try rehearsal(
      make(
        method(named: name),
        #"{"steps": 3, "learningRate": 0, "epsilon": 1e-3, "checkpointEvery": 1}"#, bits(name)))
    #expect(Set(rehearsal.weights).count == 1 && rehearsal.journalled.count == 3)
  }

  @Test(
    "Each lowers the loss of the one window that it trains on", arguments: all.map { $0.card.name })
  func descends(name: String) throws {
    let others =
      switch name {
      // A code moves by Δ or not at all, a scale by far less than a weight.
      case "quzo": #""learningRate": 2e-4, "epsilon": 1e-2"#
      case "qzo": #""learningRate": 1e-5, "epsilon": 1e-3"#
      default: #""learningRate": 2e-4, "epsilon": 1e-3"#
      }
    let rehearsal = try Rehearsal(windows: 1)
    let bits = name == "mezo" ? QuantizationSpec.none : try spec(8, nil)
    _ = try rehearsal(
      make(
        method(named: name),
        "{\"steps\": 60, \"directions\": 4, \(others), \"checkpointEvery\": 60}", bits))
    let losses = rehearsal.journalled.map { ($0.plus + $0.minus) / 2 }
    let (first, last) = (losses.prefix(8).reduce(0, +) / 8, losses.suffix(8).reduce(0, +) / 8)
    #expect(last < first - 0.01, "\(first) to \(last)")
  }

  @Test("MeZO trains norms and embeddings too, and takes no bits")
  func mezo() throws {
    func run(steps: Int) throws -> (model: QuantizedModel, rehearsal: Rehearsal) {
      let rehearsal = try Rehearsal()
      return (
        try rehearsal(make(MeZO.self, "{\(step), \"steps\": \(steps)}", .none)), rehearsal
      )
    }
    let full = try Rehearsal()
    let source = try full(make(FullPrecision.self, "{}", .none))
    let (before, after) = (try run(steps: 0), try run(steps: 3))
    #expect(before.model.weightDigest == source.weightDigest)
    #expect(before.model.otherDigest == source.otherDigest)
    #expect(try full.score(before.model) == full.score(source))
    #expect(after.model.weightDigest != source.weightDigest)
    #expect(after.model.otherDigest != source.otherDigest)
    for kind in NormKind.halves {
      let norms = [before, after].map { $0.model.blocks.norm(kind, block: 1).gain.elements }
      #expect(norms[0] != norms[1])
    }
    #expect(try after.rehearsal.checkpoints.last?.meanNLL == full.score(after.model))
    let file = try Vectors.safetensors("model/llama_gqa_untied/model")
    #expect(
      after.rehearsal.summary?.trainableParameters
        == file.tensors.reduce(0) { $0 + $1.elementCount })
    let error = #expect(throws: MethodError.self) {
      try make(MeZO.self, "{\(step), \"steps\": 1}", spec(4, 4))
    }
    #expect(
      error?.description
        == "method 'mezo' takes FP; 'mezo-ptq' quantizes afterwards, found W4A4")
  }

  @Test(
    "MeZO and then PTQ scores what PTQ makes of each checkpoint", arguments: ["rtn", "smoothquant"])
  func quantizedAfterwards(ptq: String) throws {
    func run(steps: Int) throws -> (model: QuantizedModel, rehearsal: Rehearsal) {
      let rehearsal = try Rehearsal()
      let options = """
        {\(step), "steps": \(steps), "checkpointEvery": 2, "quantizer": "\(ptq)"}
        """
      return (try rehearsal(make(MeZOThenPTQ.self, options, spec(4, 4))), rehearsal)
    }
    // Nothing trained: the post-training method alone.
    let alone = try Rehearsal()
    let rounded = try alone(make(method(named: ptq), "{}", spec(4, 4)))
    let before = try run(steps: 0)
    #expect(before.model.weightDigest == rounded.weightDigest)
    #expect(before.model.otherDigest == rounded.otherDigest)
    #expect(try before.rehearsal.checkpoints.map(\.meanNLL) == [alone.score(rounded)])
    let after = try run(steps: 4)
    #expect(after.rehearsal.checkpoints.map(\.step) == [0, 2, 4])
    #expect(after.rehearsal.weights.first == before.rehearsal.weights.first)
    #expect(Set(after.rehearsal.weights).count == 3)
    #expect(try after.rehearsal.checkpoints.last?.meanNLL == alone.score(after.model))
    #expect(after.rehearsal.chosen == after.rehearsal.summary?.bestDevelopmentStep)
    // The last checkpoint is what the method makes of MeZO's weights.
    let tuned = try Rehearsal()
    _ = try tuned(make(MeZO.self, "{\(step), \"steps\": 4, \"checkpointEvery\": 2}", .none))
    #expect(tuned.journalled == after.rehearsal.journalled)
    for id in after.model.transformer.configuration.linearIDs {
      let weight = after.model.blocks.current(id)
      for row in 0..<weight.rows {
        let values = Set(weight.rows(row..<row + 1).elements.map { ($0 * 1e5).rounded() })
        #expect(values.count <= 16, "\(id)")
      }
    }
  }

  @Test("Who isn't a post-training method can't quantize afterwards")
  func unknownPTQ() throws {
    for name in ["mezo", "zeroqat", "rnt"] {
      let error = #expect(throws: MethodError.self) {
        try make(
          MeZOThenPTQ.self, "{\(step), \"steps\": 1, \"quantizer\": \"\(name)\"}", spec(4, 4))
      }
      #expect(
        error?.description.hasPrefix("option 'quantizer': expected a post-training method: rtn, ")
          == true)
      #expect(error?.description.hasSuffix("found \(name)") == true)
    }
  }

  @Test("Only a method that learns has passes")
  func passesOfPTQ() throws {
    for (ptq, epochs, expected) in [
      (#""rtn""#, 2, #"none without "quantizer": "omniquant", found 2"#),
      (#""omniquant""#, -1, "from 0 to 1000000, found -1"),
    ] {
      let error = #expect(throws: MethodError.self) {
        try make(
          MeZOThenPTQ.self,
          "{\(step), \"steps\": 1, \"quantizer\": \(ptq), \"quantizerEpochs\": \(epochs)}",
          spec(4, 4))
      }
      #expect(error?.description == "option 'quantizerEpochs': expected \(expected)")
    }
    func digest(epochs: Int) throws -> String {
      try Rehearsal()(
        make(
          MeZOThenPTQ.self,
          """
          {"learningRate": 0, "epsilon": 1e-3, "steps": 1, "quantizer": "omniquant",
           "quantizerEpochs": \(epochs)}
          """, spec(4, 4))
      ).otherDigest
    }
    let alone = try Rehearsal()(make(OmniQuant.self, #"{"epochs": 1}"#, spec(4, 4)))
    #expect(try digest(epochs: 1) == alone.otherDigest)
    #expect(try digest(epochs: 0) != alone.otherDigest)
  }

  @Test("QuZO and QZO start as round to nearest, and keep what they don't train")
  func start() throws {
    let rounded = try Rehearsal()(make(RTN.self, "{}", spec(3, nil, group: 4)))
    for name in ["quzo", "qzo"] {
      func run(steps: Int) throws -> (model: QuantizedModel, rehearsal: Rehearsal) {
        let rehearsal = try Rehearsal()
        // So that some codes of some hundred thousand move.
        let options = "{\"learningRate\": 1e-3, \"epsilon\": 1e-3, \"steps\": \(steps)}"
        return (
          try rehearsal(make(method(named: name), options, spec(3, nil, group: 4))), rehearsal
        )
      }
      let (before, after) = (try run(steps: 0), try run(steps: 3))
      let c = before.model.transformer.configuration
      var (movedCodes, movedScales) = (0, 0)
      for id in c.linearIDs {
        #expect(before.model.blocks.current(id).elements == rounded.blocks.current(id).elements)
        guard case .packed(let old) = before.model.blocks.linears[id]?.storage,
          case .packed(let new) = after.model.blocks.linears[id]?.storage
        else {
          Issue.record("\(name): \(id) isn't packed")
          continue
        }
        for row in 0..<old.rows where old.codes(ofRow: row) != new.codes(ofRow: row) {
          movedCodes += 1
        }
        if old.scales.elements != new.scales.elements { movedScales += 1 }
      }
      #expect(movedCodes > 0 ? name == "quzo" : name == "qzo")
      #expect(movedScales == (name == "qzo" ? c.linearIDs.count : 0))
      #expect(before.model.otherDigest == after.model.otherDigest)
      #expect(
        after.rehearsal.summary?.trainableParameters
          == (name == "quzo" ? c.linearParameters : c.linearParameters / 4))
    }
  }

  @Test("QZO's bound on the derivative is one on the difference of the losses")
  func derivative() throws {
    let rehearsal = try Rehearsal()
    let options = "{\(step), \"steps\": 3, \"clipDerivative\": 1e-3}"
    _ = try rehearsal(make(QZO.self, options, spec(4, 4)))
    #expect(rehearsal.journalled.allSatisfy { abs(abs($0.projectedGradient) - 1e-3) < 1e-9 })
    let loose = try Rehearsal()
    _ = try loose(make(QZO.self, "{\(step), \"steps\": 3, \"clipDerivative\": 1e9}", spec(4, 4)))
    #expect(loose.journalled.allSatisfy { !$0.isClipped && abs($0.projectedGradient) > 1e-3 })
  }

  @Test("QuZO's directions have the bits that are asked for")
  func directionBits() throws {
    let runs = try ["", #", "directionBits": 8"#, #", "directionBits": 2"#].map { others in
      let rehearsal = try Rehearsal()
      _ = try rehearsal(make(QuZO.self, "{\(step), \"steps\": 2\(others)}", spec(4, 4)))
      return rehearsal.journalled
    }
    #expect(runs[0] == runs[1] && runs[0] != runs[2])
  }

  @Test("Values that make no sense are refused")
  func refusals() throws {
    for (type, others, bits, words) in [
      (
        QuZO.self, #""directionBits": 1"#, try spec(4, 4),
        "option 'directionBits': expected 2 to 8, found 1"
      ),
      (
        QZO.self, #""clipDerivative": 0"#, try spec(4, 4),
        "option 'clipDerivative': expected a number above 0, found 0.0"
      ),
      (
        QZO.self, #""alpha": 2"#, try spec(4, 4),
        "option 'alpha': expected a number from 0 to 1.5, found 2.0"
      ),
      (
        QuZO.self, #""directions": 0"#, try spec(4, 4),
        "option 'directions': expected at least 1, found 0"
      ),
      (
        QuZO.self, "", try spec(nil, 8),
        "method 'quzo' takes weights of 2, 3, 4, 6 or 8 bits, found W16A8"
      ),
      (
        MeZO.self, #""batchWindows": 0"#, .none,
        "option 'batchWindows': expected at least 1, found 0"
      ),
    ] as [(any QuantizationMethod.Type, String, QuantizationSpec, String)] {
      let error = #expect(throws: MethodError.self) {
        let comma = others.isEmpty ? "" : ", "
        return try make(type, "{\"steps\": 1, \(step)\(comma)\(others)}", bits)
      }
      #expect(error?.description == words)
    }
  }

  @Test("Parameters that blow up stop the run with the step", arguments: all.map { $0.card.name })
  func blowUp(name: String) throws {
    let rehearsal = try Rehearsal()
    #expect(throws: (any Error).self) {
      try rehearsal(
        make(
          method(named: name), #"{"steps": 50, "learningRate": 1e300, "epsilon": 1e-3}"#,
          name == "mezo" ? .none : spec(4, nil)))
    }
    #expect(rehearsal.journalled.count < 5)
    #expect(rehearsal.checkpoints.map(\.step) == [0])
  }
}
