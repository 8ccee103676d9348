import Tensors
import TestSupport
import Testing

/// Tiled causal attention against the definition in double precision.
@Suite("Causal attention")
struct AttentionTests {
  /// softmax(q·kᵀ·scale)·v, row by row, head by head.
  private func naive(
    _ q: [Float], _ k: [Float], _ v: [Float], windows: Int, tokens: Int, heads: Int, keyHeads: Int,
    head: Int, scale: Double, reach: Int = .max
  ) -> [Float] {
    var out = [Float](repeating: 0, count: q.count)
    let (qWidth, kWidth) = (heads * head, keyHeads * head)
    for window in 0..<windows {
      for t in 0..<tokens {
        for h in 0..<heads {
          let query = (window * tokens + t) * qWidth + h * head
          let keyColumn = h / (heads / keyHeads) * head
          var scores: [Double] = []
          let first = max(0, t - min(reach, tokens) + 1)
          for s in first...t {
            let key = (window * tokens + s) * kWidth + keyColumn
            var dot = 0.0
            for i in 0..<head { dot += Double(q[query + i]) * Double(k[key + i]) }
            scores.append(dot * scale)
          }
          let most = scores.max() ?? 0
          let weights = scores.map { exponentialOf($0 - most) }
          let total = weights.reduce(0, +)
          for i in 0..<head {
            var sum = 0.0
            for s in first...t {
              sum +=
                weights[s - first] / total
                * Double(v[(window * tokens + s) * kWidth + keyColumn + i])
            }
            out[query + i] = Float(sum)
          }
        }
      }
    }
    return out
  }

  private static let shapes: [(windows: Int, tokens: Int, heads: Int, keyHeads: Int, head: Int)] = [
    (1, 1, 1, 1, 2), (3, 5, 3, 3, 4), (3, 5, 6, 2, 4), (2, 33, 4, 1, 8), (2, 127, 4, 2, 8),
    (3, 128, 2, 2, 8), (2, 129, 6, 3, 4), (1, 300, 9, 3, 16), (2, 257, 2, 1, 7),
  ]

  @Test("Every shape, at scores small and large", arguments: shapes)
  func shape(windows: Int, tokens: Int, heads: Int, keyHeads: Int, head: Int) {
    var generator = SplitMix64(seed: UInt64(tokens * 100 + heads))
    let rows = windows * tokens
    for spread in [0.3, 6] as [Float] {
      let q = generator.normal(rows * heads * head, deviation: spread)
      let k = generator.normal(rows * keyHeads * head)
      let v = generator.normal(rows * keyHeads * head)
      let out = Matrix(
        rows: rows, columns: heads * head,
        elements: [Float](repeating: .nan, count: rows * heads * head))
      let scale = 1 / Float(head).squareRoot()
      causalAttention(
        q: Matrix(rows: rows, columns: heads * head, elements: q),
        k: Matrix(rows: rows, columns: keyHeads * head, elements: k),
        v: Matrix(rows: rows, columns: keyHeads * head, elements: v), windowTokens: tokens,
        headSize: head, scale: scale, into: out)
      expectClose(
        out.elements,
        naive(
          q, k, v, windows: windows, tokens: tokens, heads: heads, keyHeads: keyHeads, head: head,
          scale: Double(scale)), .absolute(2e-5), "spread \(spread)")
    }
  }

  @Test(
    "A window, shorter and longer than a tile and than the text",
    arguments: [1, 2, 100, 200, 300, 400])
  func reach(reach: Int) {
    var generator = SplitMix64(seed: UInt64(reach))
    let (windows, tokens, heads, keyHeads, head) = (2, 300, 4, 2, 8)
    let q = generator.normal(windows * tokens * heads * head, deviation: 2)
    let k = generator.normal(windows * tokens * keyHeads * head)
    let v = generator.normal(windows * tokens * keyHeads * head)
    func matrix(_ values: [Float]) -> Matrix {
      Matrix(rows: windows * tokens, columns: values.count / windows / tokens, elements: values)
    }
    let out = matrix([Float](repeating: .nan, count: q.count))
    causalAttention(
      q: matrix(q), k: matrix(k), v: matrix(v), windowTokens: tokens, headSize: head, scale: 0.3,
      reach: reach, into: out)
    expectClose(
      out.elements,
      naive(
        q, k, v, windows: windows, tokens: tokens, heads: heads, keyHeads: keyHeads, head: head,
        scale: 0.3, reach: reach), .relativeToLargest(2e-6), "reach \(reach)")
    // One token more over the same keys, and a reach that covers all changes no bit.
    let last = Matrix(rows: windows, columns: q.count / windows / tokens)
    let decoded = Matrix(rows: windows, columns: last.columns)
    for window in 0..<windows {
      let row = window * tokens + tokens - 1
      last.rows(window..<window + 1).copy(from: matrix(q).rows(row..<row + 1))
    }
    cachedAttention(
      q: last, k: matrix(k), v: matrix(v), sequences: Array(0..<windows),
      lengths: [Int](repeating: tokens, count: windows), capacity: tokens, headSize: head,
      scale: 0.3, reach: reach, into: decoded)
    let expected = (0..<windows).flatMap { window -> [Float] in
      let row = window * tokens + tokens - 1
      return out.rows(row..<row + 1).elements
    }
    expectClose(decoded.elements, expected, .relativeToLargest(2e-6), "decoded \(reach)")
    guard reach >= tokens else { return }
    let whole = matrix([Float](repeating: .nan, count: q.count))
    causalAttention(
      q: matrix(q), k: matrix(k), v: matrix(v), windowTokens: tokens, headSize: head, scale: 0.3,
      into: whole)
    #expect(whole.elements == out.elements)
  }

  @Test("A later token changes nothing before it, nor in another window", arguments: [5, 129, 300])
  func causality(tokens: Int) {
    var generator = SplitMix64(seed: 3)
    let count = 2 * tokens * 8
    let q = generator.normal(count)
    var (k, v) = (generator.normal(count), generator.normal(count))
    func run() -> [Float] {
      let out = Matrix(rows: 2 * tokens, columns: 8)
      causalAttention(
        q: Matrix(rows: 2 * tokens, columns: 8, elements: q),
        k: Matrix(rows: 2 * tokens, columns: 8, elements: k),
        v: Matrix(rows: 2 * tokens, columns: 8, elements: v), windowTokens: tokens, headSize: 4,
        scale: 0.5, into: out)
      return out.elements
    }
    let before = run()
    let changed = tokens / 2
    for column in 0..<8 {
      k[changed * 8 + column] += 1
      v[changed * 8 + column] -= 1
    }
    let after = run()
    #expect(before[..<(changed * 8)] == after[..<(changed * 8)])
    #expect(before[(tokens * 8)...] == after[(tokens * 8)...])
    #expect(before[changed * 8] != after[changed * 8])
    #expect(before[tokens * 8 - 1] != after[tokens * 8 - 1])
  }

  @Test("Scores that overflow e^x alone don't overflow the softmax")
  func largeScores() {
    let tokens = 4
    let q = Matrix(rows: tokens, columns: 2, elements: [Float](repeating: 1000, count: 8))
    let k = Matrix(rows: tokens, columns: 2, elements: [0, 0, 1, 1, 2, 2, -5, -5])
    let v = Matrix(rows: tokens, columns: 2, elements: [1, 2, 3, 4, 5, 6, 7, 8])
    let out = Matrix(rows: tokens, columns: 2)
    causalAttention(q: q, k: k, v: v, windowTokens: tokens, headSize: 2, scale: 1, into: out)
    #expect(out.elements == [1, 2, 3, 4, 5, 6, 5, 6])
  }

  @Test("Every thread count gives the same bits")
  func threads() {
    let before = Threads.count
    defer { Threads.count = before }
    var generator = SplitMix64(seed: 4)
    let rows = 2 * 161
    let (q, k, v) = (
      generator.normal(rows * 48), generator.normal(rows * 16), generator.normal(rows * 16)
    )
    let results = [1, 2, 3, 4].map { threads in
      Threads.count = threads
      let out = Matrix(rows: rows, columns: 48)
      causalAttention(
        q: Matrix(rows: rows, columns: 48, elements: q),
        k: Matrix(rows: rows, columns: 16, elements: k),
        v: Matrix(rows: rows, columns: 16, elements: v), windowTokens: 161, headSize: 8,
        scale: 0.3, into: out)
      return out.elements
    }
    for other in results { #expect(other == results[0]) }
  }

  @Test("Shapes that don't fit stop the process and name both")
  func refusals() async {
    for test in [0, 1, 2] {
      let result = await #expect(
        processExitsWith: .failure, observing: [\.standardErrorContent]
      ) { [test = test as Int] in
        let (rows, keys) = (test == 0 ? 5 : 6, test == 1 ? 5 : 6)
        causalAttention(
          q: Matrix(rows: rows, columns: 8), k: Matrix(rows: keys, columns: 8),
          v: Matrix(rows: keys, columns: 8), windowTokens: 3, headSize: test == 2 ? 3 : 4,
          scale: 1, into: Matrix(rows: rows, columns: 8))
      }
      expectMessage(result, "attention of q [\(test == 0 ? 5 : 6), 8], k [\(test == 1 ? 5 : 6), 8]")
    }
    await #expect(processExitsWith: .failure) {
      // Five query heads can't share two key heads.
      causalAttention(
        q: Matrix(rows: 2, columns: 20), k: Matrix(rows: 2, columns: 8),
        v: Matrix(rows: 2, columns: 8), windowTokens: 2, headSize: 4, scale: 1,
        into: Matrix(rows: 2, columns: 20))
    }
  }
}

/// Records an issue unless the stopped process said `text`; release builds say nothing of preconditions.
func expectMessage(_ result: ExitTest.Result?, _ text: String) {
  #if DEBUG
    let said = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(said.contains(text), "\(said)")
  #endif
}
