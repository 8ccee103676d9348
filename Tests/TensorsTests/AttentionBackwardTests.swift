import Tensors
import TestSupport
import Testing

/// Tiled backward of causal attention against finite differences and an untiled one in double precision.
@Suite("Backward of causal attention")
struct AttentionBackwardTests {
  struct Shape: Sendable, CustomTestStringConvertible {
    let (windows, tokens, heads, keyHeads, head): (Int, Int, Int, Int, Int)
    var reach: Int?
    var testDescription: String {
      "\(windows)x\(tokens), \(heads)/\(keyHeads) heads of \(head)"
        + (reach.map { ", reach \($0)" } ?? "")
    }

    init(
      _ windows: Int, _ tokens: Int, _ heads: Int, _ keyHeads: Int, _ head: Int, reach: Int? = nil
    ) {
      self.reach = reach
      (self.windows, self.tokens) = (windows, tokens)
      (self.heads, self.keyHeads, self.head) = (heads, keyHeads, head)
    }
  }

  private struct Case {
    let shape: Shape
    let scale: Double
    let (q, k, v, d): ([Float], [Float], [Float], [Float])
    var rows: Int { shape.windows * shape.tokens }
    var columns: (query: Int, key: Int) {
      (shape.heads * shape.head, shape.keyHeads * shape.head)
    }

    init(_ shape: Shape) {
      self.shape = shape
      scale = 1 / Double(shape.head).squareRoot()
      let rows = shape.windows * shape.tokens
      var generator = SplitMix64(seed: UInt64(shape.tokens * 100 + shape.heads))
      (q, d) = (
        generator.normal(rows * shape.heads * shape.head, deviation: 2),
        generator.normal(rows * shape.heads * shape.head)
      )
      (k, v) = (
        generator.normal(rows * shape.keyHeads * shape.head),
        generator.normal(rows * shape.keyHeads * shape.head)
      )
    }

    /// For each window, head and query: softmax weights, and what else is asked of them.
    func forEachQuery(
      _ q: [Double], _ k: [Double],
      _ body: (_ query: Int, _ keys: [Int], _ weights: [Double]) -> Void
    ) {
      for window in 0..<shape.windows {
        for h in 0..<shape.heads {
          let keyColumn = h / (shape.heads / shape.keyHeads) * shape.head
          for t in 0..<shape.tokens {
            let query = (window * shape.tokens + t) * columns.query + h * shape.head
            let first = max(0, t + 1 - (shape.reach ?? shape.tokens))
            let keys = (first...t).map { (window * shape.tokens + $0) * columns.key + keyColumn }
            let scores = keys.map { key in
              (0..<shape.head).reduce(0.0) { $0 + q[query + $1] * k[key + $1] } * scale
            }
            let most = scores.max() ?? 0
            let weights = scores.map { exponentialOf($0 - most) }
            let sum = weights.reduce(0, +)
            body(query, keys, weights.map { $0 / sum })
          }
        }
      }
    }

    func loss(_ q: [Double], _ k: [Double], _ v: [Double]) -> Double {
      var loss = 0.0
      forEachQuery(q, k) { query, keys, weights in
        for (key, weight) in zip(keys, weights) {
          for i in 0..<shape.head { loss += weight * v[key + i] * Double(d[query + i]) }
        }
      }
      return loss
    }

    /// The untiled backward pass in double precision.
    func naive() -> (dQ: [Float], dK: [Float], dV: [Float]) {
      let (q, k, v) = (q.map { Double($0) }, k.map { Double($0) }, v.map { Double($0) })
      var (dQ, dK, dV) = (q.map { _ in 0.0 }, k.map { _ in 0.0 }, v.map { _ in 0.0 })
      forEachQuery(q, k) { query, keys, weights in
        let dP = keys.map { key in
          (0..<shape.head).reduce(0.0) { $0 + Double(d[query + $1]) * v[key + $1] }
        }
        let mean = zip(weights, dP).reduce(0.0) { $0 + $1.0 * $1.1 }
        for (index, key) in keys.enumerated() {
          let dS = weights[index] * (dP[index] - mean) * scale
          for i in 0..<shape.head {
            dV[key + i] += weights[index] * Double(d[query + i])
            dQ[query + i] += dS * k[key + i]
            dK[key + i] += dS * q[query + i]
          }
        }
      }
      return (dQ.map { Float($0) }, dK.map { Float($0) }, dV.map { Float($0) })
    }

    func backward() -> (dQ: [Float], dK: [Float], dV: [Float]) {
      func matrix(_ values: [Float], _ columns: Int) -> Matrix {
        Matrix(rows: rows, columns: columns, elements: values)
      }
      // Gradients are written, not added to: whatever was there must not matter.
      let dQ = matrix(q.map { _ in .nan }, columns.query)
      let (dK, dV) = (
        matrix(k.map { _ in .nan }, columns.key), matrix(k.map { _ in .nan }, columns.key)
      )
      causalAttentionBackward(
        q: matrix(q, columns.query), k: matrix(k, columns.key), v: matrix(v, columns.key),
        windowTokens: shape.tokens, headSize: shape.head, scale: Float(scale),
        reach: shape.reach, dOutput: matrix(d, columns.query), dQ: dQ, dK: dK, dV: dV)
      return (dQ.elements, dK.elements, dV.elements)
    }
  }

  @Test(
    "Gradients equal finite differences",
    arguments: [
      Shape(1, 1, 1, 1, 1), Shape(3, 1, 2, 1, 3), Shape(1, 3, 1, 1, 7), Shape(2, 7, 6, 2, 3),
      Shape(1, 33, 2, 2, 3), Shape(2, 7, 3, 1, 4), Shape(2, 7, 4, 2, 3, reach: 3),
      Shape(1, 9, 2, 1, 4, reach: 1),
    ])
  func finiteDifferences(shape: Shape) {
    let test = Case(shape)
    let found = test.backward()
    let (q, k, v) = (
      test.q.map { Double($0) }, test.k.map { Double($0) }, test.v.map { Double($0) }
    )
    for (name, found, expected) in [
      ("dQ", found.dQ, FiniteDifferences.gradient(at: test.q) { test.loss($0, k, v) }),
      ("dK", found.dK, FiniteDifferences.gradient(at: test.k) { test.loss(q, $0, v) }),
      ("dV", found.dV, FiniteDifferences.gradient(at: test.v) { test.loss(q, k, $0) }),
    ] {
      // One token attends to itself alone: dQ and dK are zero but for rounding.
      let largest = max(1, expected.map { abs($0) }.max() ?? 0)
      expectClose(found, expected, .absolute(1e-5 * largest), name)
    }
  }

  @Test(
    "Tiles fit together",
    arguments: [
      Shape(2, 127, 4, 2, 8), Shape(1, 128, 2, 2, 8), Shape(2, 129, 6, 3, 4),
      Shape(1, 300, 3, 1, 16), Shape(2, 300, 4, 2, 8, reach: 100),
      Shape(1, 300, 2, 2, 8, reach: 200),
    ])
  func tiles(shape: Shape) {
    let test = Case(shape)
    let (found, expected) = (test.backward(), test.naive())
    expectClose(found.dQ, expected.dQ, .relativeToLargest(1e-5), "dQ")
    expectClose(found.dK, expected.dK, .relativeToLargest(1e-5), "dK")
    expectClose(found.dV, expected.dV, .relativeToLargest(1e-5), "dV")
  }

  @Test("Every thread count gives the same bits")
  func threads() {
    let before = Threads.count
    defer { Threads.count = before }
    let test = Case(Shape(2, 161, 6, 2, 8))
    let results = [1, 2, 3, 4].map { threads in
      Threads.count = threads
      return test.backward()
    }
    for other in results { #expect(other == results[0]) }
  }
}
