internal import Quantizers
internal import Tensors

/// What CI holds kernels to: ratios of times taken in turns, on one thread, never seconds.
///
/// Time is that of the thread on the processor, so that waiting for it doesn't count, and the least of
/// many times is hardly disturbed by what neighbours do to caches. Bounds are explained in `README.md`.
enum Gate {
  /// A ratio and its bound.
  private struct Check {
    let name: String
    /// What the least time of `body` over that of `other` may be.
    let bound: Double
    /// The mistake it finds.
    let finds: String
    let body: () -> Void
    let other: () -> Void
  }

  /// Takes all ratios and prints them.
  ///
  /// - Returns: Whether all are within their bounds; those that aren't were taken three times.
  static func passes() -> Bool {
    Threads.count = 1
    let stopwatch = Stopwatch(repeats: 15, leastSeconds: 0.005, isOfThisThread: true)
    var allPass = true
    for check in checks {
      var ratio = Double.infinity
      for _ in 0..<3 where ratio > check.bound {
        let seconds = stopwatch.takeTurns([check.body, check.other])
        ratio = min(ratio, seconds[0].least / seconds[1].least)
      }
      let passes = ratio <= check.bound
      allPass = allPass && passes
      print(
        "\(passes ? "ok  " : "FAIL") \(check.name): \(Report.fixed(ratio, 3)), at most "
          + "\(Report.fixed(check.bound, 3))\(passes ? "" : " — expected of: \(check.finds)")")
    }
    return allPass
  }

  private static var checks: [Check] {
    let o = Products.Operands(256, 576, 1536)
    let float = { linear(o.x, o.weight, into: o.y) }
    let panel = Matrix.normals(rows: 455, columns: 576, tensor: 1)
    let pass = Ceiling.pass(over: panel, work: 1).body
    let quantizer = WeightQuantizer(bits: 4, groupSize: nil)
    let stream = NormalStream(seed: 3, draw: 1)
    let tokens = Matrix.normals(rows: 128, columns: 1536, tensor: 1)
    let tokenPass = Ceiling.pass(over: tokens, work: 1).body
    var checks = [4, 2].map { bits in
      Check(
        name: "linear, packed W\(bits) / fp32", bound: 1.25,
        finds: "panels of too few rows, or products that wait for them",
        body: Products.packedProduct(o, bits: bits), other: float)
    }
    if IntegerPath.best == .vnni {
      checks.append(
        Check(
          name: "linear, integers / fp32", bound: 0.6,
          finds: "sums that left the registers, or the path without byte products",
          body: Products.integerProduct(o), other: float))
    }
    let packed = PackedMatrix(panel, quantizer: quantizer)
    checks += [
      Check(
        name: "unpack panel, 4 bits / a pass over the same memory", bound: 3,
        finds: "unpacking that isn't vectorised",
        body: { packed.dequantize(0..<packed.rows, into: panel) }, other: pass),
      Check(
        name: "Gaussian fill / a pass over the same memory", bound: 25,
        finds: "a generator that isn't vectorised",
        body: { panel.forEachRow { stream.fill(panel.row($0), count: 576, row: $0, tensor: 7) } },
        other: pass),
      Check(
        name: "fake-quant panel / a pass over the same memory", bound: 10,
        finds: "minima, maxima or rounding that aren't vectorised",
        body: { quantizer.fakeQuantize(panel) }, other: pass),
      Check(
        name: "fake-quant tokens / a pass over the same memory", bound: 10,
        finds: "minima, maxima or rounding that aren't vectorised",
        body: { TokenQuantizer(bits: 8).fakeQuantize(tokens) }, other: tokenPass),
    ]
    return checks
  }
}
