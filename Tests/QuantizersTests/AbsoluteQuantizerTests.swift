import Checkpoints
import Quantizers
import Tensors
import TestSupport
import Testing

/// LLM-QAT's quantizers against the official outputs and gradients.
@Suite("LLM-QAT's quantizers")
struct AbsoluteQuantizerTests {
  @Test(
    "Symmetric and asymmetric, by row and over all, outputs and gradients",
    arguments: ["sym", "asym"],
    [2, 3, 4, 6, 8])
  func forms(form: String, bits: Int) throws {
    let file = try Vectors.safetensors("quantizer/llmqat")
    let quantizer = AbsoluteQuantizer(
      bits: bits, form: form == "sym" ? .symmetric : .asymmetric)
    for (granularity, rows) in [("row", 12), ("all", 1)] {
      let name = "\(form).b\(bits).\(granularity)"
      let values = try file.read("X")
      let columns = values.count / rows
      let x = Matrix(rows: rows, columns: columns, elements: values)
      let gradient = Matrix(rows: rows, columns: columns, elements: try file.read("R"))
      quantizer.fakeQuantizeBackward(x, gradient: gradient)
      expectClose(gradient.elements, try file.read("\(name).grad"), .exact, "\(name).grad")
      #expect(gradient.elements.contains(0), "the clip rule has something to do")
      quantizer.fakeQuantize(x)
      expectClose(
        x.elements, try file.read("\(name).out"), .elementwise(relative: 1e-5, absolute: 1e-7),
        shape: [rows, columns], "\(name).out")
    }
  }

  @Test(
    "A whole quantized linear: outputs and gradients of weights and inputs",
    arguments: [(1, 32), (2, 8), (2, 32), (3, 32), (4, 2), (4, 4), (4, 32), (8, 8)])
  func linear(bits: (weights: Int, activations: Int)) throws {
    let file = try Vectors.safetensors("quantizer/llmqat")
    let name = "linear.w\(bits.weights)a\(bits.activations)"
    let (weights, inputs) = (try file.read("W"), try file.read("X"))
    let w = Matrix(rows: 10, columns: 24, elements: weights)
    let x = Matrix(rows: 12, columns: 24, elements: inputs)
    let ofWeights = AbsoluteQuantizer.weights(bits: bits.weights)
    let ofInputs =
      bits.activations > 8 ? nil : AbsoluteQuantizer.activations(bits: bits.activations)
    ofWeights.fakeQuantize(w)
    ofInputs?.fakeQuantize(x)
    let y = Matrix(rows: 12, columns: 10)
    Tensors.linear(x, w, into: y)
    expectClose(y.elements, try file.read("\(name).out"), relativeToLargest: 1e-5, "\(name).out")
    let dy = Matrix(rows: 12, columns: 10, elements: try file.read("RO"))
    let (dx, dw) = (Matrix(rows: 12, columns: 24), Matrix(rows: 10, columns: 24))
    BLAS.multiply(dy, w, into: dx)
    for row in 0..<12 {
      for output in 0..<10 {
        for column in 0..<24 {
          dw.row(output)[column] += dy.row(row)[output] * x.row(row)[column]
        }
      }
    }
    ofWeights.fakeQuantizeBackward(
      Matrix(rows: 10, columns: 24, elements: weights), gradient: dw)
    ofInputs?.fakeQuantizeBackward(Matrix(rows: 12, columns: 24, elements: inputs), gradient: dx)
    expectClose(dw.elements, try file.read("\(name).grad_w"), relativeToLargest: 1e-5, "\(name).w")
    expectClose(dx.elements, try file.read("\(name).grad_x"), relativeToLargest: 1e-5, "\(name).x")
  }

  @Test("Two bits by hand, one bit by hand, zeros stay")
  func byHand() {
    var row: [Float] = [1, -1, 2, 0]
    // The mean is 1, its double the scale: levels ±0.5 and ±1.5. Ties go to the even one of −2, −1, 0, 1.
    AbsoluteQuantizer.weights(bits: 2).fakeQuantize(&row, columns: 4)
    #expect(row == [0.5, -1.5, 1.5, 0.5])
    row = [1, -1, 2, 0]
    AbsoluteQuantizer.weights(bits: 1).fakeQuantize(&row, columns: 4)
    #expect(row == [1, -1, 1, 0])
    for bits in [1, 2, 3, 8] {
      row = [0, 0, 0, 0]
      AbsoluteQuantizer.weights(bits: bits).fakeQuantize(&row, columns: 4)
      #expect(row == [0, 0, 0, 0])
    }
    #expect(AbsoluteQuantizer.activations(bits: 2) == nil)
    #expect(AbsoluteQuantizer.activations(bits: 3)?.form == .symmetric)
  }

  @Test("Groups are rows of their own, and NaN and infinities stay visible", arguments: [1, 2, 4])
  func groups(bits: Int) {
    var generator = SplitMix64(seed: 4)
    let values = generator.normal(6 * 40)
    let quantizer = AbsoluteQuantizer.weights(bits: bits)
    let (grouped, rows) = (
      Matrix(rows: 6, columns: 40, elements: values),
      Matrix(rows: 24, columns: 10, elements: values)
    )
    quantizer.fakeQuantize(grouped, groupSize: 10)
    quantizer.fakeQuantize(rows)
    #expect(grouped.elements == rows.elements)
    for value in [Float.nan, .infinity, -.infinity] {
      for form in bits <= 2
        ? [.meanAbsolute] : [.symmetric, .asymmetric] as [AbsoluteQuantizer.Form]
      {
        var row = generator.normal(35)
        row[33] = value
        AbsoluteQuantizer(bits: bits, form: form).fakeQuantize(&row, columns: 35)
        #expect(row.contains { !$0.isFinite }, "\(value) at \(bits) bits, \(form)")
      }
    }
  }

  @Test("Forms that have no such width stop the process")
  func refusals() async {
    await #expect(processExitsWith: .failure) { _ = AbsoluteQuantizer(bits: 1, form: .symmetric) }
    await #expect(processExitsWith: .failure) {
      _ = AbsoluteQuantizer(bits: 3, form: .meanAbsolute)
    }
    await #expect(processExitsWith: .failure) { _ = AbsoluteQuantizer(bits: 9, form: .asymmetric) }
  }
}
