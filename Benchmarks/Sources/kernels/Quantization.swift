internal import Quantizers
internal import Tensors

/// Noise, grids and codes: what a training step does to weights and tokens beside multiplying them.
enum Quantization {
  /// All of them.
  static var figures: [Figure] {
    noise + panels + tokens + unpacking
  }

  private static var noise: [Figure] {
    let w = Matrix.normals(rows: 4096, columns: 4096, tensor: 1)
    let stream = NormalStream(seed: 3, draw: 1)
    let work = Double(w.rows * w.columns)
    let ceiling: () -> Ceiling? = { .pass(over: w, work: work) }
    return [
      Figure(
        name: "Gaussian fill", shape: "4096 × 4096", unit: .samples, work: work,
        ceiling: ceiling, line: 3.5
      ) { w.forEachRow { stream.fill(w.row($0), count: w.columns, row: $0, tensor: 7) } },
      Figure(
        name: "Gaussian axpy", shape: "4096 × 4096", unit: .samples, work: work,
        ceiling: ceiling
      ) {
        w.forEachRow {
          stream.add(to: w.row($0), factor: 1e-3, count: w.columns, row: $0, tensor: 7)
        }
      },
    ]
  }

  /// Weight panels, read and written once by the ceiling.
  private static var panels: [Figure] {
    let quantizer = WeightQuantizer(bits: 4, groupSize: nil)
    var figures: [Figure] = []
    for (rows, columns) in [(2048, 8192), (1820, 576)] {
      let panel = Matrix.normals(rows: rows, columns: columns, tensor: 1)
      let bytes = 8 * Double(rows * columns)
      for threads in [1, 2] {
        figures.append(
          Figure(
            name: "fake-quant panel, 4 bits", shape: "\(rows) × \(columns)", threads: threads,
            unit: .bytes, work: bytes, ceiling: { .pass(over: panel, work: bytes) },
            line: threads == 1 ? 28 : nil
          ) { quantizer.fakeQuantize(panel) })
      }
    }
    let (weights, panel) = (
      Matrix.normals(rows: 1820, columns: 576, tensor: 1), Matrix(rows: 1820, columns: 576)
    )
    let stream = NormalStream(seed: 3, draw: 1)
    let work = Double(weights.rows * weights.columns)
    figures.append(
      Figure(
        name: "perturb and fake-quant panel", shape: "1820 × 576", unit: .weights, work: work,
        ceiling: { .pass(over: weights, into: panel, work: work) }
      ) {
        panel.forEachRow { row in
          let out = panel.row(row)
          out.update(from: weights.row(row), count: 576)
          stream.add(to: out, factor: 1e-3, count: 576, row: row, tensor: 7)
          quantizer.fakeQuantize(out, columns: 576)
        }
      })
    return figures
  }

  private static var tokens: [Figure] {
    let x = Matrix.normals(rows: 2048, columns: 1536, tensor: 1)
    let bytes = 8 * Double(x.rows * x.columns)
    let (quantizer, codes) = (TokenQuantizer(bits: 8), QuantizedTokens())
    return [
      Figure(
        name: "fake-quant tokens, 8 bits", shape: "2048 × 1536", unit: .bytes, work: bytes,
        ceiling: { .pass(over: x, work: bytes) }
      ) { quantizer.fakeQuantize(x) },
      Figure(
        name: "token codes, 8 bits", shape: "2048 × 1536", unit: .bytes, work: bytes * 5 / 8,
        ceiling: { .pass(over: x, work: bytes) }
      ) { codes.fill(x, quantizer: quantizer) },
    ]
  }

  private static var unpacking: [Figure] {
    let weight = Matrix.normals(rows: 512, columns: 2048, tensor: 1)
    let panel = Matrix(rows: 512, columns: 2048)
    let work = Double(weight.rows * weight.columns)
    return [2, 3, 4, 6, 8].map { bits in
      let packed = PackedMatrix(weight, quantizer: WeightQuantizer(bits: bits, groupSize: nil))
      return Figure(
        name: "unpack panel, \(bits) bits", shape: "512 × 2048", threads: 1, unit: .weights,
        work: work, ceiling: { .pass(over: panel, work: work) }
      ) { packed.dequantize(0..<512, into: panel) }
    }
  }
}
