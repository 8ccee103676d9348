internal import Quantizers

/// How a checkpoint of packed codes lays out one linear: tensors beside each other under its name.
package enum PackedLayout {
  /// AutoGPTQ's: codes and zero points in words of 32 bits, scales in half precision.
  ///
  /// `qweight[w, o]` holds the codes of inputs `w·32/N …` of output o from the lowest bit on, `qzeros[g, w]` the zero
  /// points of outputs `w·32/N …` of group g, less 1 in the first version of the format; `scales[g, o]`;
  /// `g_idx[i] = i / g`.
  ///
  /// > Source: the checkpoints of AutoGPTQ (`checkpoint_format` `gptq` and `gptq_v2`), as transformers reads them.
  package struct GPTQ: Sendable {
    /// Words of codes, `[inputs·N/32, outputs]`.
    package let qweight: [UInt32]
    /// Words of zero points, `[groups, outputs·N/32]`.
    package let qzeros: [UInt32]
    /// Scales, `[groups, outputs]`.
    package let scales: [Float]
    /// The group of each input.
    package let groupIndex: [UInt32]

    /// Lays out a weight.
    ///
    /// - Precondition: Rows and columns fill words.
    /// - Parameters:
    ///   - matrix: The weight.
    ///   - offset: What is taken off every zero point: 1 in the first version, 0 in the second.
    /// - Throws: ``CodedMatrix/OneSigned`` for a zero point that is no code.
    package init(_ matrix: CodedMatrix, offset: Int) throws(CodedMatrix.OneSigned) {
      let (codes, zeros) = try matrix.coded(zerosFrom: offset)
      if offset > 0, let index = zeros.firstIndex(where: { $0 < offset }) {
        throw CodedMatrix.OneSigned(
          row: index / matrix.groups, group: index % matrix.groups, zero: Int(zeros[index]),
          most: (1 << matrix.bits) - 1)
      }
      let (rows, groups) = (matrix.rows, matrix.groups)
      precondition(
        matrix.columns * matrix.bits % 32 == 0 && rows * matrix.bits % 32 == 0,
        "[\(rows), \(matrix.columns)] of \(matrix.bits) bits doesn't fill words")
      let width = matrix.columns * matrix.bits / 32
      var qweight = [UInt32](repeating: 0, count: width * rows)
      for row in 0..<rows {
        let own = words(codes[row * matrix.columns..<(row + 1) * matrix.columns], matrix.bits)
        for (word, value) in own.enumerated() { qweight[word * rows + row] = value }
      }
      var (qzeros, scales) = ([UInt32](), [Float]())
      for group in 0..<groups {
        let own = (0..<rows).map { zeros[$0 * groups + group] - UInt8(offset) }
        qzeros += words(own[...], matrix.bits)
        scales += (0..<rows).map { matrix.grids[$0 * groups + group].scale }
      }
      self.qweight = qweight
      self.qzeros = qzeros
      self.scales = scales
      groupIndex = (0..<matrix.columns).map { UInt32($0 / matrix.groupSize) }
    }
  }

  /// compressed-tensors' `pack-quantized`: codes of a row as one stream of bits in words of 32, scales as they are.
  ///
  /// `weight_packed[o, w]` and `weight_zero_point[w, g]`, the latter packed along outputs, hold codes and zero points as
  /// unsigned numbers: signed ones plus `2ᴺ⁻¹`.
  ///
  /// > Source: the pack-quantized compressor of compressed-tensors 0.20, read for what its tensors mean.
  package struct Compressed: Sendable {
    /// Words of codes, `[outputs, ⌈inputs·N/32⌉]`.
    package let packed: [UInt32]
    /// Words of zero points, `[⌈outputs·N/32⌉, groups]`.
    package let zeroPoints: [UInt32]
    /// Scales, `[outputs, groups]`.
    package let scales: [Float]

    /// Lays out a weight.
    ///
    /// - Throws: ``CodedMatrix/OneSigned`` for a zero point that is no code.
    package init(_ matrix: CodedMatrix) throws(CodedMatrix.OneSigned) {
      let (codes, zeros) = try matrix.coded()
      let (rows, groups) = (matrix.rows, matrix.groups)
      packed = (0..<rows).flatMap { row in
        words(codes[row * matrix.columns..<(row + 1) * matrix.columns], matrix.bits)
      }
      let height = (rows * matrix.bits + 31) / 32
      var zeroPoints = [UInt32](repeating: 0, count: height * groups)
      for group in 0..<groups {
        let own = words((0..<rows).map { zeros[$0 * groups + group] }[...], matrix.bits)
        for (word, value) in own.enumerated() { zeroPoints[word * groups + group] = value }
      }
      self.zeroPoints = zeroPoints
      scales = matrix.grids.map(\.scale)
    }
  }

  /// Codes as a stream of bits, lowest first, in words of 32 bits; the last is filled up with zeros.
  private static func words(_ codes: ArraySlice<UInt8>, _ bits: Int) -> [UInt32] {
    let bytes = Quantizers.packed(Array(codes), bits: bits)
    return (0..<(bytes.count + 3) / 4).map { word in
      (0..<4).reduce(UInt32(0)) { sum, byte in
        let index = word * 4 + byte
        return index < bytes.count ? sum | UInt32(bytes[index]) << (8 * byte) : sum
      }
    }
  }
}
