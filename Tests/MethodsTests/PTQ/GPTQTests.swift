import MethodKit
import Methods
import Quantizers
import Tasks
import Tensors
import TestSupport
import Testing
import Transformers

@Suite("GPTQ")
struct GPTQTests {
  /// Keeps what the linears of one block are given, on the way through dense blocks.
  private struct Listening: BlockOperators {
    final class Heard: @unchecked Sendable {
      // SAFETY: forward passes run one after another, on one thread.
      var inputs: [LinearKind: [Float]] = [:]
    }
    let dense: DenseParameters
    let heard = Heard()

    func apply(_ id: LinearID, to x: Matrix, into y: Matrix) {
      heard.inputs[id.kind, default: []] += x.elements
      dense.apply(id, to: x, into: y)
    }

    func norm(_ kind: NormKind, block: Int) -> (gain: Vector, bias: Vector?) {
      dense.norm(kind, block: block)
    }
  }

  /// Block after block, written down once more: everything at once, and by other means.
  private func expected(
    _ path: String, _ rounding: GPTQRounding, windows count: Int, sequential: [[LinearKind]]
  ) throws -> [LinearID: [Float]] {
    let source = try ModelSource(path: path)
    let c = source.configuration
    let dense = try DenseParameters(source: source)
    let transformer = Transformer(
      configuration: c, frame: try source.frame(precision: .single))
    let text = try windows(TrainingSplit.self, count: 20)
    let tokens = (0..<count).flatMap { text[$0 * 20 / count] }
    let workspace = Workspace(configuration: c, rows: tokens.count)
    let rotary = transformer.rotaryTable(windowTokens: 16)
    let x = try transformer.embed(tokens, windowTokens: 16)
    var result: [LinearID: [Float]] = [:]
    for block in 0..<c.blocks {
      func run(_ x: Matrix) -> [LinearKind: [Float]] {
        let listening = Listening(dense: dense)
        transformer.runBlock(
          block, on: x, windowTokens: 16, rotary: rotary, operators: listening,
          workspace: workspace)
        return listening.heard.inputs
      }
      for kinds in sequential {
        let copy = Matrix(rows: x.rows, columns: x.columns)
        copy.copy(from: x)
        let inputs = run(copy)
        for kind in kinds where c.linears.contains(kind) {
          let id = LinearID(block: block, kind: kind)
          let columns = c.shape(of: kind).inputs
          let hessian = InputHessian(columns: columns)
          hessian.add(
            Matrix(rows: tokens.count, columns: columns, elements: inputs[kind] ?? []),
            sequences: count)
          let weight = dense.matrix(id)
          _ = rounding.round(weight, try rounding.factor(of: hessian.matrix))
          result[id] = weight.elements
        }
      }
      _ = run(x)
    }
    return result
  }

  @Test(
    "Block by block on quantized inputs, together and in turn", arguments: tinyModels,
    [false, true])
  func sequential(model: String, inTurn: Bool) throws {
    let path = Vectors.path("model/\(model)")
    var rounding = GPTQRounding(bits: 3, groupSize: 4)
    rounding.ordersByDiagonal = true
    rounding.damping = 0.05
    let expected = try expected(
      path, rounding, windows: 7,
      sequential: inTurn
        ? [[.query, .key, .value], [.output], [.gate, .up], [.down]] : [LinearKind.allCases])
    let rehearsal = try Rehearsal(model: path)
    let options =
      "{\"actOrder\": true, \"damping\": 0.05, \"calibrationWindows\": 7, \"trueSequential\": \(inTurn)}"
    let result = try rehearsal(make(GPTQ.self, options, spec(3, nil, group: 4)))
    #expect(expected.count == result.transformer.configuration.linearIDs.count)
    for (id, weight) in expected {
      let mine = result.blocks.current(id).elements
      // The same sums in other pieces: a weight may fall to the other side of a border.
      let differing = zip(mine, weight).filter { abs($0 - $1) > 1e-5 }.count
      #expect(differing * 100 <= mine.count, "\(model) \(id): \(differing) of \(mine.count)")
    }
    #expect(rehearsal.figures["GPTQ: Hessians whose damping was raised"] == 0)
    #expect((rehearsal.figures["GPTQ: sum of losses"] ?? 0) > 0)
    #expect(rehearsal.remarks.isEmpty)
  }

  @Test("Output errors are below RTN's, linear by linear", arguments: tinyModels, [2, 3, 4])
  func belowNearest(model: String, bits: Int) throws {
    let rehearsal = try Rehearsal(model: Vectors.path("model/\(model)"))
    let source = try ModelSource(path: rehearsal.path)
    let (c, dense) = (source.configuration, try DenseParameters(source: source))
    let transformer = Transformer(configuration: c, frame: try source.frame(precision: .single))
    let text = try windows(TrainingSplit.self, count: 20)
    let listening = Listening(dense: dense)
    let x = try transformer.embed((0..<20).flatMap { text[$0] }, windowTokens: 16)
    transformer.runBlock(
      0, on: x, windowTokens: 16, rotary: transformer.rotaryTable(windowTokens: 16),
      operators: listening, workspace: Workspace(configuration: c, rows: x.rows))
    let ours = try rehearsal(
      make(GPTQ.self, #"{"calibrationWindows": 20}"#, spec(bits, nil)))
    let plain = try rehearsal(make(RTN.self, "{}", spec(bits, nil)))
    for kind in c.linears {
      let id = LinearID(block: 0, kind: kind)
      let (outputs, inputs) = c.shape(of: kind)
      let heard = Matrix(
        rows: x.rows, columns: inputs, elements: listening.heard.inputs[kind] ?? [])
      func error(_ model: QuantizedModel) -> Double {
        let (y, reference) = (
          Matrix(rows: x.rows, columns: outputs), Matrix(rows: x.rows, columns: outputs)
        )
        linear(heard, model.blocks.current(id), into: y)
        linear(heard, dense.matrix(id), into: reference)
        return zip(y.elements, reference.elements).reduce(0) {
          $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1)
        }
      }
      #expect(error(ours) < error(plain), "\(model), W\(bits), \(kind.name)")
    }
  }

  @Test("A damping that had to be raised is counted and remarked")
  func escalation() throws {
    // Sixteen tokens leave a Hessian of 48 channels without 32 of its dimensions.
    let rehearsal = try Rehearsal()
    let options = #"{"damping": 0, "calibrationWindows": 1}"#
    let model = try rehearsal(make(GPTQ.self, options, spec(4, nil)))
    let raised = rehearsal.figures["GPTQ: Hessians whose damping was raised"]
    #expect(raised == 8 && rehearsal.remarks.count == 8, "\(raised ?? -1) of 8")
    #expect(
      rehearsal.remarks.first
        == "GPTQ's damping was raised to 0.1 for the input of q_proj, k_proj, v_proj in block 0, "
        + "whose Hessian could not be factorised with 0.0")
    #expect(try rehearsal.score(model).isFinite)
  }

  @Test("A model whose activations overflow is refused where that begins")
  func overflow() throws {
    let folder = try overflowingModel()
    let rehearsal = try Rehearsal(model: folder.path)
    let error = #expect(throws: MethodError.self) {
      try rehearsal(make(GPTQ.self, "{}", spec(4, nil)))
    }
    #expect(
      error?.description
        == "method 'gptq': the Hessian of the input of o_proj in block 1 can't be factorised at any "
        + "damping up to 10.0: expected a positive definite matrix of order 48, found a leading minor "
        + "of order 1 that is not positive")
  }

  @Test(
    "Values that make no sense are refused",
    arguments: [
      (#"{"damping": -1}"#, "option 'damping': expected a number from 0 to 10, found -1.0"),
      (#"{"blockSize": 0}"#, "option 'blockSize': expected at least 1, found 0"),
      (
        #"{"staticGroups": true}"#,
        "option 'staticGroups': expected false where there are no groups, found true"
      ),
      (
        #"{"calibrationWindows": 0}"#,
        "option 'calibrationWindows': expected at least 1, found 0"
      ),
    ])
  func refusals(text: String, words: String) throws {
    let error = #expect(throws: MethodError.self) { try make(GPTQ.self, text, spec(4, nil)) }
    #expect(error?.description == words)
    let bits = #expect(throws: MethodError.self) { try make(GPTQ.self, "{}", spec(nil, 8)) }
    #expect(
      bits?.description
        == "method 'gptq' takes weights of 2, 3, 4, 6 or 8 bits, found W16A8")
  }
}
