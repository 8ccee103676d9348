import Checkpoints
import JSONText
import Quantizers
import Tensors
import Transformers

/// A model some of whose tensors an external program has returned, dense or in codes.
///
/// A tensor comes under its own name in any float type. A matrix `x` may come in codes instead: `x.codes`, integers
/// `[rows, columns]`; `x.scales`, floats `[rows, groups]`; `x.zeros`, integers or floats `[rows, groups]`, which
/// may be left out. Its weights are `(code − zero) · scale` in float32.
final class ExternalWeights: CheckpointOverlay {
  let base: any Checkpoint
  private let returned: SafetensorsFile
  private let dense: Set<String>
  private let packed: [String: [Float]]
  /// Names of the tensors that came, in whatever form.
  let names: Set<String>

  /// The endings of the tensors that codes come in.
  static let endings = (codes: ".codes", scales: ".scales", zeros: ".zeros")

  /// Lays the tensors of the file `returned` over those of `base`.
  ///
  /// - Throws: ``Checkpoints/CheckpointError`` for a tensor that the model hasn't got, or of another shape.
  init(_ returned: SafetensorsFile, over base: any Checkpoint) throws(CheckpointError) {
    self.base = base
    self.returned = returned
    var dense: Set<String> = []
    var packed: [String: [Float]] = [:]
    let parts = [Self.endings.codes, Self.endings.scales, Self.endings.zeros]
    for tensor in returned.tensors {
      if let known = base.descriptor(of: tensor.name) {
        try returned.requireTensor(tensor.name, shape: known.shape)
        dense.insert(tensor.name)
        continue
      }
      guard let ending = parts.first(where: { tensor.name.hasSuffix($0) }),
        let whole = base.descriptor(of: String(tensor.name.dropLast(ending.count)))
      else {
        let near = nearestName(to: tensor.name, in: base.tensors.map(\.name))
        throw CheckpointError(
          .mismatched, in: returned.path, at: .tensor(tensor.name),
          "the model has no such tensor" + (near.map { "; did you mean '\($0)'?" } ?? ""))
      }
      guard returned.descriptor(of: whole.name + Self.endings.codes) != nil else {
        throw CheckpointError(
          .missing, in: returned.path, at: .tensor(tensor.name),
          "expected '\(whole.name)\(Self.endings.codes)' with it")
      }
      if ending == Self.endings.codes {
        packed[whole.name] = try Self.weights(of: whole, in: returned)
      }
    }
    if let twice = packed.keys.sorted().first(where: dense.contains) {
      throw CheckpointError(
        .malformed, in: returned.path, at: .tensor(twice), "it came dense and in codes")
    }
    self.dense = dense
    self.packed = packed
    names = dense.union(packed.keys)
  }

  /// The weights that codes stand for.
  private static func weights(of whole: TensorDescriptor, in file: SafetensorsFile)
    throws(CheckpointError) -> [Float]
  {
    let rows = whole.rowCount
    let columns = whole.rowElementCount
    try file.requireTensor(whole.name + endings.codes, shape: whole.shape)
    let codes = try file.readIntegers(whole.name + endings.codes)
    let scaleName = whole.name + endings.scales
    let scaleTensor = try file.requireTensor(scaleName)
    let groups = scaleTensor.rowElementCount
    guard scaleTensor.shape.count == 2, scaleTensor.rowCount == rows, groups > 0,
      columns % groups == 0
    else {
      throw CheckpointError(
        .mismatched, in: file.path, at: .tensor(scaleName),
        "expected the shape [\(rows), groups] with groups that divide \(columns) columns, found "
          + "\(scaleTensor.shape)")
    }
    let scales = try file.read(scaleName)
    var zeros = [Float](repeating: 0, count: scales.count)
    let zeroName = whole.name + endings.zeros
    if let tensor = file.descriptor(of: zeroName) {
      try file.requireTensor(zeroName, shape: scaleTensor.shape)
      zeros =
        tensor.type.isInteger
        ? try file.readIntegers(zeroName).map { Float($0) } : try file.read(zeroName)
    }
    var weights = [Float](repeating: 0, count: codes.count)
    let width = columns / groups
    for index in codes.indices {
      let group = index / columns * groups + index % columns / width
      weights[index] = (Float(codes[index]) - zeros[group]) * scales[group]
      guard weights[index].isFinite else {
        throw CheckpointError(
          .notFinite, in: file.path, at: .element(tensor: whole.name, index: index),
          "expected a finite number, found \(weights[index])")
      }
    }
    return weights
  }

  /// How often larger than the model's own largest element, or than 1 where that is larger, one of a returned tensor may be
  /// before it is remarked on.
  static let mostTimes: Float = 1000

  /// Reads every tensor that came, whether or not the model will, so that no element is left that isn't finite.
  ///
  /// - Returns: A sentence for each tensor whose elements are far larger than the model's own: its scores may overflow.
  /// - Throws: ``Checkpoints/CheckpointError`` at the first element that isn't finite.
  func excesses() throws(CheckpointError) -> [String] {
    func largest(_ values: [Float]) -> Float { values.reduce(0) { max($0, abs($1)) } }
    var sentences: [String] = []
    for tensor in base.tensors where names.contains(tensor.name) && !tensor.type.isInteger {
      let found = largest(try read(tensor.name))
      let own = largest(try base.read(tensor.name))
      guard found > Self.mostTimes * max(1, own) else { continue }
      sentences.append(
        "tensor '\(tensor.name)' came with elements as large as \(found), where the model's own are at most \(own): "
          + "losses may overflow")
    }
    return sentences
  }

  func read(
    _ name: String, rows: Range<Int>, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    if dense.contains(name) { return try returned.read(name, rows: rows, into: destination) }
    guard let weights = packed[name] else {
      return try base.read(name, rows: rows, into: destination)
    }
    let width = try base.requireTensor(name).rowElementCount
    guard rows.lowerBound >= 0, rows.upperBound * width <= weights.count,
      destination.count == rows.count * width
    else {
      throw CheckpointError(
        .mismatched, in: returned.path, at: .tensor(name),
        "expected \(rows.count * width) elements, found \(destination.count)")
    }
    for index in 0..<destination.count {
      destination[index] = weights[rows.lowerBound * width + index]
    }
  }
}
