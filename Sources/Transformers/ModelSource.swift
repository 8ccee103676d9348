public import Checkpoints
import Glibc
import JSONText
public import Tensors

/// A checkpoint seen as a model: its configuration, and its tensors under one naming.
///
/// Nothing is held in memory: tensors are converted one by one into the caller's storage, so that a
/// model can be packed while it is loaded.
public struct ModelSource: Sendable {
  /// Shape and conventions.
  public let configuration: ModelConfiguration
  /// Where the tensors come from.
  public let checkpoint: any Checkpoint
  /// Channels that are made outliers as the tensors are read.
  public let outliers: ChannelScaling?
  /// What a reader of its numbers should know about how the files were read.
  public let notes: [String]
  let naming: TensorNaming
  /// The same, each linear by itself and gains whole.
  let arranged: any Checkpoint

  /// Rows of a table that are held in float32 at a time while it is converted to half precision.
  public static let convertedRows = 1024

  /// Opens a `.gguf` file, or a hub-style folder with `config.json` and safetensors, or with a
  /// `config.json` that asks for synthetic weights.
  ///
  /// - Throws: ``Checkpoints/CheckpointError``, ``JSONText/JSONError`` or ``ModelError``.
  public init(path: String, outliers: ChannelScaling? = nil) throws {
    // The configuration comes first where there is one: it says what the weights ought to be.
    let document: JSONDocument? =
      try access(path + "/config.json", R_OK) == 0
      ? JSONDocument(contentsOf: path + "/config.json") : nil
    let configuration = try document.map { try ModelConfiguration(hubConfiguration: $0) }
    let checkpoint = try SyntheticCheckpoint(folder: path) ?? openCheckpoint(at: path)
    if let file = checkpoint as? GGUFFile {
      try self.init(
        configuration: ModelConfiguration(gguf: file), checkpoint: checkpoint, outliers: outliers,
        alsoRead: GGUFForm.of(file).form.tensors)
      return
    }
    guard let configuration else {
      throw CheckpointError(
        .missing, in: path,
        "expected a folder with config.json beside the weights, or a .gguf file; found no config.json"
      )
    }
    let hasAdapter = access(path + "/adapter_config.json", F_OK) == 0
    try self.init(
      configuration: configuration, checkpoint: checkpoint, outliers: outliers,
      notes: hasAdapter
        ? [
          "adapter_config.json lies beside the weights; the adapter isn't applied, the weights are read as they are"
        ] : [])
  }

  /// A model from parts that are already open.
  ///
  /// - Parameters:
  ///   - configuration: Shape and conventions.
  ///   - checkpoint: Where the tensors come from.
  ///   - outliers: Channels that are made outliers as the tensors are read.
  ///   - alsoRead: Tensors that the configuration was read from.
  ///   - notes: What a reader should know beside what is found here.
  /// - Throws: ``Checkpoints/CheckpointError`` for the first tensor that is missing, has another
  ///   shape than the configuration says, or is there and read by nobody; ``ModelError/shape(path:reason:)``
  ///   for an outlier that isn't one of the model's channels, or a model whose norms come last.
  public init(
    configuration: ModelConfiguration, checkpoint: any Checkpoint, outliers: ChannelScaling? = nil,
    alsoRead: Set<String> = [], notes: [String] = []
  ) throws {
    var configuration = configuration
    let naming = try TensorNaming(configuration: configuration, checkpoint: checkpoint)
    var (notes, alsoRead) = (notes, alsoRead)
    var tiedTable = naming.embedding
    if configuration.tiesHead, checkpoint.descriptor(of: naming.head) != nil {
      if checkpoint.descriptor(of: naming.embedding) == nil {
        // Of two names for one table, some files keep the head's.
        tiedTable = naming.head
      } else if try Self.isSame(naming.embedding, naming.head, checkpoint) {
        alsoRead.insert(naming.head)
      } else {
        configuration.tiesHead = false
        notes.append(
          "the head is \(naming.head), which differs from the embedding although the configuration ties "
            + "the two")
      }
    }
    self.naming = tiedTable == naming.embedding ? naming : naming.embeddingAsHead
    try TensorAccount.check(checkpoint, configuration, self.naming, alsoRead: alsoRead)
    self.configuration = configuration
    let family = ModelFamily.describing(configuration.architecture)
    self.checkpoint = checkpoint
    arranged =
      ArrangedCheckpoint(
        checkpoint, configuration, self.naming,
        gainOffset: checkpoint is GGUFFile ? 0 : family.gainOffset) ?? checkpoint
    self.outliers = outliers
    self.notes = notes
    try checkOutliers()
  }

  /// The same model with its tensors read from elsewhere, under the same names.
  func reading(_ checkpoint: any Checkpoint) -> ModelSource {
    ModelSource(
      configuration: configuration, checkpoint: checkpoint, outliers: nil, naming: naming,
      notes: notes)
  }

  private init(
    configuration: ModelConfiguration, checkpoint: any Checkpoint, outliers: ChannelScaling?,
    naming: TensorNaming, notes: [String]
  ) {
    self.configuration = configuration
    self.checkpoint = checkpoint
    arranged = checkpoint
    self.outliers = outliers
    self.naming = naming
    self.notes = notes
  }

  /// Whether two tensors have the same shape and values; read side by side, some rows at a time.
  private static func isSame(_ one: String, _ other: String, _ checkpoint: any Checkpoint) throws
    -> Bool
  {
    let (first, second) = try (checkpoint.requireTensor(one), checkpoint.requireTensor(other))
    guard first.shape == second.shape else { return false }
    let piece = Self.convertedRows / 4
    for tile in 0..<tileCount(first.rowCount, size: piece) {
      let rows = tileRange(tile, of: first.rowCount, size: piece)
      let count = rows.count * first.rowElementCount
      var values = [[Float](repeating: 0, count: count), [Float](repeating: 0, count: count)]
      for (index, name) in [one, other].enumerated() {
        try values[index].withUnsafeMutableBufferPointer { buffer in
          try checkpoint.read(name, rows: rows, into: buffer)
        }
      }
      guard values[0] == values[1] else { return false }
    }
    return true
  }

  /// Reads the weight of a linear into `matrix`, `[outputs, inputs]`.
  public func read(_ linear: LinearID, into matrix: Matrix) throws {
    try read(
      naming.weight(linear),
      into: UnsafeMutableBufferPointer(
        start: matrix.pointer, count: matrix.rows * matrix.columns))
    if let outliers, outliers.concerns(linear.kind) { outliers.shrinkColumns(of: matrix) }
  }

  /// Reads some rows of a linear's weight, `[rows.count, inputs]`.
  public func read(_ linear: LinearID, rows: Range<Int>, into matrix: Matrix) throws {
    precondition(
      matrix.rows == rows.count && matrix.stride == matrix.columns,
      "\(rows.count) rows into [\(matrix.rows), \(matrix.columns)]")
    try arranged.read(
      naming.weight(linear), rows: rows,
      into: UnsafeMutableBufferPointer(
        start: matrix.pointer, count: matrix.rows * matrix.columns))
    if let outliers, outliers.concerns(linear.kind) { outliers.shrinkColumns(of: matrix) }
  }

  /// The bias of a linear, or nil where the architecture has none.
  public func bias(of linear: LinearID) throws -> [Float]? {
    guard configuration.hasBias(linear.kind) else { return nil }
    return try arranged.read(naming.bias(linear))
  }

  /// Gain of a norm, and its bias where it has one (LayerNorm).
  public func norm(_ kind: NormKind, block: Int) throws -> (gain: [Float], bias: [Float]?) {
    let gain = try arranged.read(naming.gain(kind, block: block))
    let bias =
      configuration.parts.hasNormBias
      ? try arranged.read(naming.shift(kind, block: block)) : nil
    guard let outliers, NormKind.halves.contains(kind) else { return (gain, bias) }
    return (outliers.grow(gain), bias.map(outliers.grow))
  }

  /// All norms, by block and kind.
  public func norms() throws -> [[(gain: Vector, bias: Vector?)]] {
    try (0..<configuration.blocks).map { block in
      try configuration.norms.map { kind in
        let (gain, bias) = try norm(kind, block: block)
        return (Vector(gain), bias.map { Vector($0) })
      }
    }
  }

  /// Everything outside the blocks, in the given precision.
  public func frame(precision: FramePrecision) throws -> ModelFrame {
    let embedding = try table(naming.embedding, precision)
    let head: any EmbeddingTable =
      configuration.tiesHead ? embedding : try table(naming.head, precision)
    let hasProjection = configuration.embeddingWidth != configuration.channels
    return ModelFrame(
      embedding: embedding, head: head,
      positions: configuration.positionRows > 0 ? try matrix(naming.positions) : nil,
      projectionIn: hasProjection ? try matrix(naming.projectionIn) : nil,
      projectionOut: hasProjection ? try matrix(naming.projectionOut) : nil,
      finalGain: configuration.hasFinalNorm
        ? Vector(try arranged.read(naming.finalGain)) : nil,
      finalBias: configuration.hasFinalNorm && configuration.parts.hasNormBias
        ? Vector(try arranged.read(naming.finalBias)) : nil)
  }

  private func matrix(_ name: String) throws -> Matrix {
    let shape = try shape(of: name)
    let matrix = Matrix(rows: shape[0], columns: shape[1])
    try read(
      name, into: UnsafeMutableBufferPointer(start: matrix.pointer, count: shape[0] * shape[1]))
    return matrix
  }

  private func table(_ name: String, _ precision: FramePrecision) throws -> any EmbeddingTable {
    switch precision {
    case .single: return SingleTable(try matrix(name))
    case .half:
      let shape = try shape(of: name)
      let table = HalfTable(rows: shape[0], columns: shape[1])
      // Piece by piece, so that the float32 copy of a large embedding never exists.
      let piece = Self.convertedRows
      let rows = Matrix(rows: min(piece, shape[0]), columns: shape[1])
      for tile in 0..<tileCount(shape[0], size: piece) {
        let range = tileRange(tile, of: shape[0], size: piece)
        try arranged.read(
          name, rows: range,
          into: UnsafeMutableBufferPointer(start: rows.pointer, count: range.count * shape[1]))
        table.store(rows.rows(0..<range.count), at: range.lowerBound)
      }
      return table
    }
  }

  private func read(_ name: String, into destination: UnsafeMutableBufferPointer<Float>) throws {
    try arranged.read(name, into: destination)
  }

  private func shape(of name: String) throws -> [Int] {
    try arranged.requireTensor(name).shape
  }

  private func checkOutliers() throws(ModelError) {
    guard let outliers else { return }
    guard configuration.normsFirst else {
      throw .shape(
        path: checkpoint.path, reason: "outlier channels need norms in front of the linears")
    }
    for channel in outliers.channels where !(0..<configuration.channels).contains(channel) {
      throw .shape(
        path: checkpoint.path,
        reason: "outlier channel \(channel) isn't one of the \(configuration.channels) channels")
    }
  }
}

/// In what precision the embedding and the head are held.
public enum FramePrecision: Sendable {
  /// float32.
  case single
  /// IEEE half, converted row by row where it is used.
  case half
}
