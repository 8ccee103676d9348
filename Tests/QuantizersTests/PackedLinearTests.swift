import Quantizers
import Tensors
import TestSupport
import Testing

/// A product from packed codes is the product of the dequantized weight, panel by panel.
@Suite("Packed linear")
struct PackedLinearTests {
  @Test(
    "The same bits as multiplying the panels of the dequantized weight",
    arguments: [(3, 7, 5), (130, 96, 300), (17, 4200, 600), (2100, 33, 70), (2048, 4200, 300)],
    [2, 4])
  func sameBits(shape: (tokens: Int, inputs: Int, outputs: Int), bits: Int) {
    let stream = NormalStream(seed: 5, draw: 0)
    let x = normals(stream, rows: shape.tokens, columns: shape.inputs, tensor: 1)
    let weight = normals(stream, rows: shape.outputs, columns: shape.inputs, tensor: 2)
    let bias = Vector(normals(stream, rows: 1, columns: shape.outputs, tensor: 3))
    let packed = PackedMatrix(weight, quantizer: WeightQuantizer(bits: bits, groupSize: nil))
    let dequantized = Matrix(rows: shape.outputs, columns: shape.inputs)
    let step = WeightStep(NormalStream(seed: 6, draw: 1), factor: 1e-3, tensor: 9)
    for moved in [nil, step] {
      for order in [SummationOrder.whole, .halves] {
        packed.dequantize(0..<shape.outputs, into: dequantized, moved: moved)
        let expected = Matrix(rows: shape.tokens, columns: shape.outputs)
        let isShared = shape.tokens >= manyTokens
        let height =
          isShared
          ? WeightPanel.height(columns: shape.inputs)
          : WeightPanel.tileHeight(rows: shape.outputs, columns: shape.inputs)
        for index in 0..<tileCount(shape.outputs, size: height) {
          let rows = tileRange(index, of: shape.outputs, size: height)
          let product = isShared ? linear : linearTile
          product(
            x, dequantized.rows(rows), Vector(bias, rows), expected.columns(rows), order)
        }
        // Every thread has a part of the space to itself, and its rows' biases beside them.
        for threads in 1...(shape.tokens < 1000 ? 4 : 2) {
          let found = Matrix(rows: shape.tokens, columns: shape.outputs)
          packedLinear(
            x, packed, bias: bias, into: found, order: order, panel: WeightPanel(), moved: moved,
            threads: threads)
          #expect(
            found.elements == expected.elements,
            "\(shape) > \(bits) bits > \(order) > moved: \(moved != nil) > \(threads) threads")
        }
      }
    }
  }

  @Test(
    "The same bits as one product of the whole weight, whatever the tiles",
    arguments: [(700, 576, 1536), (96, 2048, 2100), (2048, 576, 1000), (128, 5120, 700)])
  func wholeWeight(shape: (tokens: Int, inputs: Int, outputs: Int)) {
    let stream = NormalStream(seed: 7, draw: 0)
    let x = normals(stream, rows: shape.tokens, columns: shape.inputs, tensor: 1)
    let weight = normals(stream, rows: shape.outputs, columns: shape.inputs, tensor: 2)
    let packed = PackedMatrix(weight, quantizer: WeightQuantizer(bits: 4, groupSize: nil))
    let dequantized = Matrix(rows: shape.outputs, columns: shape.inputs)
    packed.dequantize(0..<shape.outputs, into: dequantized)
    let expected = Matrix(rows: shape.tokens, columns: shape.outputs)
    linear(x, dequantized, into: expected)
    let found = Matrix(rows: shape.tokens, columns: shape.outputs)
    packedLinear(x, packed, into: found, panel: WeightPanel())
    // A difference of zero, and the worst element where there is one: not thousands of numbers.
    expectClose(
      found.elements, expected.elements, .elementwise(relative: 0, absolute: 0), "\(shape)")
  }

  @Test("A step is added to the weights that are multiplied, and to no code")
  func step() {
    let weight = normals(NormalStream(seed: 5, draw: 0), rows: 4, columns: 33, tensor: 2)
    let packed = PackedMatrix(weight, quantizer: WeightQuantizer(bits: 4, groupSize: nil))
    let directions = NormalStream(seed: 6, draw: 1)
    let (plain, moved) = (Matrix(rows: 2, columns: 33), Matrix(rows: 2, columns: 33))
    packed.dequantize(1..<3, into: plain)
    packed.dequantize(
      1..<3, into: moved, moved: WeightStep(directions, factor: 0.5, tensor: 9))
    for row in 1..<3 {
      directions.add(to: plain.row(row - 1), factor: 0.5, count: 33, row: row, tensor: 9)
    }
    #expect(moved.elements == plain.elements)
    let again = Matrix(rows: 2, columns: 33)
    packed.dequantize(1..<3, into: again)
    #expect(again.elements != moved.elements)
  }

  @Test("Panels take 4 MiB and at least 256 rows, of very wide ones 128, and cover every row once")
  func panels() {
    #expect(WeightPanel.height(columns: 576) == 1820)
    #expect(WeightPanel.height(columns: 4096) == 256)
    #expect(WeightPanel.height(columns: 16_384) == 256)
    #expect(WeightPanel.height(columns: 20_480) == 128)
    var seen: [Int] = []
    WeightPanel().forEach(rows: 600, columns: 4200) { rows, panel, bias in
      seen += rows
      #expect(panel.rows == rows.count && panel.columns == 4200 && bias.count == rows.count)
    }
    #expect(seen == Array(0..<600))
  }

  @Test("Tiles of a thread take 4 MiB or 64 rows, and four threads can share them evenly")
  func tiles() {
    #expect(WeightPanel.tileHeight(rows: 8192, columns: 2048) == 512)
    #expect(WeightPanel.tileHeight(rows: 5120, columns: 5120) == 192)
    #expect(WeightPanel.tileHeight(rows: 5120, columns: 20_480) == 64)
    #expect(WeightPanel.tileHeight(rows: 1536, columns: 576) == 384)
    #expect(WeightPanel.tileHeight(rows: 576, columns: 1536) == 144)
    #expect(WeightPanel.tileHeight(rows: 5, columns: 7) == 5)
    // Two threads' tiles of 512 rows take more than a panel; of one, a panel is the same.
    #expect(WeightPanel.elementCount(rows: 8192, columns: 2048, threads: 2) == 1024 * 2049)
    #expect(WeightPanel.elementCount(rows: 8192, columns: 2048, threads: 1) == 512 * 2049)
    #expect(WeightPanel.elementCount(rows: 1536, columns: 576, threads: 2) == 1536 * 577)
    #expect(WeightPanel.elementCount(rows: 5, columns: 7, threads: 4) == 5 * 8)
  }

  private func normals(_ stream: NormalStream, rows: Int, columns: Int, tensor: Int) -> Matrix {
    let result = Matrix(rows: rows, columns: columns)
    for row in 0..<rows { stream.fill(result.row(row), count: columns, row: row, tensor: tensor) }
    return result
  }
}
