internal import Checkpoints
internal import Tensors
package import Transformers
package import Vocabulary

/// A model as a GGUF file holds it: names, rows in its order, and blocks.
package struct GGUFWeights {
  /// What blocks did to the weights.
  package struct Cost: Sendable, Equatable {
    /// The largest change of a weight, as a share of its grid's Δ.
    package var steps = 0.0
    /// The largest change of a number of the embedding or the head, as a share of itself.
    package var tables = 0.0
  }

  private let model: PlainModel
  private let bits: BitsLabel
  private let architecture: GGUFArchitecture
  /// The type of the linears' weights.
  package let type: GGUFBlocks

  /// The weights of a model of these bits.
  ///
  /// - Throws: ``ExportError`` for an architecture or bits that aren't written, or groups that blocks don't fit.
  package init(_ model: PlainModel, _ bits: BitsLabel, _ wanted: GGUFWeightType)
    throws(ExportError)
  {
    architecture = try GGUFArchitecture(model.configuration)
    type = try Self.type(model.configuration, bits, wanted)
    self.model = model
    self.bits = bits
  }

  /// The type of the linears' weights that was asked for, or the one that has the grid.
  ///
  /// - Throws: ``ExportError`` for bits and groups that it doesn't hold.
  package static func type(
    _ c: ModelConfiguration, _ bits: BitsLabel, _ wanted: GGUFWeightType
  ) throws(ExportError) -> GGUFBlocks {
    let type: GGUFBlocks
    switch wanted {
    case .f32: return .f32
    case .f16: return .f16
    case .q4_0: type = .q4_0
    case .q4_1: type = .q4_1
    case .q8_0: type = .q8_0
    case .auto:
      if bits.weights == 16 { return .f32 }
      type = bits.weights <= 4 ? .q4_1 : .q8_0
    }
    let most = type == .q8_0 ? 8 : 4
    guard bits.weights <= most else {
      throw .bits(
        .gguf, bits, expected: "weights of at most \(most) bits for \(type.rawValue)")
    }
    for kind in c.linears {
      let inputs = c.shape(of: kind).inputs
      let size = bits.groupSize ?? inputs
      guard size % 32 == 0 else {
        throw .groups(
          .gguf, size, of: kind.name,
          expected: "groups of a multiple of 32, which share a block of \(type.rawValue)")
      }
    }
    return type
  }

  /// Writes the file.
  ///
  /// - Parameters:
  ///   - keys: Metadata that isn't about the model's shape.
  ///   - path: The file.
  /// - Returns: What it cost.
  /// - Throws: ``ExportError`` for weights that aren't on grids that the type has; `FileError`.
  package func write(_ keys: [(name: String, value: GGUFFileWriter.Value)], to path: String) throws
    -> Cost
  {
    var cost = Cost()
    let tensors = architecture.tensors(of: model, type)
    let all =
      architecture.keys(of: model.configuration)
      + [
        ("general.file_type", .word(type.fileType)),
        ("general.quantization_version", .word(2)),
      ] + keys
    try GGUFFileWriter.write(all, tensors.map(\.tensor), to: path) { index, put in
      let (tensor, content) = tensors[index]
      switch content {
      case .vector(let values): try put(FloatBytes.singles(values))
      case .table(let table):
        try HubWeights.rows(of: table) { rows in
          for row in 0..<rows.rows {
            try put(plain(rows.values(ofRow: row), tensor, &cost.tables))
          }
        }
      case .weight(let id):
        let weight = model.weight(id, interleaved: architecture.isInterleaved)
        if tensor.type.blockLength == 1 {
          var largest = 0.0
          for row in 0..<weight.rows {
            try put(plain(weight.values(ofRow: row), tensor, &largest))
          }
        } else {
          try put(blocks(weight, tensor, &cost))
        }
      }
    }
    return cost
  }

  private func plain(_ values: [Float], _ tensor: GGUFFileWriter.Tensor, _ change: inout Double)
    throws(ExportError) -> [UInt8]
  {
    guard tensor.type == .f16 else { return FloatBytes.singles(values) }
    let (bytes, beyond) = FloatBytes.halves(values)
    if let beyond { throw .half(.gguf, tensor: tensor.name, beyond) }
    for value in values {
      guard let half = FloatBytes.half(value), value != 0 else { continue }
      change = max(
        change, abs(Double(FloatBytes.single(half)) - Double(value)) / Double(value.magnitude))
    }
    return bytes
  }

  private func blocks(_ weight: Matrix, _ tensor: GGUFFileWriter.Tensor, _ cost: inout Cost)
    throws(ExportError) -> [UInt8]
  {
    let coded: CodedMatrix
    do throws(CodedMatrix.OffGrid) {
      coded = try CodedMatrix(weight, groupSize: bits.groupSize, bits: bits.weights)
    } catch {
      throw .offGrid(
        .gguf, linear: tensor.name, row: error.row, group: error.group, bits: bits.weights,
        values: error.values)
    }
    var bytes: [UInt8] = []
    for row in 0..<coded.rows {
      for group in 0..<coded.groups {
        let grid = coded.grids[row * coded.groups + group]
        guard let range = tensor.type.levels,
          !range.contains(grid.least)
            || !range.contains(grid.most)
        else { continue }
        throw .levels(
          .gguf, linear: tensor.name, row: row, group: group, least: grid.least, most: grid.most,
          form: tensor.type.rawValue)
      }
      guard let (own, read) = tensor.type.row(coded, row) else {
        throw .half(
          .gguf, tensor: tensor.name, coded.grids[row * coded.groups].scale)
      }
      bytes += own
      for (column, pair) in zip(read, weight.values(ofRow: row)).enumerated() {
        let scale = coded.grids[row * coded.groups + column / coded.groupSize].scale
        cost.steps = max(cost.steps, abs(Double(pair.0) - Double(pair.1)) / Double(scale))
      }
    }
    return bytes
  }
}
