package import Transformers

extension QuantizedModel {
  /// The model as its checkpoint has it, in float32.
  ///
  /// - Throws: What reading the checkpoint throws.
  package init(asItIs source: ModelSource) throws {
    let dense = try DenseParameters(source: source)
    let transformer = Transformer(
      configuration: dense.configuration, frame: try source.frame(precision: .single))
    self.init(
      transformer: transformer,
      blocks: QuantizedBlocks(
        linears: Dictionary(
          uniqueKeysWithValues: dense.configuration.linearIDs.map {
            ($0, .init(storage: .ready(dense.matrix($0)), bias: dense.bias($0)))
          }),
        norms: dense.norms(of: 0..<dense.configuration.blocks, smoothing: [])))
  }
}
