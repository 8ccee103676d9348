import Checkpoints
import Glibc
import Quantizers
import Tensors
import TestSupport
import Testing

/// What a quantizer made of one row.
struct QuantizedRow {
  var codes: [UInt8]
  var scales: [Float]
  var zeros: [Float]
  var values: [Float]

  init(_ row: [Float], _ quantizer: WeightQuantizer, clip: ClipFractions.Row? = nil) {
    let groups = quantizer.groups(in: row.count)
    codes = [UInt8](repeating: 0xee, count: row.count)
    scales = [Float](repeating: .nan, count: groups)
    zeros = scales
    quantizer.quantize(
      row, columns: row.count, clip: clip, codes: &codes, scales: &scales, zeros: &zeros)
    values = row
    quantizer.fakeQuantize(&values, columns: row.count, clip: clip)
  }
}

/// σ(γ) as the official code computes it.
func sigmoid(_ gamma: Float) -> Float { 1 / (1 + expf(-gamma)) }

/// By hand, by the official quantizer's numbers, and by what must hold for any row.
@Suite("Weight quantizer")
struct WeightQuantizerTests {
  private static let row: [Float] = [-0.50, -0.11, 0.02, 0.07, 0.33, 1.00]

  @Test("Six weights by hand, at 2 and 4 bits, unclipped and clipped by σ(3)")
  func byHand() {
    for (bits, fraction, scale, zero, codes, values) in [
      (2, 1, 0.5, 1, [0, 1, 1, 1, 2, 3], [-0.5, 0, 0, 0, 0.5, 1]),
      (
        2, sigmoid(3), 0.476287, 1, [0, 1, 1, 1, 2, 3],
        [-0.476287, 0, 0, 0, 0.476287, 0.952574]
      ),
      (4, 1, 0.1, 5, [0, 4, 5, 6, 8, 15], [-0.5, -0.1, 0, 0.1, 0.3, 1]),
      (
        4, sigmoid(3), 0.095257, 5, [0, 4, 5, 6, 8, 15],
        [-0.476287, -0.095257, 0, 0.095257, 0.285772, 0.952574]
      ),
    ] as [(Int, Float, Float, Float, [UInt8], [Float])] {
      let clip = ClipFractions(constant: fraction, rows: 1, groups: 1).row(0)
      let found = QuantizedRow(
        Self.row, WeightQuantizer(bits: bits, groupSize: nil), clip: clip)
      #expect(found.codes == codes)
      #expect(found.zeros == [zero])
      expectClose(found.scales, [scale], .absolute(1e-6))
      expectClose(found.values, values, .absolute(1e-6))
    }
  }

  @Test("A row of positive weights has a negative zero point and is exact")
  func allPositive() {
    let found = QuantizedRow([0.4, 0.5, 0.6, 0.7], WeightQuantizer(bits: 2, groupSize: nil))
    #expect(found.zeros == [-4])
    #expect(found.codes == [0, 1, 2, 3])
    expectClose(found.values, [0.4, 0.5, 0.6, 0.7], .absolute(1e-7))
  }

  @Test("A row of negative weights has a zero point above all codes")
  func allNegative() {
    let found = QuantizedRow([-0.7, -0.6, -0.5, -0.4], WeightQuantizer(bits: 2, groupSize: nil))
    #expect(found.zeros == [7])
    #expect(found.codes == [0, 1, 2, 3])
  }

  @Test("Ties go to the even code", arguments: [2, 3, 4, 6, 8])
  func ties(bits: Int) {
    let top = Float((1 << bits) - 1)
    // Δ = 1 and z = 0: x/Δ is x itself.
    let found = QuantizedRow([0, top, 0.5, 1.5, 2.5], WeightQuantizer(bits: bits, groupSize: nil))
    #expect(found.scales == [1] && found.zeros == [0])
    #expect(Array(found.codes[2...]) == [0, 2, 2])
  }

  @Test("Δ has a floor and a ceiling, z is confined to ±10,000")
  func limits() {
    let tiny = QuantizedRow([1e-6, 2e-6], WeightQuantizer(bits: 4, groupSize: nil))
    #expect(tiny.scales == [1e-4] && tiny.values == [0, 0])
    let finer = QuantizedRow(
      [1e-6, 2e-6], WeightQuantizer(bits: 4, groupSize: nil, minimumScale: 1e-5))
    #expect(finer.scales == [1e-5])
    let far = QuantizedRow([5, 5.0001], WeightQuantizer(bits: 2, groupSize: nil))
    #expect(far.zeros == [-10000] && far.scales == [1e-4])
    let huge = QuantizedRow([-3e38, 3e38], WeightQuantizer(bits: 2, groupSize: nil))
    #expect(huge.scales == [1e4] || huge.scales[0].isNaN)
  }

  private static let cases: [(String, Int)] = ["normal", "edge"].flatMap { matrix in
    [2, 3, 4, 6, 8].map { (matrix, $0) }
  }

  @Test("The official quantizer's codes, grids and outputs", arguments: cases)
  func vectors(matrix: String, bits: Int) throws {
    let file = try Vectors.safetensors("quantizer/zeroqat")
    let shape = try file.requireTensor("\(matrix).W").shape
    let (rows, columns) = (shape[0], shape[1])
    let weights = try file.read("\(matrix).W")
    var compared = 0
    for (group, size) in [("row", nil), ("g16", 16), ("g32", 32)] as [(String, Int?)] {
      for clipping in ["plain", "lwc"] {
        let name = "\(matrix).b\(bits).\(group).\(clipping)"
        let quantizer = WeightQuantizer(bits: bits, groupSize: size)
        let groups = quantizer.groups(in: columns)
        let clip =
          clipping == "plain"
          ? nil
          : ClipFractions(
            up: try file.read("\(matrix).\(group).gamma_up").map(sigmoid),
            low: try file.read("\(matrix).\(group).gamma_low").map(sigmoid), groups: groups)
        let found = (0..<rows).map { row in
          QuantizedRow(
            Array(weights[row * columns..<(row + 1) * columns]), quantizer, clip: clip?.row(row))
        }
        let scales = try file.read("\(name).scale")
        expectClose(
          found.flatMap(\.scales), scales, .elementwise(relative: 1e-6, absolute: 0),
          "\(name).scale")
        expectClose(
          found.flatMap(\.zeros), try file.readIntegers("\(name).zero").map { Float($0) }, .exact,
          "\(name).zero")
        let codes = try file.readIntegers("\(name).codes")
        let outputs = try file.read("\(name).out")
        let (foundCodes, foundOutputs) = (found.flatMap(\.codes), found.flatMap(\.values))
        for index in weights.indices {
          let ratio = weights[index] / scales[index / (size ?? columns)]
          let toHalf = abs(abs(ratio - ratio.rounded(.down)) - 0.5)
          // Clipped scales may differ in the last bit, and with it the side of a half.
          if clipping == "lwc", toHalf <= 1e-5 { continue }
          compared += 1
          #expect(Int32(foundCodes[index]) == codes[index], "\(name).codes[\(index)]")
          #expect(
            abs(foundOutputs[index] - outputs[index]) <= 1e-6 * abs(outputs[index]),
            "\(name).out[\(index)]: \(foundOutputs[index]), expected \(outputs[index])")
        }
      }
    }
    #expect(compared > 5 * weights.count, "\(compared) elements were compared")
  }

  @Test("Inside the clipping range no weight moves by more than Δ/2", arguments: [2, 3, 4, 6, 8])
  func halfStep(bits: Int) {
    var generator = SplitMix64(seed: UInt64(bits))
    for fraction in [1, 0.95, 0.5] as [Float] {
      for length in [1, 3, 16, 33, 257] {
        let row = generator.normal(length, deviation: 0.05)
        let clip = ClipFractions(constant: fraction, rows: 1, groups: 1).row(0)
        let found = QuantizedRow(row, WeightQuantizer(bits: bits, groupSize: nil), clip: clip)
        let (scale, zero) = (found.scales[0], found.zeros[0])
        let range = -zero * scale...(Float((1 << bits) - 1) - zero) * scale
        for (w, q) in zip(row, found.values) {
          if range.contains(w) {
            #expect(abs(w - q) <= scale / 2 * 1.0001, "\(w) → \(q), Δ = \(scale)")
          } else {
            #expect(abs(q - range.lowerBound) < 1e-6 || abs(q - range.upperBound) < 1e-6)
          }
        }
      }
    }
  }

  @Test(
    "Quantizing what is quantized changes nothing when the range survives", arguments: [2, 4, 8])
  func idempotence(bits: Int) {
    var generator = SplitMix64(seed: 40 + UInt64(bits))
    let quantizer = WeightQuantizer(bits: bits, groupSize: 32)
    let row = generator.normal(320)
    var once = row
    quantizer.fakeQuantize(&once, columns: 320)
    #expect(once != row)
    var twice = once
    quantizer.fakeQuantize(&twice, columns: 320)
    expectClose(twice, once, .relativeToLargest(1e-6))
  }

  @Test("Each group has a grid of its own: an outlier spoils only its group")
  func groups() {
    var generator = SplitMix64(seed: 8)
    var row = generator.uniform(64)
    row[5] = 1000
    let grouped = QuantizedRow(row, WeightQuantizer(bits: 4, groupSize: 16))
    let whole = QuantizedRow(row, WeightQuantizer(bits: 4, groupSize: nil))
    #expect(grouped.scales.count == 4)
    #expect(zip(row, grouped.values).dropFirst(16).allSatisfy { abs($0 - $1) < 0.08 })
    #expect(whole.values[16...].allSatisfy { $0 == 0 })
  }

  @Test("A matrix is its rows, whatever the thread count", arguments: [1, 2, 3, 4])
  func matrices(threads: Int) {
    let before = Threads.count
    defer { Threads.count = before }
    Threads.count = threads
    var generator = SplitMix64(seed: 12)
    let (rows, columns) = (35, 48)
    let weights = generator.normal(rows * columns)
    let quantizer = WeightQuantizer(bits: 3, groupSize: 12)
    let fractions = generator.uniform(rows * 4, in: 0.5..<1)
    let clip = ClipFractions(up: fractions, low: fractions.reversed(), groups: 4)
    let matrix = Matrix(rows: rows, columns: columns, elements: weights)
    quantizer.fakeQuantize(matrix, clip: clip)
    let expected = (0..<rows).flatMap { row in
      QuantizedRow(
        Array(weights[row * columns..<(row + 1) * columns]), quantizer, clip: clip.row(row)
      ).values
    }
    #expect(matrix.elements == expected)
  }

  @Test("NaN and infinities don't disappear in a grid", arguments: [0, 1, 17, 63], [2, 4, 8])
  func notFinite(position: Int, bits: Int) {
    var generator = SplitMix64(seed: 3)
    for value in [Float.nan, .infinity, -.infinity] {
      var row = generator.normal(64)
      row[position] = value
      var found = row
      WeightQuantizer(bits: bits, groupSize: nil).fakeQuantize(&found, columns: 64)
      #expect(found.contains { !$0.isFinite }, "\(value) at \(position) became finite")
      let packed = PackedMatrix(
        Matrix(rows: 1, columns: 64, elements: row),
        quantizer: WeightQuantizer(bits: bits, groupSize: nil))
      var (out, scratch) = (row, [UInt8](repeating: 0, count: 64))
      packed.dequantize(row: 0, into: &out, scratch: &scratch)
      #expect(out.contains { !$0.isFinite }, "\(value) at \(position) was packed away")
    }
  }

  @Test("A group size that doesn't divide, or isn't a size, stops the process")
  func badGroups() async {
    await #expect(processExitsWith: .failure) {
      var row = [Float](repeating: 1, count: 20)
      WeightQuantizer(bits: 4, groupSize: 16).fakeQuantize(&row, columns: 20)
    }
    await #expect(processExitsWith: .failure) {
      _ = PackedMatrix(
        Matrix(rows: 2, columns: 20), quantizer: WeightQuantizer(bits: 4, groupSize: 16))
    }
    await #expect(processExitsWith: .failure) { _ = WeightQuantizer(bits: 4, groupSize: 0) }
    await #expect(processExitsWith: .failure) { _ = WeightQuantizer(bits: 9, groupSize: nil) }
  }
}
