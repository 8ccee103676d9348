public import Tensors

/// One parameter tensor of a model with its gradient, under the hub's name.
public struct TrainableTensor: Sendable {
  /// Name in the hub's checkpoints.
  public let name: String
  /// Shape there; rows by columns or one length.
  public let shape: [Int]
  /// The parameter itself; writing to it changes the model.
  public let value: Vector
  /// Its gradient, which the model's backward pass accumulates.
  public let gradient: Vector

  /// All parameters of a float32 model, in the order embedding, positions, projections, blocks, final
  /// norm, head; a tied head appears once, as the embedding.
  public static func all(
    of model: Transformer, _ operators: DenseOperators, _ gradients: FrameGradients
  ) -> [TrainableTensor] {
    let (c, frame) = (model.configuration, model.frame)
    let naming = TensorNaming(hub: c.architecture)
    var list: [TrainableTensor] = []
    func matrix(_ name: String, _ value: Matrix?, _ gradient: Matrix?) {
      guard let value, let gradient else { return }
      list.append(
        TrainableTensor(
          name: name, shape: [value.rows, value.columns], value: Vector(value),
          gradient: Vector(gradient)))
    }
    func vector(_ name: String, _ value: Vector?, _ gradient: Vector?) {
      guard let value, let gradient else { return }
      list.append(
        TrainableTensor(name: name, shape: [value.count], value: value, gradient: gradient))
    }
    matrix(naming.embedding, (frame.embedding as? SingleTable)?.matrix, gradients.embedding)
    matrix(naming.positions, frame.positions, gradients.positions)
    matrix(naming.projectionIn, frame.projectionIn, gradients.projectionIn)
    matrix(naming.projectionOut, frame.projectionOut, gradients.projectionOut)
    for block in operators.parameters.blocks {
      for kind in c.norms {
        let (value, gradient) = (
          operators.parameters.norm(kind, block: block),
          operators.gradients.norm(kind, block: block)
        )
        vector(naming.gain(kind, block: block), value.gain, gradient.gain)
        vector(naming.shift(kind, block: block), value.bias, gradient.bias)
      }
      for kind in c.linears {
        let id = LinearID(block: block, kind: kind)
        matrix(
          naming.weight(id), operators.parameters.matrix(id), operators.gradients.matrix(id))
        vector(naming.bias(id), operators.parameters.bias(id), operators.gradients.bias(id))
      }
    }
    vector(naming.finalGain, frame.finalGain, gradients.finalGain)
    vector(naming.finalBias, frame.finalBias, gradients.finalBias)
    if !c.tiesHead { matrix(naming.head, (frame.head as? SingleTable)?.matrix, gradients.head) }
    return list
  }
}
