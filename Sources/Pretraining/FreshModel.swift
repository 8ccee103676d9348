internal import Glibc
import Tensors
import Transformers

/// A model with its gradients, before any step.
struct FreshModel {
  /// The model.
  let transformer: Transformer
  /// Its blocks, with their gradients.
  let operators: DenseOperators
  /// Gradients of the rest.
  let frameGradients: FrameGradients
  /// All parameters, in the order of the checkpoint.
  let tensors: [TrainableTensor]

  /// Draws the weights of a model.
  ///
  /// Weights are normals that depend on the seed, the tensor and the row alone.
  init(_ c: ModelConfiguration, _ initialisation: Recipe.Initialisation) {
    let deviation = Float(initialisation.deviation)
    let residual =
      initialisation.scalesResiduals
      ? Float(initialisation.deviation / Double(2 * c.blocks).squareRoot()) : deviation
    let parameters = DenseParameters(configuration: c)
    let blocks = NormalStream(seed: initialisation.seed, draw: 0)
    for id in c.linearIDs {
      let isResidual = id.kind == .output || id.kind == .down
      parameters.matrix(id).fill(
        blocks, tensor: id.tensor, deviation: isResidual ? residual : deviation)
    }
    for block in 0..<c.blocks {
      for kind in c.norms { parameters.norm(kind, block: block).gain.fillWithOnes() }
    }
    let rest = NormalStream(seed: initialisation.seed, draw: 1)
    func table(_ tensor: Int, rows: Int) -> Matrix {
      let matrix = Matrix(rows: rows, columns: c.channels)
      matrix.fill(rest, tensor: tensor, deviation: deviation)
      return matrix
    }
    let embedding = SingleTable(table(0, rows: c.vocabularySize))
    let positions: Matrix? =
      c.positionRows == 0
      ? nil
      : initialisation.positions == .sinusoidal
        ? .sinusoids(rows: c.positionRows, columns: c.channels, deviation: initialisation.deviation)
        : table(1, rows: c.positionRows)
    let finalGain = Vector(zeros: c.channels)
    finalGain.fillWithOnes()
    let frame = ModelFrame(
      embedding: embedding,
      head: c.tiesHead ? embedding : SingleTable(table(2, rows: c.vocabularySize)),
      positions: positions,
      finalGain: finalGain, finalBias: c.parts.hasNormBias ? Vector(zeros: c.channels) : nil)
    transformer = Transformer(configuration: c, frame: frame)
    operators = DenseOperators(parameters)
    frameGradients = FrameGradients(frame, tiesHead: c.tiesHead)
    tensors = TrainableTensor.all(of: transformer, operators, frameGradients)
  }

  /// Sets every gradient to zero.
  func zeroGradients() {
    operators.gradients.zero()
    frameGradients.zero()
  }
}

extension Matrix {
  /// `√2 · deviation · (sin, cos)(row / 10000^(2·⌊column/2⌋/columns))`, so that the mean square is `deviation²`.
  ///
  /// > Source: Vaswani et al. 2017, arXiv 1706.03762, section 3.5.
  fileprivate static func sinusoids(rows: Int, columns: Int, deviation: Double) -> Matrix {
    let matrix = Matrix(rows: rows, columns: columns)
    for row in 0..<rows {
      for column in 0..<columns {
        let exponent = Double(column / 2 * 2) / Double(columns)
        let angle = Double(row) / pow(10_000, exponent)
        let wave = column.isMultiple(of: 2) ? sin(angle) : cos(angle)
        matrix.row(row)[column] = Float(2.0.squareRoot() * deviation * wave)
      }
    }
    return matrix
  }

  /// `deviation · z` for every element.
  fileprivate func fill(_ normals: NormalStream, tensor: Int, deviation: Float) {
    for row in 0..<rows {
      normals.fill(self.row(row), count: columns, row: row, tensor: tensor)
      for column in 0..<columns { self.row(row)[column] *= deviation }
    }
  }
}

extension Vector {
  fileprivate func fillWithOnes() { pointer.update(repeating: 1, count: count) }
}
