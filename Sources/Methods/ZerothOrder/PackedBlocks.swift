import MethodKit
import Quantizers
import Tensors
import Transformers
import Vocabulary

/// Makes the blocks of lightweight ZeroQAT: packed but for what is trained, from a streamed checkpoint.
///
/// Where smoothing or clipping is learned from activations, a block's float32 weights are held at a time;
/// where nothing is, 256 rows of one linear.
struct PackedBlocks {
  /// How quantization parameters start.
  let options: ZeroQATOptions
  /// Widths.
  let bits: QuantizationSpec
  /// Quantizer of the weights.
  let quantizer: WeightQuantizer
  /// Which linears stay master weights.
  let trains: (LinearKind) -> Bool

  /// Rows of a linear that are read at a time where nothing is learned.
  static let rowsAtOnce = 256

  /// The blocks of the context's model.
  ///
  /// - Throws: As the method.
  func blocks(_ context: MethodContext) throws -> QuantizedBlocks {
    let c = context.source.configuration
    let learning = options.blockLearning(bits, c)
    let rule = learning == nil ? options.smoothingRule(bits) : nil
    var linears: [LinearID: QuantizedBlocks.Linear] = [:]
    var norms: [[(gain: Vector, bias: Vector?)]] = []
    if learning == nil && rule == nil {
      norms = try context.observer.during(.load) { try context.source.norms() }
      for block in 0..<c.blocks {
        try context.observer.during(.quantize) {
          for kind in c.linears {
            let id = LinearID(block: block, kind: kind)
            linears[id] = try streamed(id, context.source)
          }
        }
        context.observer.progress(block + 1, of: c.blocks, .blockPacked)
      }
    } else {
      try calibrated(context, learning, rule, &linears, &norms)
    }
    var blocks = QuantizedBlocks(
      linears: linears, norms: norms, weightQuantizer: quantizer,
      tokenQuantizer: bits.tokenQuantizer(minimumScale: options.minimumScale))
    blocks.arithmetic = options.arithmetic
    return blocks
  }

  /// Block by block, as calibration goes through them.
  private func calibrated(
    _ context: MethodContext, _ learning: QuantizerLearning?, _ rule: SmoothingRule?,
    _ linears: inout [LinearID: QuantizedBlocks.Linear],
    _ norms: inout [[(gain: Vector, bias: Vector?)]]
  ) throws {
    let c = context.source.configuration
    let windows = options.calibrationWindows
    let calibration = try rule.map { _ in
      try streams(context, windows: windows)
    }
    let reconstruction = try learning?.reconstruction(context, frame: .half, windows: windows)
    for block in 0..<c.blocks {
      // The block's float32 weights live inside this turn only.
      let dense = try context.observer.during(.load) {
        try DenseParameters(source: context.source, blocks: block..<block + 1)
      }
      var smoothing = BlockSmoothing()
      if let rule, let calibration {
        smoothing = context.observer.during(.calibrate) {
          let maxima = calibration.run(block: block, operators: dense)
          return rule.smoothing(block: block, maxima: maxima, c) { dense.matrix($0) }
        }
      }
      var clips: [LinearKind: ClipFractions] = [:]
      if let learning, let reconstruction {
        let learned = try learning.learn(
          block: block, of: dense, reconstruction, context.observer)
        (smoothing, clips) = (learned.smoothing, learned.clips)
      }
      context.observer.during(.quantize) {
        norms.append(dense.norms(ofBlock: block, smoothing: smoothing))
        for kind in c.linears {
          let id = LinearID(block: block, kind: kind)
          linears[id] = linear(id, dense, smoothing.smoothing(of: kind, c), clips[kind])
        }
      }
      context.observer.progress(block + 1, of: c.blocks, .blockPacked)
    }
  }

  /// The calibration's streams; the embedding is read for them alone and forgotten.
  private func streams(_ context: MethodContext, windows: Int) throws -> Calibration {
    let transformer = try Transformer.halfPrecision(context)
    return try context.observer.during(.calibrate) {
      try Calibration(transformer, context.training, windows: windows)
    }
  }

  private func linear(
    _ id: LinearID, _ dense: DenseParameters, _ smoothing: LinearSmoothing,
    _ learned: ClipFractions?
  ) -> QuantizedBlocks.Linear {
    let matrix = dense.matrix(id)
    let clip = learned ?? options.clip(rows: matrix.rows, columns: matrix.columns, quantizer)
    guard trains(id.kind) else {
      return dense.packed(id, smoothing: smoothing, quantizer: quantizer, clip: clip)
    }
    let store = storage(rows: matrix.rows, columns: matrix.columns)
    store.put(matrix, 0)
    return QuantizedBlocks.Linear(
      storage: .live(store.weights), bias: dense.bias(id), smoothing: smoothing, clip: clip)
  }

  /// A linear without smoothing, read a few rows at a time.
  private func streamed(_ id: LinearID, _ source: ModelSource) throws -> QuantizedBlocks.Linear {
    let (rows, columns) = source.configuration.shape(of: id.kind)
    let bias = try source.bias(of: id).map { Vector($0) }
    let clip = options.clip(rows: rows, columns: columns, quantizer)
    let height = min(rows, Self.rowsAtOnce)
    let panel = Matrix(rows: height, columns: columns)
    func read(_ body: (Matrix, Int) -> Void) throws {
      for index in 0..<tileCount(rows, size: height) {
        let range = tileRange(index, of: rows, size: height)
        let piece = panel.rows(0..<range.count)
        try source.read(id, rows: range, into: piece)
        body(piece, range.lowerBound)
      }
    }
    guard trains(id.kind) else {
      let packed = PackedMatrix(rows: rows, columns: columns, quantizer: quantizer)
      try read { packed.store($0, at: $1, quantizer: quantizer, clip: clip) }
      return QuantizedBlocks.Linear(storage: .packed(packed), bias: bias)
    }
    let store = storage(rows: rows, columns: columns)
    try read(store.put)
    return QuantizedBlocks.Linear(storage: .live(store.weights), bias: bias, clip: clip)
  }

  /// Empty storage for trained weights, and what puts rows into it.
  private func storage(rows: Int, columns: Int) -> (
    weights: any StoredWeights, put: (_ rows: Matrix, _ first: Int) -> Void
  ) {
    func halves(_ format: HalfFormat) -> (any StoredWeights, (Matrix, Int) -> Void) {
      let matrix = HalfMatrix(rows: rows, columns: columns, format: format)
      return (
        HalfWeights(matrix, rounding: options.rounding),
        { matrix.store($0, at: $1) }
      )
    }
    switch options.weightType {
    case .float32:
      let matrix = Matrix(rows: rows, columns: columns)
      return (matrix, { matrix.rows($1..<$1 + $0.rows).copy(from: $0) })
    case .float16: return halves(.ieee)
    case .bfloat16: return halves(.brain)
    case .int8:
      let codes = CodeWeights(rows: rows, columns: columns)
      return (codes, { codes.store($0, at: $1) })
    }
  }
}

extension PackedBlocks {
  /// The model before training; what calibration held is gone when it is there.
  ///
  /// - Parameters:
  ///   - options: How quantization parameters start.
  ///   - bits: Widths.
  ///   - quantizer: That of the weights.
  ///   - context: Has model and text.
  ///   - card: Names the method in a refusal.
  ///   - trains: Which linears stay master weights; the others are packed.
  /// - Returns: The model.
  /// - Throws: ``MethodKit/MethodError`` for a model or a text that doesn't fit, and what loading throws.
  static func packedModel(
    _ options: ZeroQATOptions, _ bits: QuantizationSpec, _ quantizer: WeightQuantizer,
    _ context: MethodContext, _ card: MethodCard, trains: @escaping (LinearKind) -> Bool
  ) throws -> QuantizedModel {
    let c = context.source.configuration
    try bits.check(c)
    if options.smooths(bits, c) { try requireNormsFirst(c, card) }
    // The frame comes when the streams are gone.
    let blocks = try PackedBlocks(
      options: options, bits: bits, quantizer: quantizer, trains: trains
    )
    .blocks(context)
    return QuantizedModel(transformer: try .halfPrecision(context), blocks: blocks)
  }
}
