package import JSONText
internal import Tensors
package import Transformers
package import Vocabulary

/// A model in the hub's layout whose linears are packed codes.
package struct PackedWeights {
  /// What packing did to the weights.
  package struct Cost: Sendable, Equatable {
    /// The largest share by which a scale was changed.
    package var scale = 0.0
    /// Whether every code times its scale is the weight to the last bit, before scales were rounded.
    package var isExact = true
    /// The version of GPTQ's layout: 1, or 2 where a zero point is 0.
    package var version = 1
  }

  private let weights: HubWeights
  private let bits: BitsLabel
  private let form: ExportForm

  /// The weights of a model of these bits.
  ///
  /// - Throws: ``ExportError`` for bits and groups that the form doesn't hold.
  package init(_ weights: HubWeights, _ bits: BitsLabel, _ form: ExportForm) throws(ExportError) {
    try Self.check(weights.layout.configuration, bits, form)
    self.weights = weights
    self.bits = bits
    self.form = form
  }

  /// Sees that the form holds a model of this shape and these bits.
  ///
  /// - Throws: ``ExportError/bits(_:_:expected:)`` or ``ExportError/groups(_:_:of:expected:)``.
  package static func check(_ c: ModelConfiguration, _ bits: BitsLabel, _ form: ExportForm)
    throws(ExportError)
  {
    // Codes of 3 and 6 bits lie differently in words from one version of the readers to the next.
    guard [2, 4, 8].contains(bits.weights) else {
      throw .bits(form, bits, expected: "weights of 2, 4 or 8 bits")
    }
    guard form == .gptq else { return }
    for kind in c.linears {
      let (outputs, inputs) = c.shape(of: kind)
      let inWord = 32 / bits.weights
      for (count, what) in [(inputs, "inputs"), (outputs, "outputs")] where count % inWord != 0 {
        throw .groups(
          form, bits.groupSize ?? inputs, of: kind.name,
          expected: "a multiple of \(inWord) \(what), which share a word, not \(count)")
      }
    }
  }

  /// Writes all tensors.
  ///
  /// - Returns: What it cost.
  /// - Throws: ``ExportError`` for weights that aren't on grids of the bits; `FileError`.
  package func write(to path: String) throws -> Cost {
    guard form == .gptq else { return try write(to: path, offset: 0) }
    do { return try write(to: path, offset: 1) } catch is NoOffset {
      var cost = try write(to: path, offset: 0)
      cost.version = 2
      return cost
    }
  }

  /// A zero point that GPTQ's first version can't hold, as it stores one less.
  private struct NoOffset: Error {}

  /// A linear's tensors.
  private enum Piece {
    case codes, zeros, scales, order, shape, plain
  }

  private func write(to path: String, offset: Int) throws -> Cost {
    let halves = form == .gptq
    var entries: [(entry: TensorFile.Entry, tensor: HubLayout.Tensor, piece: Piece)] = []
    for tensor in weights.layout.tensors {
      guard case .weights = tensor.part else {
        let entry = TensorFile.Entry(
          name: tensor.name, type: halves ? .half : .single, shape: tensor.shape)
        entries.append((entry, tensor, .plain))
        continue
      }
      for (name, type, shape, piece) in members(of: tensor) {
        entries.append((TensorFile.Entry(name: name, type: type, shape: shape), tensor, piece))
      }
    }
    var cost = Cost()
    var last: (name: String, pieces: [Piece: [UInt8]])?
    try TensorFile.write(entries.map(\.entry), to: path) { index, put in
      let (entry, tensor, piece) = entries[index]
      guard piece == .plain else {
        if last?.name != tensor.name {
          last = (tensor.name, try packed(tensor, offset: offset, &cost))
        }
        try put(last?.pieces[piece] ?? [])
        return
      }
      try weights.forEachPiece(of: tensor) { matrix in
        for row in 0..<matrix.rows {
          let values = matrix.values(ofRow: row)
          try put(halves ? half(values, of: entry.name) : FloatBytes.singles(values))
        }
      }
    }
    return cost
  }

  private func members(of tensor: HubLayout.Tensor)
    -> [(String, TensorFile.ElementType, [Int], Piece)]
  {
    let (outputs, inputs) = (tensor.shape[0], tensor.shape[1])
    let groups = inputs / (bits.groupSize ?? inputs)
    let stem = tensor.name.dropLast("weight".count)
    func words(_ count: Int) -> Int { (count * bits.weights + 31) / 32 }
    if form == .gptq {
      return [
        (stem + "qweight", .word, [words(inputs), outputs], .codes),
        (stem + "qzeros", .word, [groups, words(outputs)], .zeros),
        (stem + "scales", .half, [groups, outputs], .scales),
        (stem + "g_idx", .word, [inputs], .order),
      ]
    }
    return [
      (stem + "weight_packed", .word, [outputs, words(inputs)], .codes),
      (stem + "weight_scale", .single, [outputs, groups], .scales),
      (stem + "weight_zero_point", .word, [words(outputs), groups], .zeros),
      (stem + "weight_shape", .long, [2], .shape),
    ]
  }

  private func packed(_ tensor: HubLayout.Tensor, offset: Int, _ cost: inout Cost) throws
    -> [Piece: [UInt8]]
  {
    guard case .weights(let ids) = tensor.part else { return [:] }
    let matrix = Matrix(rows: tensor.shape[0], columns: tensor.shape[1])
    var row = 0
    for id in ids {
      let own = weights.model.weight(id, interleaved: false)
      matrix.rows(row..<row + own.rows).copy(from: own)
      row += own.rows
    }
    let coded: CodedMatrix
    do {
      coded = try CodedMatrix(matrix, groupSize: bits.groupSize, bits: bits.weights)
    } catch {
      throw ExportError.offGrid(
        form, linear: tensor.name, row: error.row, group: error.group, bits: bits.weights,
        values: error.values)
    }
    cost.isExact = cost.isExact && coded.isExact
    do {
      if form == .gptq {
        let layout = try PackedLayout.GPTQ(coded, offset: offset)
        for scale in layout.scales {
          guard let half = FloatBytes.half(scale) else { continue }
          cost.scale = max(
            cost.scale, abs(Double(FloatBytes.single(half)) - Double(scale)) / Double(scale))
        }
        return [
          .codes: FloatBytes.words(layout.qweight), .zeros: FloatBytes.words(layout.qzeros),
          .scales: try half(layout.scales, of: tensor.name),
          .order: FloatBytes.words(layout.groupIndex),
        ]
      }
      let layout = try PackedLayout.Compressed(coded)
      return [
        .codes: FloatBytes.words(layout.packed), .zeros: FloatBytes.words(layout.zeroPoints),
        .scales: FloatBytes.singles(layout.scales),
        .shape: FloatBytes.words(tensor.shape.flatMap { [UInt32($0), 0] }),
      ]
    } catch let error as CodedMatrix.OneSigned {
      if offset > 0, error.zero == 0 { throw NoOffset() }
      throw ExportError.zeroPoint(
        form, linear: tensor.name, row: error.row, group: error.group, zero: error.zero,
        most: error.most)
    }
  }

  private func half(_ values: [Float], of tensor: String) throws(ExportError) -> [UInt8] {
    let (bytes, beyond) = FloatBytes.halves(values)
    if let beyond { throw .half(form, tensor: tensor, beyond) }
    return bytes
  }

  /// The member `quantization_config` of `config.json`.
  package func configuration(_ cost: Cost) -> JSON {
    let size = bits.groupSize.map { JSON.integer(Int64($0)) }
    if form == .gptq {
      return .object([
        JSON.Member("quant_method", .string("gptq")),
        JSON.Member("bits", .integer(Int64(bits.weights))),
        JSON.Member("group_size", size ?? .integer(-1)), JSON.Member("desc_act", .bool(false)),
        JSON.Member("sym", .bool(false)), JSON.Member("lm_head", .bool(false)),
        JSON.Member("checkpoint_format", .string(cost.version == 2 ? "gptq_v2" : "gptq")),
      ])
    }
    // What isn't in a block but is a linear all the same.
    let others = weights.layout.tensors.filter {
      [.head, .projectionIn, .projectionOut].contains($0.part)
    }
    let ignored = Set(others.map { String($0.name.dropLast(".weight".count)) } + ["lm_head"])
    return .object([
      JSON.Member("quant_method", .string("compressed-tensors")),
      JSON.Member("format", .string("pack-quantized")),
      JSON.Member("quantization_status", .string("compressed")),
      JSON.Member("ignore", .array(ignored.sorted().map { .string($0) })),
      JSON.Member(
        "config_groups",
        .object([
          JSON.Member(
            "group_0",
            .object([
              JSON.Member("targets", .array([.string("Linear")])),
              JSON.Member(
                "weights",
                .object([
                  JSON.Member("num_bits", .integer(Int64(bits.weights))),
                  JSON.Member("type", .string("int")), JSON.Member("symmetric", .bool(false)),
                  JSON.Member("strategy", .string(size == nil ? "channel" : "group")),
                  JSON.Member("group_size", size ?? .null), JSON.Member("dynamic", .bool(false)),
                ])),
              JSON.Member("input_activations", .null), JSON.Member("output_activations", .null),
            ]))
        ])),
    ])
  }
}
