package import Tensors
package import Transformers

/// The full-precision model that a quantized one is distilled from.
package struct Teacher: Sendable {
  /// Embedding, head, final norm.
  package let transformer: Transformer
  /// The blocks.
  package let dense: DenseParameters

  /// Loads the model, apart from the one that is trained.
  package init(_ context: MethodContext) throws {
    (dense, transformer) = try ModelStart(context).parts
  }

  /// Its logits of a batch.
  package func logits(_ tokens: [Int32], windowTokens: Int) throws -> any TeacherLogits {
    let hidden = try transformer.hidden(tokens, windowTokens: windowTokens, operators: dense)
    return teacher(hidden, transformer.frame.head)
  }

  private func teacher(_ hidden: Matrix, _ head: some EmbeddingTable) -> any TeacherLogits {
    HiddenTeacher(hidden: hidden, head: head)
  }
}
