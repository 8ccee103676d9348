import Checkpoints
import Quantizers
import Tensors
import TestSupport
import Testing

/// The dynamic per-token quantizer against the official numbers and its own definition.
@Suite("Token quantizer")
struct TokenQuantizerTests {
  @Test(
    "The official per-token outputs",
    arguments: [("act3", 48), ("act4", 16)], [4, 6, 8])
  func vectors(name: (String, Int), bits: Int) throws {
    let file = try Vectors.safetensors("quantizer/zeroqat")
    let values = try file.read("\(name.0).X")
    let x = Matrix(rows: values.count / name.1, columns: name.1, elements: values)
    TokenQuantizer(bits: bits).fakeQuantize(x)
    expectClose(
      x.elements, try file.read("\(name.0).b\(bits).out"),
      .elementwise(relative: 1e-6, absolute: 1e-9), "\(name.0) at \(bits) bits")
  }

  @Test("A token's grid is its own, and a group's within it", arguments: [1, 2, 3, 4])
  func rows(threads: Int) {
    let before = Threads.count
    defer { Threads.count = before }
    Threads.count = threads
    var generator = SplitMix64(seed: 1)
    let (rows, columns, group) = (131, 24, 8)
    let values = generator.normal(rows * columns)
    let x = Matrix(rows: rows, columns: columns, elements: values)
    TokenQuantizer(bits: 4).fakeQuantize(x, groupSize: group)
    // The weight quantizer is an independent way to the same formula.
    let quantizer = WeightQuantizer(bits: 4, groupSize: group)
    let expected = (0..<rows).flatMap { row in
      QuantizedRow(Array(values[row * columns..<(row + 1) * columns]), quantizer).values
    }
    #expect(x.elements == expected)
    #expect(x.elements != values)
  }

  @Test("An outlier token leaves the others alone")
  func outlier() {
    var generator = SplitMix64(seed: 2)
    var values = generator.uniform(4 * 32)
    let calm = Matrix(rows: 4, columns: 32, elements: values)
    TokenQuantizer(bits: 4).fakeQuantize(calm)
    values[32 + 7] = 1e4
    let x = Matrix(rows: 4, columns: 32, elements: values)
    TokenQuantizer(bits: 4).fakeQuantize(x)
    for row in [0, 2, 3] {
      #expect(x.rows(row..<row + 1).elements == calm.rows(row..<row + 1).elements)
    }
    #expect(x.rows(1..<2).elements != calm.rows(1..<2).elements)
  }

  @Test("NaN and infinities stay visible", arguments: [Float.nan, .infinity, -.infinity])
  func notFinite(value: Float) {
    for position in [0, 1, 15, 16, 30] {
      var generator = SplitMix64(seed: 2)
      var values = generator.uniform(2 * 31)
      values[31 + position] = value
      let x = Matrix(rows: 2, columns: 31, elements: values)
      TokenQuantizer(bits: 8).fakeQuantize(x)
      #expect(x.rows(0..<1).isFinite)
      #expect(!x.rows(1..<2).isFinite, "\(value) at \(position)")
    }
  }

  @Test("Views with gaps and groups that don't divide stop the process")
  func refusals() async {
    await #expect(processExitsWith: .failure) {
      TokenQuantizer(bits: 4).fakeQuantize(Matrix(rows: 4, columns: 8).columns(0..<4))
    }
    await #expect(processExitsWith: .failure) {
      TokenQuantizer(bits: 4).fakeQuantize(Matrix(rows: 4, columns: 8), groupSize: 3)
    }
    await #expect(processExitsWith: .failure) { _ = TokenQuantizer(bits: 0) }
  }
}
