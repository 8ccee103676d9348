package import Transformers

/// What methods begin with that hold the whole model: its blocks in float32, and the rest of it.
package struct ModelStart {
  /// The parameters of all blocks.
  package let dense: DenseParameters
  /// The model without its blocks.
  package let transformer: Transformer

  /// Loads the model.
  ///
  /// - Throws: What reading a checkpoint throws.
  package init(_ context: MethodContext) throws {
    (dense, transformer) = try context.observer.during(.load) {
      let dense = try DenseParameters(source: context.source)
      return (
        dense,
        Transformer(
          configuration: dense.configuration, frame: try context.source.frame(precision: .single))
      )
    }
  }

  /// Both, for those who let go of one before the other.
  package var parts: (DenseParameters, Transformer) { (dense, transformer) }
}

extension Transformer {
  /// The model without its blocks, embedding and head in half precision.
  ///
  /// - Throws: What reading a checkpoint throws.
  package static func halfPrecision(_ context: MethodContext) throws -> Transformer {
    try context.observer.during(.load) {
      Transformer(
        configuration: context.source.configuration,
        frame: try context.source.frame(precision: .half))
    }
  }
}
