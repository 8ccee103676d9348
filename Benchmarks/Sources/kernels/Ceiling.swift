internal import CCeilings
internal import Tensors

/// What a figure is held against: work that nothing else slows down, on as many threads.
struct Ceiling {
  /// What it is, such as `fp32 products`.
  let name: String
  /// Work of one call, in the unit of the figure beside it.
  let work: Double
  /// The call.
  let body: () -> Void

  /// Float32 multiply-adds in registers; operations.
  static var floatProducts: Ceiling? {
    registers("fp32 products", rounds: 200_000, zqb_float_products)
  }

  /// Byte products in registers, operations; nil where the processor has none.
  static var byteProducts: Ceiling? {
    registers("byte products", rounds: 200_000, zqb_byte_products)
  }

  private static func registers(
    _ name: String, rounds: Int, _ run: @escaping @Sendable (Int) -> Double
  ) -> Ceiling? {
    let each = run(rounds)
    guard each > 0 else { return nil }
    let threads = Threads.count
    return Ceiling(name: name, work: each * Double(threads)) {
      forEachTile(threads) { _, _ in _ = run(rounds) }
    }
  }

  /// One pass over the memory that a kernel reads and writes.
  ///
  /// - Parameters:
  ///   - x: What is read.
  ///   - out: What is written; nil for x itself.
  ///   - work: Of the kernel.
  /// - Returns: The pass, as much work as the kernel.
  static func pass(over x: Matrix, into out: Matrix? = nil, work: Double) -> Ceiling {
    let out = out ?? x
    return Ceiling(name: "a pass over the same memory", work: work) {
      let rows = 16
      forEachTile(tileCount(x.rows, size: rows)) { tile, _ in
        let range = tileRange(tile, of: x.rows, size: rows)
        zqb_scale(x.row(range.lowerBound), out.row(range.lowerBound), range.count * x.columns)
      }
    }
  }
}
