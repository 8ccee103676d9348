import Tensors
package import Transformers

extension FrameGradients {
  /// What backpropagation trains outside the blocks; a tied head appears once, as the embedding.
  ///
  /// - Precondition: The tables of `frame` are in float32.
  package func tensors(of frame: ModelFrame) -> [LearnedTensor] {
    var result: [LearnedTensor] = []
    func add(_ name: String, _ value: Vector?, _ gradient: Vector?) {
      if let value, let gradient {
        result.append(LearnedTensor(name, value, gradient: gradient))
      }
    }
    func matrix(_ name: String, _ value: Matrix?, _ gradient: Matrix?) {
      add(name, value.map { Vector($0) }, gradient.map { Vector($0) })
    }
    matrix("embedding", (frame.embedding as? SingleTable)?.matrix, embedding)
    if !tiesHead { matrix("head", (frame.head as? SingleTable)?.matrix, head) }
    matrix("positions", frame.positions, positions)
    matrix("projection in", frame.projectionIn, projectionIn)
    matrix("projection out", frame.projectionOut, projectionOut)
    add("final norm's gain", frame.finalGain, finalGain)
    add("final norm's bias", frame.finalBias, finalBias)
    return result
  }
}
