internal import Quantizers
internal import Tensors

/// Products of tokens and weights: in float32, from packed codes, in integers.
///
/// Shapes are tokens × inputs × outputs.
enum Products {
  /// A linear layer's operands, drawn.
  struct Operands {
    let x: Matrix
    let weight: Matrix
    let y: Matrix

    init(_ tokens: Int, _ inputs: Int, _ outputs: Int) {
      x = .normals(rows: tokens, columns: inputs, tensor: 1)
      weight = .normals(rows: outputs, columns: inputs, tensor: 2)
      y = Matrix(rows: tokens, columns: outputs)
    }

    var work: Double { 2 * Double(x.rows) * Double(x.columns) * Double(weight.rows) }
    var shape: String { "\(x.rows) × \(x.columns) × \(weight.rows)" }
  }

  /// Attention's, MLP's and head's shapes of small models, and one of a larger one.
  private static let shapes = [
    (512, 576, 576), (512, 576, 1536), (512, 1536, 576), (512, 2048, 8192),
  ]

  /// Products beside the processor's own speed.
  static var figures: [Figure] {
    shapes.map { tokens, inputs, outputs in
      let o = Operands(tokens, inputs, outputs)
      return Figure(
        name: "linear, fp32", shape: o.shape, unit: .floatOperations, work: o.work,
        ceiling: { .floatProducts }
      ) { linear(o.x, o.weight, into: o.y) }
    }
      + shapes.map { tokens, inputs, outputs in
        let o = Operands(tokens, inputs, outputs)
        return Figure(
          name: "linear, integers, W4A8", shape: o.shape, unit: .integerOperations, work: o.work,
          ceiling: { .byteProducts }, body: integerProduct(o))
      }
  }

  /// Products from codes beside the float32 product of the same shape.
  static var pairs: [Pair] {
    var pairs: [Pair] = []
    for tokens in [128, 512, 2048] {
      for (inputs, outputs) in [(576, 1536), (2048, 8192)] {
        let o = Operands(tokens, inputs, outputs)
        for bits in [4, 2] {
          pairs += onOneAndTwoThreads(
            Pair(
              name: "linear, packed W\(bits) / fp32", shape: o.shape, line: 1.10,
              body: packedProduct(o, bits: bits), other: { linear(o.x, o.weight, into: o.y) }))
        }
      }
    }
    for (tokens, inputs, outputs) in shapes {
      let o = Operands(tokens, inputs, outputs)
      pairs += onOneAndTwoThreads(
        Pair(
          name: "linear, integers W4A8 / fp32", shape: o.shape, body: integerProduct(o),
          other: { linear(o.x, o.weight, into: o.y) }))
    }
    return pairs
  }

  private static func onOneAndTwoThreads(_ pair: Pair) -> [Pair] {
    [1, 2].map { threads in
      var pair = pair
      pair.threads = threads
      return pair
    }
  }

  /// The product from packed codes of so many bits.
  static func packedProduct(_ o: Operands, bits: Int) -> () -> Void {
    let packed = PackedMatrix(o.weight, quantizer: WeightQuantizer(bits: bits, groupSize: nil))
    let panel = WeightPanel()
    return { packedLinear(o.x, packed, into: o.y, panel: panel) }
  }

  /// The product from codes of both, the tokens' made once: a layer's inputs feed up to three linears.
  static func integerProduct(_ o: Operands) -> () -> Void {
    let packed = PackedMatrix(o.weight, quantizer: WeightQuantizer(bits: 4, groupSize: nil))
    let (tokens, scratch) = (QuantizedTokens(), IntegerScratch())
    tokens.fill(o.x, quantizer: TokenQuantizer(bits: 8))
    return {
      integerLinear(tokens, outputs: packed.rows, into: o.y, scratch: scratch) { row, codes, _ in
        packed.codeRow(row, into: codes, bias: 0)
      }
    }
  }
}

extension Matrix {
  /// A matrix of standard normals.
  static func normals(rows: Int, columns: Int, tensor: Int) -> Matrix {
    let result = Matrix(rows: rows, columns: columns)
    let stream = NormalStream(seed: 1, draw: 0)
    forEachTile(tileCount(rows, size: 16)) { tile, _ in
      for row in tileRange(tile, of: rows, size: 16) {
        stream.fill(result.row(row), count: columns, row: row, tensor: tensor)
      }
    }
    return result
  }

  /// Calls `body` with every row, tiled over rows as the product does it.
  func forEachRow(_ body: @Sendable (Int) -> Void) {
    forEachTile(tileCount(rows, size: 16)) { tile, _ in
      for row in tileRange(tile, of: rows, size: 16) { body(row) }
    }
  }
}
