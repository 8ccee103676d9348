import Checkpoints
import Quantizers
import Tensors
import TestSupport
import Testing

/// EfficientQAT's quantizer against the official outputs and gradients, and against slopes.
@Suite("Learnable grids")
struct LearnableGridTests {
  @Test(
    "The official initial grids, outputs and gradients", arguments: [2, 3, 4], [16, 32, 64])
  func vectors(bits: Int, group: Int) throws {
    let file = try Vectors.safetensors("quantizer/efficientqat")
    let name = "b\(bits).g\(group)"
    let first = Matrix(rows: 8, columns: 64, elements: try file.read("W0"))
    let initial = LearnableGrid(
      of: first, quantizer: WeightQuantizer(bits: bits, groupSize: group))
    expectClose(
      initial.scale.elements, try file.read("\(name).init_scale"),
      .elementwise(relative: 1e-6, absolute: 0))
    expectClose(initial.zero.elements, try file.read("\(name).init_zero"), .exact)

    let values = try file.read("W")
    let w = Matrix(rows: 8, columns: 64, elements: values)
    let grid = LearnableGrid(
      bits: bits, groups: 64 / group, scale: Vector(try file.read("\(name).scale")),
      zero: Vector(try file.read("\(name).zero")))
    let gradient = Matrix(rows: 8, columns: 64, elements: try file.read("R"))
    let found = grid.fakeQuantizeBackward(w, gradient: gradient)
    expectClose(
      gradient.elements, try file.read("\(name).grad_w"), relativeToLargest: 1e-5, "grad_w")
    expectClose(
      found.scale.elements, try file.read("\(name).grad_scale"), relativeToLargest: 1e-5,
      "grad_scale")
    expectClose(
      found.zero.elements, try file.read("\(name).grad_zero"), relativeToLargest: 1e-5, "grad_zero")
    grid.fakeQuantize(w)
    expectClose(
      w.elements, try file.read("\(name).out"), .elementwise(relative: 1e-5, absolute: 1e-7), "out")
    // The codes are the ones that the values came from.
    let original = Matrix(rows: 8, columns: 64, elements: values)
    for row in 0..<8 {
      for (column, code) in grid.codes(original.row(row), columns: 64, row: row).enumerated() {
        let index = row * (64 / group) + column / group
        let top = Float((1 << bits) - 1)
        let zero = min(max(grid.zero.elements[index].rounded(.toNearestOrEven), 0), top)
        #expect((Float(code) - zero) * grid.scale.elements[index] == w.row(row)[column])
      }
    }
  }

  @Test("Slopes of the surrogate by Δ and z", arguments: [1, 3, 7, 33], [2, 4])
  func slopes(columns: Int, bits: Int) {
    var generator = SplitMix64(seed: UInt64(columns + bits))
    let top = Double((1 << bits) - 1)
    for scale in [0.05, 0.3, 1] as [Double] {
      let values = generator.normal(columns)
      let upstream = generator.normal(columns)
      let zero = Double(generator.uniform(1, in: 0.6..<2.4)[0])
      let grid = LearnableGrid(
        bits: bits, groups: 1, scale: Vector([Float(scale)]), zero: Vector([Float(zero)]))
      let gradient = Matrix(rows: 1, columns: columns, elements: upstream)
      let found = grid.fakeQuantizeBackward(
        Matrix(rows: 1, columns: columns, elements: values), gradient: gradient)
      // Rounding residuals of weights and of z are constant.
      let x = values.map(Double.init)
      let scale = Double(Float(scale))
      let zeroResidual = Double(Float(zero)).rounded(.toNearestOrEven) - Double(Float(zero))
      let residual = x.map { ($0 / scale).rounded(.toNearestOrEven) - $0 / scale }
      func value(_ scale: Double, _ zero: Double) -> Double {
        var sum = 0.0
        for i in x.indices {
          let free = x[i] / scale + residual[i] + zero + zeroResidual
          sum +=
            Double(upstream[i]) * (min(max(free, 0), top) - zero - zeroResidual) * scale
        }
        return sum
      }
      // A code at a border may move out of it: the slope from inside is the one that passes.
      let onBorder = x.indices.contains {
        let free = (x[$0] / scale + residual[$0] + zero + zeroResidual).rounded()
        return free == 0 || free == top
      }
      let h = 1e-7
      let z = Double(Float(zero))
      if !onBorder {
        let byScale = (value(scale + h, z) - value(scale - h, z)) / (2 * h)
        let byZero = (value(scale, z + h) - value(scale, z - h)) / (2 * h)
        expectClose(
          [found.scale.elements[0], found.zero.elements[0]], [Float(byScale), Float(byZero)],
          .elementwise(relative: 1e-4, absolute: 1e-4), "Δ \(scale), z \(zero)")
      }
    }
  }

  @Test("Parameters beyond their limits are used at the limits, and still get gradients")
  func limits() {
    let w = Matrix(rows: 1, columns: 2, elements: [1e-4, -3e-4])
    let grid = LearnableGrid(bits: 2, groups: 1, scale: Vector([1e-6]), zero: Vector([-1.7]))
    let gradient = Matrix(rows: 1, columns: 2, elements: [1, 1])
    let found = grid.fakeQuantizeBackward(w, gradient: gradient)
    // Δ' = 1e-4, z' = 0: codes 1 and, clamped, 0.
    expectClose(gradient.elements, [1, 0], .exact)
    expectClose(found.scale.elements, [0], .absolute(1e-6))
    expectClose(found.zero.elements, [-1e-4], .elementwise(relative: 1e-5, absolute: 0))
    grid.fakeQuantize(w)
    expectClose(w.elements, [1e-4, 0], .elementwise(relative: 1e-6, absolute: 0))
  }

  @Test("A scale that isn't a number shows")
  func notFinite() {
    let w = Matrix(rows: 1, columns: 3, elements: [1, 2, 3])
    LearnableGrid(bits: 4, groups: 1, scale: Vector([.nan]), zero: Vector([0])).fakeQuantize(w)
    #expect(w.elements.allSatisfy { $0.isNaN })
  }
}
