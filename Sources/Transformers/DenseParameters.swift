import Checkpoints
public import Tensors

/// The blocks' parameters in float32: one flat buffer for all linear weights, and the vectors.
public struct DenseParameters: BlockOperators {
  /// Shape and conventions.
  public let configuration: ModelConfiguration
  /// All linear weights, block after block, in the order in which they run.
  public let weights: FloatBuffer
  private let firstBlock: Int
  private let offsets: [LinearID: Int]
  private let biases: [LinearID: Vector]
  private let norms: [[(gain: Vector, bias: Vector?)]]
  /// Order of summation of the products.
  public var order = SummationOrder.whole

  /// Loads blocks of `source`, tensor by tensor.
  ///
  /// - Parameters:
  ///   - source: The model.
  ///   - blocks: Which blocks; all by default. Others may not be asked for.
  /// - Throws: ``Checkpoints/CheckpointError``.
  public init(source: ModelSource, blocks: Range<Int>? = nil) throws {
    let configuration = source.configuration
    self.configuration = configuration
    let blocks = blocks ?? 0..<configuration.blocks
    firstBlock = blocks.lowerBound
    let linears = configuration.linearIDs.filter { blocks.contains($0.block) }
    var (offset, offsets, biases) = (0, [LinearID: Int](), [LinearID: Vector]())
    for id in linears {
      let (outputs, inputs) = configuration.shape(of: id.kind)
      offsets[id] = offset
      offset += outputs * inputs
      biases[id] = try source.bias(of: id).map { Vector($0) }
    }
    self.offsets = offsets
    self.biases = biases
    weights = FloatBuffer(count: offset)
    norms = try blocks.map { block in
      try configuration.norms.map { kind in
        let (gain, bias) = try source.norm(kind, block: block)
        return (gain: Vector(gain), bias: bias.map { Vector($0) })
      }
    }
    for id in linears { try source.read(id, into: matrix(id)) }
  }

  /// Zero parameters of the shape that `other` has: storage for its gradients.
  public init(zerosLike other: DenseParameters) {
    configuration = other.configuration
    firstBlock = other.firstBlock
    offsets = other.offsets
    weights = FloatBuffer(count: other.weights.count)
    biases = other.biases.mapValues { Vector(zeros: $0.count) }
    norms = other.norms.map { block in
      block.map { (Vector(zeros: $0.gain.count), $0.bias.map { Vector(zeros: $0.count) }) }
    }
  }

  /// Zero parameters of all blocks, to be filled by an initialisation.
  public init(configuration: ModelConfiguration) {
    self.configuration = configuration
    firstBlock = 0
    var (offset, offsets, biases) = (0, [LinearID: Int](), [LinearID: Vector]())
    for id in configuration.linearIDs {
      let (outputs, inputs) = configuration.shape(of: id.kind)
      offsets[id] = offset
      offset += outputs * inputs
      if configuration.hasBias(id.kind) { biases[id] = Vector(zeros: outputs) }
    }
    self.offsets = offsets
    self.biases = biases
    weights = FloatBuffer(count: offset)
    norms = (0..<configuration.blocks).map { _ in
      configuration.norms.map { kind in
        let channels = configuration.channels(of: kind)
        return (
          Vector(zeros: channels),
          configuration.parts.hasNormBias ? Vector(zeros: channels) : nil
        )
      }
    }
  }

  /// Blocks whose parameters are held.
  public var blocks: Range<Int> { firstBlock..<firstBlock + norms.count }

  /// Sets every parameter to zero.
  public func zero() {
    weights.pointer.update(repeating: 0, count: weights.count)
    for bias in biases.values { bias.zero() }
    for norm in norms.joined() {
      norm.gain.zero()
      norm.bias?.zero()
    }
  }

  /// The weight of a linear, `[outputs, inputs]`.
  public func matrix(_ id: LinearID) -> Matrix {
    guard let offset = offsets[id] else { preconditionFailure("no linear \(id)") }
    let (outputs, inputs) = configuration.shape(of: id.kind)
    return Matrix(storage: weights, offset: offset, rows: outputs, columns: inputs)
  }

  /// The bias of a linear, where it has one.
  public func bias(_ id: LinearID) -> Vector? { biases[id] }

  /// Gain and, for LayerNorm, bias of a norm.
  public func norm(_ kind: NormKind, block: Int) -> (gain: Vector, bias: Vector?) {
    norms[block - firstBlock][kind.rawValue]
  }

  /// `y = x · Wᵀ + b`.
  public func apply(_ linear: LinearID, to x: Matrix, into y: Matrix) {
    Tensors.linear(x, matrix(linear), bias: biases[linear], into: y, order: order)
  }
}

extension ModelConfiguration {
  /// All linears of all blocks, in the order in which they run.
  public var linearIDs: [LinearID] {
    (0..<blocks).flatMap { block in linears.map { LinearID(block: block, kind: $0) } }
  }
}
