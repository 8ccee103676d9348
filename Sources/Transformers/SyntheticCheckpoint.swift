public import Checkpoints
import Glibc
import JSONText
import Tensors

/// A checkpoint without weights: numbers drawn from a seed, in the shape that a configuration names.
///
/// For what doesn't depend on the numbers: memory and time. Weights, embeddings and positions are uniform with
/// the deviation 0.02 that both architectures start training from; gains are 1, biases 0. Any row is a
/// pure function of seed, tensor and row.
public struct SyntheticCheckpoint: Checkpoint {
  /// The folder of the configuration.
  public let path: String
  /// All tensors, embedding first.
  public let tensors: [TensorDescriptor]
  private let positions: [String: Int]
  private let stream: NormalStream
  private let gain: Float

  /// Deviation of what is drawn.
  ///
  /// > Source: the hub's configurations of OPT (`init_std`) and LLaMA (`initializer_range`).
  static let deviation: Float = 0.02

  /// The checkpoint of a folder whose `config.json` has the member `synthetic_seed`; nil for others.
  ///
  /// - Throws: ``JSONText/JSONError`` for a configuration that can't be read.
  init?(folder: String) throws {
    guard access(folder + "/config.json", R_OK) == 0 else { return nil }
    let document = try JSONDocument(contentsOf: folder + "/config.json")
    let reader = ConfigurationReader(document: document)
    guard let seed = try reader.optionalInteger("synthetic_seed") else { return nil }
    for weights in ["model.safetensors", "model.safetensors.index.json"]
    where access(folder + "/" + weights, F_OK) == 0 {
      throw document.error(
        at: "/synthetic_seed", "expected none beside \(weights), which would be ignored")
    }
    try self.init(
      ModelConfiguration(hubConfiguration: document), seed: UInt64(bitPattern: Int64(seed)),
      path: folder)
  }

  /// The checkpoint of a configuration.
  ///
  /// - Throws: ``ModelError/shape(path:reason:)`` for a tensor larger than can be addressed.
  init(_ c: ModelConfiguration, seed: UInt64, path: String) throws(ModelError) {
    let naming = TensorNaming(hub: c.architecture)
    var tensors: [TensorDescriptor] = []
    for (name, shape) in TensorAccount.entries(c, naming) {
      guard let tensor = TensorDescriptor(name: name, shape: shape, type: .f32) else {
        throw .shape(path: path, reason: "\(name) of \(shape) is too large")
      }
      tensors.append(tensor)
    }
    self.path = path
    gain = 1 - ModelFamily.describing(c.architecture).gainOffset
    self.tensors = tensors
    positions = Dictionary(
      uniqueKeysWithValues: tensors.enumerated().map { ($0.element.name, $0.offset) })
    // Another key than any training's with the same seed.
    stream = NormalStream(seed: ~seed, draw: 0)
  }

  /// Rows of the embedding.
  public var vocabularySize: Int { tensors[0].shape[0] }

  /// The tensor called `name`, or nil.
  public func descriptor(of name: String) -> TensorDescriptor? {
    positions[name].map { tensors[$0] }
  }

  /// The tensor called `name`.
  ///
  /// - Throws: `CheckpointError` when there is none.
  public func requireTensor(_ name: String) throws(CheckpointError) -> TensorDescriptor {
    guard let tensor = descriptor(of: name) else {
      throw CheckpointError(
        .missing, in: path, at: .tensor(name), "there is no such tensor among the \(tensors.count)")
    }
    return tensor
  }

  /// Draws some rows of a tensor; tiled over rows.
  ///
  /// - Throws: `CheckpointError` when there is no such tensor or the rows don't fit.
  public func read(
    _ name: String, rows: Range<Int>, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    let tensor = try requireTensor(name)
    guard rows.lowerBound >= 0, rows.upperBound <= tensor.rowCount,
      destination.count == rows.count * tensor.rowElementCount, let number = positions[name]
    else {
      throw CheckpointError(
        .mismatched, in: path, at: .tensor(name),
        "expected \(rows.count * tensor.rowElementCount) elements in rows of \(tensor.rowCount), "
          + "found \(destination.count) for rows \(rows)")
    }
    guard let base = destination.baseAddress else { return }
    if tensor.shape.count == 1 {
      destination.update(repeating: name.hasSuffix(".weight") ? gain : 0)
      return
    }
    let columns = tensor.rowElementCount
    let stream = stream
    // A uniform number in [0, 1) has the deviation 1/√12.
    let width = Self.deviation * Float(12).squareRoot()
    // SAFETY: tiles write disjoint rows of the destination, which outlives the call.
    nonisolated(unsafe) let out = base
    forEachTile(tileCount(rows.count, size: 16)) { tile, _ in
      for offset in tileRange(tile, of: rows.count, size: 16) {
        let row = out + offset * columns
        stream.fillUniforms(
          row, count: columns, row: rows.lowerBound + offset, tensor: number, .probe)
        for column in 0..<columns { row[column] = (row[column] - 0.5) * width }
      }
    }
  }

  /// There are none.
  ///
  /// - Throws: `CheckpointError`, always.
  public func readIntegers(_ name: String) throws(CheckpointError) -> [Int32] {
    let tensor = try requireTensor(name)
    throw CheckpointError(
      .mismatched, in: path, at: .tensor(name), "expected integers, found \(tensor.type.rawValue)")
  }
}
