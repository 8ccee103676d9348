import Quantizers
package import Tensors
package import Transformers

/// A full-precision model all of whose parameters are trained in place: weights, biases, norms,
/// embedding, head, positions.
///
/// > Source: MeZO, Malladi et al. 2023, arXiv:2305.17333: every parameter with a gradient is perturbed.
package struct FullyTrained: TrainedModel {
  /// The parameters; training moves them in place.
  package let values: ModelValues
  private let configuration: ModelConfiguration
  private let base: QuantizedModel

  /// Trains `values` of a model of shape `configuration`.
  package init(_ values: ModelValues, _ configuration: ModelConfiguration) {
    self.values = values
    self.configuration = configuration
    let embedding = SingleTable(values.embedding)
    base = QuantizedModel(
      transformer: Transformer(
        configuration: configuration,
        frame: ModelFrame(
          embedding: embedding, head: values.head.map { SingleTable($0) } ?? embedding,
          positions: values.positions, projectionIn: values.projectionIn,
          projectionOut: values.projectionOut, finalGain: values.finalGain,
          finalBias: values.finalBias)),
      blocks: QuantizedBlocks(
        linears: values.weights.reduce(into: [:]) { linears, weight in
          linears[weight.key] = QuantizedBlocks.Linear(
            storage: .live(weight.value), bias: values.biases[weight.key])
        },
        norms: values.norms))
  }

  package func model(beside perturbation: QuantizedBlocks.Perturbation?) -> QuantizedModel {
    guard let perturbation else { return base }
    var blocks = base.blocks
    // Linear weights are perturbed where they are used; everything else is small, but for the tables,
    // which are perturbed row by row as well.
    blocks.perturbation = perturbation
    for (id, bias) in values.biases {
      blocks.linears[id]?.bias = bias.moved(perturbation, tensor: Self.bias(id))
    }
    for block in values.norms.indices {
      for kind in configuration.norms {
        let (gain, bias) = values.norms[block][kind.rawValue]
        let index = kind.key.index(block: block)
        blocks.norms[block][kind.rawValue] = (
          gain.moved(perturbation, tensor: Self.gain(index)),
          bias?.moved(perturbation, tensor: Self.shift(index))
        )
      }
    }
    func table(_ matrix: Matrix, _ part: FramePart) -> PerturbedTable {
      PerturbedTable(
        matrix, perturbation.directions, factor: perturbation.epsilon, tensor: part.tensor)
    }
    let embedding = table(values.embedding, .embedding)
    return QuantizedModel(
      transformer: Transformer(
        configuration: configuration,
        frame: ModelFrame(
          embedding: embedding, head: values.head.map { table($0, .head) } ?? embedding,
          positions: values.positions?.moved(perturbation, tensor: FramePart.positions.tensor),
          projectionIn: values.projectionIn?.moved(
            perturbation, tensor: FramePart.projectionIn.tensor),
          projectionOut: values.projectionOut?.moved(
            perturbation, tensor: FramePart.projectionOut.tensor),
          finalGain: values.finalGain?.moved(perturbation, tensor: Self.gain(finalNorm)),
          finalBias: values.finalBias?.moved(perturbation, tensor: Self.shift(finalNorm)))),
      blocks: blocks)
  }

  package mutating func update(factor: Float, gradient: Double, along directions: any Directions) {
    for tensor in tensors {
      tensor.matrix.move(directions, factor: factor, tensor: tensor.number)
    }
  }

  package var firstNonFiniteTensor: String? {
    tensors.first { !$0.matrix.isFinite }?.name
  }

  package var trainedParameters: Int {
    tensors.reduce(0) { $0 + $1.matrix.rows * $1.matrix.columns }
  }

  // MARK: - All tensors, with the numbers that key their directions

  private enum FramePart: Int {
    // These numbers key directions: never to be changed.
    case embedding = 0
    case head = 1
    case positions = 2
    case projectionIn = 3
    case projectionOut = 4

    var tensor: Int { ParameterFamily.frame.tensor(rawValue) }
  }

  private var finalNorm: Int { NormKind.attention.key.index(block: configuration.blocks) }

  private static func bias(_ id: LinearID) -> Int { ParameterFamily.bias.tensor(id.tensor) }
  private static func gain(_ index: Int) -> Int { ParameterFamily.norm.tensor(2 * index) }
  private static func shift(_ index: Int) -> Int { ParameterFamily.norm.tensor(2 * index + 1) }

  private var tensors: [(name: String, matrix: Matrix, number: Int)] {
    var result: [(name: String, matrix: Matrix, number: Int)] = []
    func put(_ name: String, _ vector: Vector?, _ number: Int) {
      if let vector { result.append((name, vector.row, number)) }
    }
    for id in configuration.linearIDs {
      let name = "block \(id.block) \(id.kind.name)"
      if let weight = values.weights[id] { result.append((name, weight, id.tensor)) }
      put(name + " bias", values.biases[id], Self.bias(id))
    }
    for (block, norms) in values.norms.enumerated() {
      for kind in configuration.norms {
        let (norm, index) = (norms[kind.rawValue], kind.key.index(block: block))
        put("block \(block) norm \(kind.rawValue)", norm.gain, Self.gain(index))
        put("block \(block) norm \(kind.rawValue) bias", norm.bias, Self.shift(index))
      }
    }
    put("final norm", values.finalGain, Self.gain(finalNorm))
    put("final norm bias", values.finalBias, Self.shift(finalNorm))
    for (name, matrix, part) in [
      ("embedding", values.embedding, .embedding), ("head", values.head, .head),
      ("positions", values.positions, .positions),
      ("input projection", values.projectionIn, .projectionIn),
      ("output projection", values.projectionOut, .projectionOut),
    ] as [(String, Matrix?, FramePart)] {
      if let matrix { result.append((name, matrix, part.tensor)) }
    }
    return result
  }
}

extension Vector {
  /// The same numbers as one row.
  fileprivate var row: Matrix {
    Matrix(storage: storage, offset: offset, rows: 1, columns: count)
  }

  /// A copy that is moved by `εz`.
  fileprivate func moved(_ perturbation: QuantizedBlocks.Perturbation, tensor: Int) -> Vector {
    Vector(
      storage: row.moved(perturbation, tensor: tensor).storage, offset: 0, count: count)
  }
}
