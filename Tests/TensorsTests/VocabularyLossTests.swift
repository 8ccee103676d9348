import Checkpoints
import Tensors
import TestSupport
import Testing

/// Cross-entropy and divergence over the vocabulary, with gradients, against finite differences.
@Suite("Gradients over the vocabulary")
struct VocabularyLossTests {
  private struct Case {
    let (tokens, vocabulary, channels): (Int, Int, Int)
    let (hidden, head, teacher): ([Float], [Float], [Float])
    let targets: [Int32]
    let scale: Float = 0.37

    init(_ tokens: Int, _ vocabulary: Int, _ channels: Int) {
      (self.tokens, self.vocabulary, self.channels) = (tokens, vocabulary, channels)
      var generator = SplitMix64(seed: UInt64(tokens * 1000 + vocabulary))
      hidden = generator.normal(tokens * channels)
      head = generator.normal(vocabulary * channels)
      teacher = generator.normal(tokens * channels)
      targets = (0..<tokens).map { $0 % 5 == 3 ? -1 : Int32(($0 * 7 + 2) % vocabulary) }
    }

    /// log softmax(h·headᵀ) of one token.
    func logProbabilities(_ hidden: [Double], _ head: [Double], _ token: Int) -> [Double] {
      let logits = (0..<vocabulary).map { entry in
        (0..<channels).reduce(0.0) {
          $0 + hidden[token * channels + $1] * head[entry * channels + $1]
        }
      }
      let most = logits.max() ?? 0
      let total = most + logarithmOf(logits.reduce(0.0) { $0 + exponentialOf($1 - most) })
      return logits.map { $0 - total }
    }

    func crossEntropy(_ hidden: [Double], _ head: [Double]) -> Double {
      (0..<tokens).filter { targets[$0] >= 0 }.reduce(0.0) {
        $0 - logProbabilities(hidden, head, $1)[Int(targets[$1])]
      } * Double(scale)
    }

    func divergence(_ hidden: [Double], _ head: [Double]) -> Double {
      let (source, fixed) = (teacher.map { Double($0) }, self.head.map { Double($0) })
      return (0..<tokens).reduce(0.0) { sum, token in
        let student = logProbabilities(hidden, head, token)
        let teacher = logProbabilities(source, fixed, token)
        return sum
          + zip(teacher, student).reduce(0.0) { $0 + exponentialOf($1.0) * ($1.0 - $1.1) }
      } * Double(scale)
    }

    func matrix(_ values: [Float], _ rows: Int) -> Matrix {
      Matrix(rows: rows, columns: channels, elements: values)
    }

    func run(isDivergence: Bool) -> (loss: [Double], dHidden: [Float], dHead: [Float]) {
      let loss = VocabularyLoss(
        tokens: tokens, vocabularySize: vocabulary, hasTeacher: isDivergence)
      let (dHidden, dHead) = (
        Matrix(rows: tokens, columns: channels), Matrix(rows: vocabulary, columns: channels)
      )
      let head = DenseHead(matrix(head, vocabulary))
      let losses =
        isDivergence
        ? loss.divergence(
          hidden: matrix(hidden, tokens), head: head,
          teacher: HiddenTeacher(hidden: matrix(teacher, tokens), head: head), scale: scale,
          dHidden: dHidden, dHead: dHead)
        : loss.crossEntropy(
          hidden: matrix(hidden, tokens), head: head, targets: targets, scale: scale,
          dHidden: dHidden, dHead: dHead)
      return (losses, dHidden.elements, dHead.elements)
    }
  }

  @Test(
    "Loss and gradients equal finite differences",
    arguments: [(1, 1, 1), (1, 3, 7), (3, 7, 3), (7, 33, 7), (33, 17, 3)], [false, true])
  func finiteDifferences(shape: (Int, Int, Int), isDivergence: Bool) {
    let test = Case(shape.0, shape.1, shape.2)
    let found = test.run(isDivergence: isDivergence)
    let loss = isDivergence ? test.divergence : test.crossEntropy
    let (hidden, head) = (test.hidden.map { Double($0) }, test.head.map { Double($0) })
    let expected = loss(hidden, head)
    let total = found.loss.reduce(0, +) * Double(test.scale)
    #expect(abs(total - expected) < 1e-5 * max(1, abs(expected)), "\(total), expected \(expected)")
    for (name, found, expected) in [
      ("dHidden", found.dHidden, FiniteDifferences.gradient(at: test.hidden) { loss($0, head) }),
      ("dHead", found.dHead, FiniteDifferences.gradient(at: test.head) { loss(hidden, $0) }),
    ] {
      // A vocabulary of one leaves nothing to learn.
      let largest = max(0.1, expected.map { abs($0) }.max() ?? 0)
      expectClose(found, expected, .absolute(1e-5 * largest), name)
    }
  }

  @Test(
    "Chunks fit together: gradients of logits by definition",
    arguments: [(1100, 600), (40, 300_000)])
  func chunks(tokens: Int, vocabulary: Int) {
    let test = Case(tokens, vocabulary, 3)
    let loss = VocabularyLoss(tokens: tokens, vocabularySize: vocabulary)
    #expect(loss.chunk < tokens)
    let found = test.run(isDivergence: false)
    let nll = negativeLogLikelihood(
      hidden: test.matrix(test.hidden, tokens),
      head: DenseHead(test.matrix(test.head, vocabulary)), targets: test.targets)
    for (a, b) in zip(found.loss, nll) { #expect(abs(a - b) < 1e-5) }
    var dHidden = test.hidden.map { _ in 0.0 }
    let (hidden, head) = (test.hidden.map { Double($0) }, test.head.map { Double($0) })
    for token in [0, 15, 16, 17, 31, 39, tokens - 1] where test.targets[token] >= 0 {
      let log = test.logProbabilities(hidden, head, token)
      for i in 0..<3 {
        dHidden[token * 3 + i] =
          Double(test.scale)
          * ((0..<vocabulary).reduce(0.0) { $0 + exponentialOf(log[$1]) * head[$1 * 3 + i] }
            - head[Int(test.targets[token]) * 3 + i])
      }
      expectClose(
        Array(found.dHidden[token * 3..<token * 3 + 3]),
        dHidden[token * 3..<token * 3 + 3].map { Float($0) }, .absolute(1e-5), "token \(token)")
    }
  }

  @Test("Every thread count gives the same bits", arguments: [false, true])
  func threads(isDivergence: Bool) {
    let before = Threads.count
    defer { Threads.count = before }
    let test = Case(1100, 1300, 5)
    let results = [1, 2, 3, 4].map { threads in
      Threads.count = threads
      return test.run(isDivergence: isDivergence)
    }
    for other in results { #expect(other == results[0]) }
  }

  @Test("LLM-QAT's loss: batchmean divides by the windows only")
  func distillation() throws {
    let vectors = try Vectors.safetensors("kd_loss")
    let (student, teacher) = (try vectors.read("student"), try vectors.read("teacher"))
    let (tokens, vocabulary) = (10, 37)
    // With the identity as head, the hidden rows are the logits.
    let head = Matrix(rows: vocabulary, columns: vocabulary)
    for i in 0..<vocabulary { head.row(i)[i] = 1 }
    let dHidden = Matrix(rows: tokens, columns: vocabulary)
    let losses = VocabularyLoss(tokens: tokens, vocabularySize: vocabulary, hasTeacher: true)
      .divergence(
        hidden: Matrix(rows: tokens, columns: vocabulary, elements: student), head: DenseHead(head),
        teacher: HiddenTeacher(
          hidden: Matrix(rows: tokens, columns: vocabulary, elements: teacher),
          head: DenseHead(head)), scale: 1 / 2, dHidden: dHidden, dHead: nil)
    let expected = Double(try vectors.read("loss")[0])
    #expect(abs(losses.reduce(0, +) / 2 - expected) < 1e-5 * expected)
    expectClose(dHidden.elements, try vectors.read("grad"), .relativeToLargest(1e-5), "gradient")
  }
}
