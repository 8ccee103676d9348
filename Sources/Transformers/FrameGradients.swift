public import Tensors

/// Gradients of a model's parameters outside its blocks, in the places of ``ModelFrame``.
public struct FrameGradients: Sendable {
  /// Of the token embedding, `[V, E]`; of the head as well where it is tied.
  public let embedding: Matrix
  /// Of the head, `[V, E]`; the embedding's own storage where it is tied.
  public let head: Matrix
  /// Of the learned positions, `[positions + 2, C]`.
  public let positions: Matrix?
  /// Of the projection from embedding width to channels, `[C, E]`.
  public let projectionIn: Matrix?
  /// Of the projection back, `[E, C]`.
  public let projectionOut: Matrix?
  /// Of the final norm's gain.
  public let finalGain: Vector?
  /// Of the final norm's bias.
  public let finalBias: Vector?
  /// Whether the head is the embedding.
  public let tiesHead: Bool

  /// Zero gradients for `frame`.
  public init(_ frame: ModelFrame, tiesHead: Bool) {
    func zeros(_ matrix: Matrix?) -> Matrix? {
      matrix.map { Matrix(rows: $0.rows, columns: $0.columns) }
    }
    self.tiesHead = tiesHead
    embedding = Matrix(rows: frame.embedding.vocabularySize, columns: frame.embedding.columns)
    head =
      tiesHead
      ? embedding : Matrix(rows: frame.head.vocabularySize, columns: frame.head.columns)
    positions = zeros(frame.positions)
    projectionIn = zeros(frame.projectionIn)
    projectionOut = zeros(frame.projectionOut)
    finalGain = frame.finalGain.map { Vector(zeros: $0.count) }
    finalBias = frame.finalBias.map { Vector(zeros: $0.count) }
  }

  /// Sets every gradient to zero.
  public func zero() {
    for matrix in [embedding, positions, projectionIn, projectionOut] { matrix?.zero() }
    if !tiesHead { head.zero() }
    finalGain?.zero()
    finalBias?.zero()
  }
}
