import Tensors
import TestSupport
import Testing

/// The tiled loss against log-softmax in double precision.
@Suite("Negative log-likelihood")
struct CrossEntropyTests {
  /// −log softmax(h·headᵀ)[target] in double precision; 0 for a negative target.
  private func naive(_ hidden: [Float], _ head: [Float], _ targets: [Int32], _ c: Int) -> [Double] {
    let v = head.count / c
    return targets.indices.map { row in
      guard targets[row] >= 0 else { return 0 }
      var logits = [Double](repeating: 0, count: v)
      for entry in 0..<v {
        var dot = 0.0
        for i in 0..<c { dot += Double(hidden[row * c + i]) * Double(head[entry * c + i]) }
        logits[entry] = dot
      }
      let most = logits.max() ?? 0
      let sum = logits.reduce(0) { $0 + exponentialOf($1 - most) }
      return most + logarithmOf(sum) - logits[Int(targets[row])]
    }
  }

  private struct Case {
    var hidden: [Float]
    var head: [Float]
    var targets: [Int32]
    var matrix: Matrix

    init(_ tokens: Int, _ vocabulary: Int, _ c: Int, spread: Float = 1) {
      var generator = SplitMix64(seed: UInt64(tokens * 100_000 + vocabulary + c))
      hidden = generator.normal(tokens * c, deviation: spread)
      head = generator.normal(vocabulary * c)
      targets = (0..<tokens).map { row in
        if row % 7 == 3 { return -1 }
        // The edges of vocabulary tiles are where a target gets lost.
        let edges = [0, vocabulary - 1, 2047, 2048, 4095, 4096].filter { $0 < vocabulary }
        return Int32(
          row % 2 == 0 ? edges[row / 2 % edges.count] : Int(generator.next() % UInt64(vocabulary)))
      }
      matrix = Matrix(rows: tokens, columns: c, elements: hidden)
    }

    func loss() -> [Double] {
      negativeLogLikelihood(
        hidden: matrix,
        head: DenseHead(
          Matrix(
            rows: head.count / matrix.columns, columns: matrix.columns, elements: head)),
        targets: targets)
    }
  }

  @Test(
    "Sizes that no tile divides",
    arguments: [
      (1, 1, 1), (1, 2, 3), (3, 7, 5), (33, 2047, 4), (5, 2048, 3), (5, 2049, 3), (255, 33, 7),
      (256, 100, 4), (257, 4099, 3), (600, 65, 8),
    ])
  func shape(tokens: Int, vocabulary: Int, channels: Int) {
    for spread in [0.1, 1, 20] as [Float] {
      let test = Case(tokens, vocabulary, channels, spread: spread)
      let (found, expected) = (
        test.loss(), naive(test.hidden, test.head, test.targets, channels)
      )
      // A logit of size L is good to about 1e-7·L.
      for row in 0..<tokens {
        #expect(
          abs(found[row] - expected[row]) < 2e-6 + 2e-6 * Double(spread) * Double(channels),
          "token \(row): \(found[row]), expected \(expected[row])")
        if test.targets[row] < 0 { #expect(found[row] == 0) }
      }
    }
  }

  @Test("Logits around ±1,000 neither overflow nor lose the small ones")
  func largeLogits() {
    let head = Matrix(rows: 3, columns: 1, elements: [1000, 999, -1000])
    let loss = negativeLogLikelihood(
      hidden: Matrix(rows: 3, columns: 1, elements: [1, 1, 1]), head: DenseHead(head),
      targets: [0, 1, 2])
    let rest = logarithmOf(1 + exponentialOf(-1))
    #expect(abs(loss[0] - rest) < 1e-6)
    #expect(abs(loss[1] - 1 - rest) < 1e-6)
    #expect(abs(loss[2] - 2000 - rest) < 1e-3)
  }

  @Test("Equal logits give ln V", arguments: [1, 2, 2048, 2049, 10_000])
  func uniform(vocabulary: Int) {
    let loss = negativeLogLikelihood(
      hidden: Matrix(rows: 2, columns: 3),
      head: DenseHead(Matrix(rows: vocabulary, columns: 3)),
      targets: [0, Int32(vocabulary - 1)])
    for value in loss { #expect(abs(value - logarithmOf(Double(vocabulary))) < 1e-12) }
  }

  @Test("Every thread count gives the same bits")
  func threads() {
    let before = Threads.count
    defer { Threads.count = before }
    let test = Case(700, 5000, 9)
    let results = [1, 2, 3, 4].map { threads in
      Threads.count = threads
      return test.loss()
    }
    for other in results { #expect(other == results[0]) }
  }

  @Test("NaN and infinities in hidden states or head reach the loss", arguments: [0, 1, 20, 2999])
  func notFinite(entry: Int) {
    for value in [Float.nan, .infinity, -.infinity] {
      var test = Case(3, 3000, 4)
      test.targets = [5, 7, 9]
      test.head[entry * 4 + 1] = value
      // A logit of −∞ is a probability of 0, which leaves the loss of another target finite.
      let expected = naive(test.hidden, test.head, test.targets, 4)
      #expect(expected.contains { !$0.isFinite })
      for (found, expected) in zip(test.loss(), expected) {
        #expect(found.isFinite == expected.isFinite, "\(value) in head row \(entry): \(found)")
      }
      test = Case(3, 3000, 4)
      test.targets = [5, 7, 9]
      test.matrix.row(1)[entry % 4] = value
      let losses = test.loss()
      #expect(losses[0].isFinite && losses[2].isFinite)
      #expect(!losses[1].isFinite, "\(value) in the hidden state: \(losses[1])")
    }
  }

  @Test("Too few targets, or one outside the vocabulary, stops the process")
  func refusals() async {
    let count = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = negativeLogLikelihood(
        hidden: Matrix(rows: 3, columns: 2), head: DenseHead(Matrix(rows: 4, columns: 2)),
        targets: [1, 2])
    }
    expectMessage(count, "3 rows, 2 targets")
    await #expect(processExitsWith: .failure) {
      _ = negativeLogLikelihood(
        hidden: Matrix(rows: 2, columns: 2), head: DenseHead(Matrix(rows: 4, columns: 2)),
        targets: [1, 4])
    }
  }
}
