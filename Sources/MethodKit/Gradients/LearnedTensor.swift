package import Tensors

/// One tensor that training moves, with its gradient.
///
/// A word on words, which hold in all of this room: what gradients move is *learned*, what zeroth-order steps move
/// is *trained*.
package struct LearnedTensor: Sendable {
  /// What it is, for messages.
  package let name: String
  /// The parameter; writing to it changes the model.
  package let value: Vector
  /// Its gradient, which backward passes accumulate.
  package let gradient: Vector

  /// A parameter with storage for its gradient, zero at first where none is given.
  package init(_ name: String, _ value: Vector, gradient: Vector? = nil) {
    self.name = name
    self.value = value
    self.gradient = gradient ?? Vector(zeros: value.count)
  }

  /// Whether every parameter is a number.
  package var isFinite: Bool {
    Matrix(storage: value.storage, offset: value.offset, rows: 1, columns: value.count).isFinite
  }

  /// Adds to the gradient.
  func accumulate(_ gradient: [Float]) {
    for (index, value) in gradient.enumerated() { self.gradient.pointer[index] += value }
  }
}

/// Tensors that share a learning rate.
package struct ParameterGroup: Sendable {
  /// What is learned.
  package var tensors: [LearnedTensor]
  /// η.
  package var learningRate: Double

  /// A group from its parts.
  package init(_ tensors: [LearnedTensor], learningRate: Double) {
    self.tensors = tensors
    self.learningRate = learningRate
  }
}
