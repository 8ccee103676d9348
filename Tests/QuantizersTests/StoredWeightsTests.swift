import Quantizers
import Tensors
import TestSupport
import Testing

/// Trained weights in fewer bits than float32 move as float32 ones do, but for what can't be held.
@Suite("Stored weights")
struct StoredWeightsTests {
  private static let (rows, columns) = (37, 256)

  private func weights() -> Matrix {
    var generator = SplitMix64(seed: 11)
    return Matrix(
      rows: Self.rows, columns: Self.columns,
      elements: generator.normal(Self.rows * Self.columns, deviation: 0.02))
  }

  private func stored(_ form: String) -> any StoredWeights {
    switch form {
    case "float32": weights()
    case "float16": HalfWeights(weights(), format: .ieee, rounding: .stochastic)
    case "bfloat16": HalfWeights(weights(), format: .brain, rounding: .stochastic)
    case "bfloat16 to nearest": HalfWeights(weights(), format: .brain, rounding: .nearest)
    default: CodeWeights(weights())
    }
  }

  @Test(
    "The start is within half a step of the weights",
    arguments: [("float16", 0x1p-11), ("bfloat16", 0x1p-8), ("int8", 0.0)] as [(String, Float)])
  func start(form: String, relative: Float) {
    let (exact, found) = (weights().elements, stored(form).elements)
    // 255 steps over a range that 128 normals of deviation 0.02 fill, and a quarter more; half a step of
    // half precision's subnormal numbers.
    let absolute: Float = form == "int8" ? 0.5 * 1.25 * 0.24 / 255 : 0x1p-25
    for (a, b) in zip(exact, found) {
      #expect(abs(a - b) <= max(relative * abs(a), absolute), "\(a) became \(b)")
    }
    #expect(found != exact)
  }

  @Test(
    "Many small updates add up on average, where to nearest they are lost",
    arguments: ["float32", "float16", "bfloat16", "bfloat16 to nearest", "int8"])
  func drift(form: String) {
    let weights = stored(form)
    let before = weights.elements
    // A thousandth of a weight's size per step, always along the same z.
    let (steps, factor) = (200, Float(2e-6))
    struct Same: Directions {
      let base: NormalStream
      let noise: NormalStream
      func add(
        to w: UnsafeMutablePointer<Float>, factor: Float, count: Int, row: Int, tensor: Int
      ) { base.add(to: w, factor: factor, count: count, row: row, tensor: tensor) }
      func fillUniforms(
        _ out: UnsafeMutablePointer<Float>, count: Int, row: Int, tensor: Int,
        _ purpose: NoisePurpose
      ) { noise.fillUniforms(out, count: count, row: row, tensor: tensor, purpose) }
    }
    let base = NormalStream(seed: 7, draw: 0)
    for step in 0..<steps {
      weights.move(
        Same(base: base, noise: NormalStream(seed: 8, draw: UInt32(step))), factor: factor,
        tensor: 3)
    }
    let direction = Matrix(rows: Self.rows, columns: Self.columns)
    direction.move(base, factor: 1, tensor: 3)
    // The slope of the change over z, by least squares.
    var (xy, xx) = (0.0, 0.0)
    for (z, change) in zip(direction.elements, zip(before, weights.elements).map { $1 - $0 }) {
      xy += Double(z) * Double(change)
      xx += Double(z) * Double(z)
    }
    let share = xy / xx / (Double(factor) * Double(steps))
    if form == "bfloat16 to nearest" {
      #expect(share < 0.5, "nearest kept \(share) of it")
    } else {
      #expect(abs(share - 1) < 0.1, "\(form) kept \(share) of it")
    }
  }

  @Test("Groups of one sign, of one value and of zeros keep their weights")
  func oneSigned() {
    var generator = SplitMix64(seed: 3)
    let groups: [[Float]] = [
      generator.uniform(128, in: 0.02..<0.06), generator.uniform(128, in: 0.5..<0.6),
      generator.uniform(128, in: -0.6 ..< -0.5), generator.uniform(128, in: 0.5..<0.505),
      [Float](repeating: 0.5, count: 128), [Float](repeating: -3, count: 128),
      [Float](repeating: 0, count: 128),
    ]
    let weights = Matrix(rows: groups.count, columns: 128, elements: groups.flatMap(\.self))
    let stored = CodeWeights(weights)
    for (row, group) in groups.enumerated() {
      // The grid reaches from zero to a quarter beyond the largest.
      let step = max(1.25 * (group.map(abs).max() ?? 0) / 255, CodeWeights.minimumScale)
      for (a, b) in zip(group, stored.elements[row * 128..<(row + 1) * 128]) {
        #expect(abs(a - b) <= 0.5001 * step, "\(a) became \(b)")
      }
    }
  }

  @Test(
    "A group is the largest divisor of a row up to 128",
    arguments: [(576, 96), (768, 128), (5120, 128), (100, 100), (131, 1), (64, 64)])
  func groups(columns: Int, size: Int) {
    #expect(CodeWeights.quantizer(columns: columns).groupSize == size)
  }

  @Test("What was moved doesn't depend on threads", arguments: ["float16", "bfloat16", "int8"])
  func threads(form: String) {
    func moved(_ count: Int) -> [UInt32] {
      let before = Threads.count
      defer { Threads.count = before }
      Threads.count = count
      let weights = stored(form)
      weights.move(NormalStream(seed: 1, draw: 2), factor: 1e-3, tensor: 5)
      return weights.elements.map(\.bitPattern)
    }
    let expected = moved(1)
    for count in 2...4 { #expect(moved(count) == expected) }
    #expect(expected != stored(form).elements.map(\.bitPattern))
  }

  @Test("A weight that isn't finite any more shows")
  func finite() {
    let weights = HalfWeights(weights(), format: .ieee, rounding: .stochastic)
    #expect(weights.isFinite)
    weights.move(NormalStream(seed: 1, draw: 2), factor: 1e6, tensor: 5)
    #expect(!weights.isFinite)
    // Codes can't hold what isn't finite; their scales say so.
    for factor in [Float.infinity, .nan] {
      let codes = CodeWeights(self.weights())
      #expect(codes.isFinite)
      codes.move(NormalStream(seed: 1, draw: 2), factor: factor, tensor: 5)
      #expect(!codes.isFinite)
    }
  }

  @Test("Rows that are stored piece by piece pack as the whole does")
  func pieces() {
    let (weights, quantizer) = (weights(), WeightQuantizer(bits: 3, groupSize: 64))
    let clip = ClipFractions(constant: 0.9, rows: Self.rows, groups: 4)
    let whole = PackedMatrix(weights, quantizer: quantizer, clip: clip)
    let pieces = PackedMatrix(rows: Self.rows, columns: Self.columns, quantizer: quantizer)
    for first in stride(from: 0, to: Self.rows, by: 10) {
      pieces.store(
        weights.rows(first..<min(first + 10, Self.rows)), at: first, quantizer: quantizer,
        clip: clip)
    }
    for row in 0..<Self.rows { #expect(pieces.codes(ofRow: row) == whole.codes(ofRow: row)) }
    #expect(pieces.scales.elements == whole.scales.elements)
  }
}
