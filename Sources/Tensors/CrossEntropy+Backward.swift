internal import CKernels
import Glibc

/// Logits of a fixed model that another one learns from, asked for a few tokens at a time.
public protocol TeacherLogits: Sendable {
  /// Writes the logits of `tokens`, `[tokens.count, V]`.
  func write(_ tokens: Range<Int>, into logits: Matrix)
}

/// A teacher that is given as the input of its head and that head.
public struct HiddenTeacher<Head: HeadRows>: TeacherLogits {
  /// Input of the head for every token, `[M, E]`.
  public let hidden: Matrix
  /// The head, `[V, E]`.
  public let head: Head

  /// A teacher from its parts.
  public init(hidden: Matrix, head: Head) {
    self.hidden = hidden
    self.head = head
  }

  /// Multiplies the hidden rows by the head.
  public func write(_ tokens: Range<Int>, into logits: Matrix) {
    headProduct(hidden.rows(tokens), head, into: logits)
  }
}

/// Loss over the vocabulary and its gradients, one chunk of tokens at a time.
///
/// At most 2²² logits (at least 16 tokens' worth) exist at a time. Softmax in float32, its sums in
/// float64, in an order that depends on the shapes only.
public struct VocabularyLoss: Sendable {
  /// Tokens per chunk.
  public let chunk: Int
  private let student: Matrix
  private let teacher: Matrix?

  /// Tokens per chunk of a batch of so many tokens.
  public static func chunk(tokens: Int, vocabularySize: Int) -> Int {
    min(max(tokens, 1), 1024, max(16, (1 << 22) / max(vocabularySize, 1)))
  }

  /// Rows of a head that a thread may convert at a time.
  public static let headRows = 4 * entryTile

  /// Storage for the logits of one chunk.
  ///
  /// - Parameters:
  ///   - tokens: Tokens of the longest batch.
  ///   - vocabularySize: V.
  ///   - hasTeacher: Whether ``divergence(hidden:head:teacher:scale:dHidden:dHead:)`` will be called.
  public init(tokens: Int, vocabularySize: Int, hasTeacher: Bool = false) {
    chunk = Self.chunk(tokens: tokens, vocabularySize: vocabularySize)
    student = Matrix(rows: chunk, columns: vocabularySize)
    teacher = hasTeacher ? Matrix(rows: chunk, columns: vocabularySize) : nil
  }

  /// Negative log-likelihood of each target, nats, and the gradients of `scale ·` their sum.
  ///
  /// Accumulates into `dHidden` and, if given, `dHead`: with `p = softmax(h · headᵀ)`,
  /// `dLogits = scale · (p − onehot(target))`. A negative target isn't scored: it yields 0.
  ///
  /// > Shape: `hidden`, `dHidden` are `[M, E]`; `head`, `dHead` are `[V, E]`; `targets` has M entries.
  public func crossEntropy(
    hidden: Matrix, head: some HeadRows, targets: [Int32], scale: Float, dHidden: Matrix,
    dHead: Matrix?
  ) -> [Double] {
    let vocabulary = head.vocabularySize
    precondition(
      hidden.rows == targets.count && targets.allSatisfy { $0 < vocabulary },
      "\(hidden.rows) rows, \(targets.count) targets in a vocabulary of \(vocabulary)")
    return overChunks(hidden, head, dHidden, dHead) { token, row, _ in
      let target = Int(targets[token])
      if target < 0 {
        student.rows(row..<row + 1).zero()
        return 0
      }
      let chosen = student.row(row)[target]
      var (largest, sum) = (Float(0), 0.0)
      zq_cross_entropy_gradient(student.row(row), vocabulary, target, scale, &largest, &sum)
      return Double(largest) + log(sum) - Double(chosen)
    }
  }

  /// KL(teacher ‖ student) of each token, nats, and the gradients of `scale ·` their sum.
  ///
  /// Accumulates into `dHidden` and, if given, `dHead`: `dLogits = scale · (p − pTeacher)`. A `scale` of
  /// 1/M is the mean over tokens; 1/windows is PyTorch's `batchmean` as LLM-QAT uses it.
  ///
  /// > Shape: As in ``crossEntropy(hidden:head:targets:scale:dHidden:dHead:)``.
  ///
  /// > Source: Liu et al. 2023, arXiv:2305.17888, eq. 2; reduction as in its code, utils/kd_trainer.py.
  public func divergence(
    hidden: Matrix, head: some HeadRows, teacher source: any TeacherLogits, scale: Float,
    dHidden: Matrix, dHead: Matrix?
  ) -> [Double] {
    guard let teacher else { preconditionFailure("no storage for a teacher's logits") }
    let vocabulary = head.vocabularySize
    let load = { @Sendable (tokens: Range<Int>) in
      source.write(tokens, into: teacher.rows(0..<tokens.count))
    }
    return overChunks(hidden, head, dHidden, dHead, load) { _, row, _ in
      zq_divergence_gradient(
        student.row(row), teacher.row(row), vocabulary, scale,
        logSumExp(student.row(row), vocabulary), logSumExp(teacher.row(row), vocabulary))
    }
  }

  /// For each chunk: logits, `body` on each row (loss out, logits' gradient in place), gradients.
  private func overChunks(
    _ hidden: Matrix, _ head: some HeadRows, _ dHidden: Matrix, _ dHead: Matrix?,
    _ load: (Range<Int>) -> Void = { _ in },
    _ body: @Sendable (_ token: Int, _ row: Int, _ thread: Int) -> Double
  ) -> [Double] {
    let vocabulary = head.vocabularySize
    precondition(
      student.columns == vocabulary && dHidden.rows == hidden.rows
        && dHidden.columns == hidden.columns
        && (dHead.map { $0.rows == vocabulary && $0.columns == hidden.columns } ?? true),
      "gradients of [\(hidden.rows), \(hidden.columns)] over \(vocabulary) entries into "
        + "[\(dHidden.rows), \(dHidden.columns)]")
    let losses = FloatingResults(count: hidden.rows)
    for index in 0..<tileCount(hidden.rows, size: chunk) {
      let tokens = tileRange(index, of: hidden.rows, size: chunk)
      let logits = student.rows(0..<tokens.count)
      headProduct(hidden.rows(tokens), head, into: logits)
      load(tokens)
      let rowTile = 16
      forEachTile(tileCount(tokens.count, size: rowTile)) { tile, thread in
        for row in tileRange(tile, of: tokens.count, size: rowTile) {
          losses.pointer[tokens.lowerBound + row] = body(tokens.lowerBound + row, row, thread)
        }
      }
      headProductBackward(hidden.rows(tokens), head, logits, dHidden.rows(tokens), dHead)
    }
    return losses.values
  }
}

/// Vocabulary entries per tile.
private let entryTile = 512

/// `logits = hidden · headᵀ`, tiled over the vocabulary.
private func headProduct(_ hidden: Matrix, _ head: some HeadRows, into logits: Matrix) {
  let threads = Threads.count
  let scratch = headScratch(head, hidden.columns, threads)
  forEachTile(tileCount(logits.columns, size: entryTile), threads: threads) { tile, thread in
    let entries = tileRange(tile, of: logits.columns, size: entryTile)
    BLAS.multiplyTransposed(
      hidden, head.rows(entries, scratch: scratch[thread]), into: logits.columns(entries))
  }
}

/// `dHidden += dLogits · head`, `dHead += dLogitsᵀ · hidden`.
private func headProductBackward(
  _ hidden: Matrix, _ head: some HeadRows, _ dLogits: Matrix, _ dHidden: Matrix, _ dHead: Matrix?
) {
  let (tokenTile, vocabulary) = (128, dLogits.columns)
  let threads = Threads.count
  let scratch = headScratch(head, hidden.columns, threads)
  forEachTile(tileCount(hidden.rows, size: tokenTile), threads: threads) { tile, thread in
    let tokens = tileRange(tile, of: hidden.rows, size: tokenTile)
    for piece in 0..<tileCount(vocabulary, size: VocabularyLoss.headRows) {
      let entries = tileRange(piece, of: vocabulary, size: VocabularyLoss.headRows)
      BLAS.multiply(
        dLogits.rows(tokens).columns(entries), head.rows(entries, scratch: scratch[thread]),
        into: dHidden.rows(tokens), accumulate: true)
    }
  }
  if let dHead { linearWeightBackward(dOutput: dLogits, input: hidden, dWeight: dHead) }
}

private func headScratch(_ head: some HeadRows, _ columns: Int, _ threads: Int) -> [Matrix] {
  // Untouched pages of a head that needs no conversion cost nothing.
  (0..<threads).map { _ in
    Matrix(rows: min(VocabularyLoss.headRows, head.vocabularySize), columns: columns)
  }
}

private func logSumExp(_ row: UnsafeMutablePointer<Float>, _ count: Int) -> Double {
  var (largest, sum) = (-Float.infinity, 0.0)
  zq_fold_logsumexp(row, count, &largest, &sum)
  return Double(largest) + log(sum)
}
