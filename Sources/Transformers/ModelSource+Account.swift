public import Checkpoints

/// A tensor of a checkpoint, and what becomes of it.
public struct AccountedTensor: Sendable, Equatable {
  /// The tensor.
  public let tensor: TensorDescriptor
  /// What the model does with it.
  public let use: Use

  /// What a model does with a tensor.
  public enum Use: String, Sendable, CaseIterable {
    /// Rows of it are the tokens' vectors.
    case embedding = "embedding"
    /// The same, and its products with the last vector are the logits.
    case embeddingAndHead = "embedding and head"
    /// Products with it are the logits.
    case head = "head"
    /// A matrix that is read: of a block, a projection, or learned positions.
    case matrix = "matrix"
    /// A vector that is read: a norm's gain, a bias.
    case vector = "vector"
    /// Not a parameter, but read: it repeats the embedding, or the configuration was read from it.
    case besides = "read beside the parameters"
    /// Not read: a table that is computed anew, a mask, a version.
    case harmless = "not read: computed anew or a mask"
  }
}

extension ModelSource {
  /// Every tensor of the checkpoint, in the file's order; there is none that is neither read nor harmless.
  public var account: [AccountedTensor] {
    let read = Set(TensorAccount.entries(configuration, naming).map(\.name))
    return checkpoint.tensors.map { tensor in
      let use: AccountedTensor.Use =
        switch tensor.name {
        case naming.embedding: configuration.tiesHead ? .embeddingAndHead : .embedding
        case naming.head where read.contains(tensor.name): .head
        case let name where read.contains(name): tensor.shape.count > 1 ? .matrix : .vector
        case let name: TensorAccount.isHarmless(name) ? .harmless : .besides
        }
      return AccountedTensor(tensor: tensor, use: use)
    }
  }
}
