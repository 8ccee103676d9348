import Checkpoints
public import Tensors

/// All parameters of a model in memory, in float32.
///
/// Views: whoever moves them in place moves the model that they belong to.
public struct ModelValues: Sendable {
  /// Weight of each linear, `[outputs, inputs]`.
  public var weights: [LinearID: Matrix]
  /// Bias of each linear that has one.
  public var biases: [LinearID: Vector]
  /// Norms, by block and kind.
  public var norms: [[(gain: Vector, bias: Vector?)]]
  /// Token embedding, `[V, E]`.
  public var embedding: Matrix
  /// Head, `[V, E]`, unless it is the embedding.
  public var head: Matrix?
  /// Learned positions, `[positions + 2, C]` (OPT).
  public var positions: Matrix?
  /// From embedding width to channels, `[C, E]` (OPT-350m).
  public var projectionIn: Matrix?
  /// From channels to embedding width, `[E, C]`.
  public var projectionOut: Matrix?
  /// Gain of the final norm.
  public var finalGain: Vector?
  /// Bias of the final norm (LayerNorm).
  public var finalBias: Vector?

  /// Reads all parameters of `source`.
  ///
  /// - Throws: ``Checkpoints/CheckpointError``.
  public init(_ source: ModelSource) throws {
    let c = source.configuration
    let dense = try DenseParameters(source: source)
    let frame = try source.frame(precision: .single)
    func matrix(_ table: any EmbeddingTable) -> Matrix {
      if let table = table as? SingleTable { return table.matrix }
      let matrix = Matrix(rows: table.vocabularySize, columns: table.columns)
      for row in 0..<matrix.rows { table.copyRow(row, to: matrix.row(row)) }
      return matrix
    }
    weights = Dictionary(uniqueKeysWithValues: c.linearIDs.map { ($0, dense.matrix($0)) })
    biases = Dictionary(
      uniqueKeysWithValues: c.linearIDs.compactMap { id in dense.bias(id).map { (id, $0) } })
    norms = (0..<c.blocks).map { block in
      c.norms.map { dense.norm($0, block: block) }
    }
    embedding = matrix(frame.embedding)
    head = c.tiesHead ? nil : matrix(frame.head)
    positions = frame.positions
    projectionIn = frame.projectionIn
    projectionOut = frame.projectionOut
    finalGain = frame.finalGain
    finalBias = frame.finalBias
  }
}

extension ModelSource {
  /// The same model with other values: whoever reads it finds those instead of the file's.
  public func replaced(by values: ModelValues) -> ModelSource {
    var tensors: [String: Matrix] = [:]
    func put(_ name: String, _ vector: Vector?) {
      tensors[name] = vector.map {
        Matrix(storage: $0.storage, offset: $0.offset, rows: $0.count, columns: 1)
      }
    }
    for (id, weight) in values.weights { tensors[naming.weight(id)] = weight }
    for (id, bias) in values.biases { put(naming.bias(id), bias) }
    for (block, norms) in values.norms.enumerated() {
      for kind in configuration.norms {
        put(naming.gain(kind, block: block), norms[kind.rawValue].gain)
        put(naming.shift(kind, block: block), norms[kind.rawValue].bias)
      }
    }
    tensors[naming.embedding] = values.embedding
    if let head = values.head { tensors[naming.head] = head }
    if let positions = values.positions { tensors[naming.positions] = positions }
    if let projection = values.projectionIn { tensors[naming.projectionIn] = projection }
    if let projection = values.projectionOut { tensors[naming.projectionOut] = projection }
    put(naming.finalGain, values.finalGain)
    put(naming.finalBias, values.finalBias)
    return reading(ReplacedCheckpoint(base: arranged, tensors))
  }
}

/// A checkpoint some of whose tensors are read from memory.
private struct ReplacedCheckpoint: Checkpoint {
  let base: any Checkpoint
  let replacements: [String: Matrix]

  init(base: any Checkpoint, _ replacements: [String: Matrix]) {
    self.base = base
    self.replacements = replacements
  }

  var path: String { base.path }
  var tensors: [TensorDescriptor] { base.tensors }

  func descriptor(of name: String) -> TensorDescriptor? { base.descriptor(of: name) }

  func requireTensor(_ name: String) throws(CheckpointError) -> TensorDescriptor {
    try base.requireTensor(name)
  }

  func readIntegers(_ name: String) throws(CheckpointError) -> [Int32] {
    try base.readIntegers(name)
  }

  func read(
    _ name: String, rows: Range<Int>, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    guard let matrix = replacements[name] else {
      return try base.read(name, rows: rows, into: destination)
    }
    guard rows.lowerBound >= 0, rows.upperBound <= matrix.rows,
      destination.count == rows.count * matrix.columns
    else {
      throw CheckpointError(
        .mismatched, in: path, at: .tensor(name),
        "expected \(rows.count * matrix.columns) elements in rows of \(matrix.rows), "
          + "found \(destination.count) for rows \(rows)")
    }
    for (index, row) in rows.enumerated() {
      let values = matrix.row(row)
      for column in 0..<matrix.columns {
        guard values[column].isFinite else {
          throw CheckpointError(
            .notFinite, in: path,
            at: .element(tensor: name, index: row * matrix.columns + column),
            "expected a finite number, found \(values[column])")
        }
        destination[index * matrix.columns + column] = values[column]
      }
    }
  }
}
