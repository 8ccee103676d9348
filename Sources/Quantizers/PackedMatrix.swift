internal import CKernels
public import Tensors

/// A weight matrix as packed codes, with the scale and zero point of each group.
///
/// Codes are packed little-endian, each row from a byte border on; N bits per weight, and per group a
/// float32 scale and a 16-bit signed zero point: `N + 48/g` bits per weight.
public struct PackedMatrix: @unchecked Sendable {
  // SAFETY: written row by row while it is built; afterwards whoever moves codes or scales on several
  // threads writes disjoint rows, which `forEachTile` call sites guarantee.
  /// Output rows.
  public let rows: Int
  /// Input columns.
  public let columns: Int
  /// Bits of a code.
  public let bits: Int
  /// Groups in a row.
  public let groups: Int
  private let rowBytes: Int
  private let codes: ByteBuffer
  private let scaleStorage: FloatBuffer
  private let zeros: ByteBuffer

  /// Quantizes and packs `matrix` row by row.
  public init(_ matrix: Matrix, quantizer: WeightQuantizer, clip: ClipFractions? = nil) {
    self.init(rows: matrix.rows, columns: matrix.columns, quantizer: quantizer)
    store(matrix, at: 0, quantizer: quantizer, clip: clip)
  }

  /// Zero codes of `[rows, columns]`, to be stored piece by piece, so that no float32 copy need exist.
  public init(rows: Int, columns: Int, quantizer: WeightQuantizer) {
    (self.rows, self.columns, bits) = (rows, columns, quantizer.bits)
    groups = quantizer.groups(in: columns)
    rowBytes = (columns * quantizer.bits + 7) / 8
    codes = ByteBuffer(byteCount: rows * rowBytes)
    scaleStorage = FloatBuffer(count: rows * groups)
    zeros = ByteBuffer(byteCount: rows * groups * 2)
  }

  /// Quantizes and packs `matrix` from row `first` on.
  ///
  /// - Parameters:
  ///   - matrix: Some rows, `[…, columns]`.
  ///   - first: Which row its first one becomes.
  ///   - quantizer: That of the whole matrix.
  ///   - clip: Fractions of the whole matrix, or of some rows.
  ///   - firstClip: Which row of the fractions is the first one's; `first` where they are of the whole.
  public func store(
    _ matrix: Matrix, at first: Int, quantizer: WeightQuantizer, clip: ClipFractions? = nil,
    firstClip: Int? = nil
  ) {
    precondition(
      matrix.columns == columns && first + matrix.rows <= rows && quantizer.bits == bits
        && quantizer.groups(in: columns) == groups,
      "[\(matrix.rows), \(matrix.columns)] at row \(first) of [\(rows), \(columns)]")
    forEachTile(tileCount(matrix.rows, size: 16)) { tile, _ in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: columns) { codes in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: groups) { zeros in
          guard let codes = codes.baseAddress, let zeros = zeros.baseAddress else { return }
          for offset in tileRange(tile, of: matrix.rows, size: 16) {
            let row = first + offset
            quantizer.quantize(
              matrix.row(offset), columns: columns, clip: clip?.row((firstClip ?? first) + offset),
              codes: codes,
              scales: scaleStorage.pointer + row * groups, zeros: zeros)
            // A group that isn't finite has a NaN for a scale, which is enough to make it NaN again.
            for g in 0..<groups { zeroPointer[row * groups + g] = Int16(exactly: zeros[g]) ?? 0 }
            zq_pack(codes, codePointer(row), columns, Int32(bits))
          }
        }
      }
    }
  }

  private func codePointer(_ row: Int) -> UnsafeMutablePointer<UInt8> {
    codes.base.assumingMemoryBound(to: UInt8.self) + row * rowBytes
  }

  private var zeroPointer: UnsafeMutablePointer<Int16> {
    zeros.base.assumingMemoryBound(to: Int16.self)
  }

  /// Codes of one row.
  public func codes(ofRow row: Int) -> [UInt8] {
    precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
    var result = [UInt8](repeating: 0, count: columns)
    zq_unpack(codePointer(row), &result, columns, Int32(bits))
    return result
  }

  /// Writes `(code − z)·Δ` of one row.
  ///
  /// - Parameters:
  ///   - row: Which row.
  ///   - out: Gets `columns` weights.
  ///   - scratch: `columns` bytes.
  public func dequantize(
    row: Int, into out: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<UInt8>
  ) {
    precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
    zq_unpack(codePointer(row), scratch, columns, Int32(bits))
    let size = columns / groups
    for g in 0..<groups {
      let grid = zq_grid(
        scale: scaleStorage.pointer[row * groups + g], zero: Float(zeroPointer[row * groups + g]))
      zq_dequantize(scratch + g * size, out + g * size, size, grid)
    }
  }

  /// Writes the codes of one row, for a product in integers.
  ///
  /// - Precondition: A row has one group.
  /// - Returns: The row's grid with `bias`.
  public func codeRow(
    _ row: Int, into codes: UnsafeMutablePointer<UInt8>, bias: Float
  ) -> CodeRow {
    precondition(groups == 1 && row >= 0 && row < rows, "row \(row) of \(rows), \(groups) groups")
    zq_unpack(codePointer(row), codes, columns, Int32(bits))
    return CodeRow(
      scale: scaleStorage.pointer[row], zero: Float(zeroPointer[row]), bias: bias)
  }

  /// Δ of every group, `[rows, groups]`: a view, by which scales can be moved.
  public var scales: Matrix {
    Matrix(storage: scaleStorage, offset: 0, rows: rows, columns: groups)
  }

  /// The same codes and zero points under other scales; codes are shared, not copied.
  ///
  /// > Shape: `scales` is `[rows, groups]`, contiguous and all of its storage.
  public func scaled(by scales: Matrix) -> PackedMatrix { PackedMatrix(self, scales: scales) }

  private init(_ other: PackedMatrix, scales: Matrix) {
    precondition(
      scales.rows == other.rows && scales.columns == other.groups && scales.offset == 0
        && scales.stride == scales.columns,
      "scales of [\(scales.rows), \(scales.columns)] for [\(other.rows), \(other.groups)]")
    (rows, columns, bits) = (other.rows, other.columns, other.bits)
    (groups, rowBytes) = (other.groups, other.rowBytes)
    (codes, zeros) = (other.codes, other.zeros)
    scaleStorage = scales.storage
  }

  /// Moves the codes of one row: `code ← clamp(code + r(step/Δ), 0, 2ᴺ − 1)`, r rounding
  /// stochastically, so that unless a code is clamped its weight moves by `step` in the mean.
  ///
  /// - Parameters:
  ///   - row: Which row.
  ///   - step: What to add to each of `columns` weights; where it is NaN, nothing.
  ///   - uniforms: `columns` numbers in [0, 1).
  public func moveCodes(
    row: Int, by step: UnsafePointer<Float>, uniforms: UnsafePointer<Float>
  ) {
    precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
    let size = columns / groups
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: columns) { scratch in
      guard let base = scratch.baseAddress else { return }
      zq_unpack(codePointer(row), base, columns, Int32(bits))
      for g in 0..<groups {
        zq_move_codes(
          base + g * size, step + g * size, uniforms + g * size,
          scaleStorage.pointer[row * groups + g], size, Int32(bits))
      }
      zq_pack(base, codePointer(row), columns, Int32(bits))
    }
  }

  /// Moves all codes by `factor · z` over their scales, z being the direction of tensor `tensor`;
  /// tiled over rows.
  public func moveCodes(_ directions: any Directions, factor: Float, tensor: Int) {
    forEachTile(tileCount(rows, size: 16)) { tile, _ in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * columns) { scratch in
        guard let step = scratch.baseAddress else { return }
        let uniforms = step + columns
        for row in tileRange(tile, of: rows, size: 16) {
          step.update(repeating: 0, count: columns)
          directions.add(to: step, factor: factor, count: columns, row: row, tensor: tensor)
          directions.fillUniforms(uniforms, count: columns, row: row, tensor: tensor, .codes)
          moveCodes(row: row, by: step, uniforms: uniforms)
        }
      }
    }
  }

  /// Bytes of codes, scales and zero points.
  public var byteCount: Int { rows * rowBytes + rows * groups * (4 + 2) }
}

/// Packs codes into bytes, little-endian; element i of N bits takes bits `i·N ..< (i+1)·N`.
///
/// > Source: ZeroQAT's official code, quantize/quantizer_pack.py, for widths that divide 8; 3 and 6
///   bits, which it lacks, continue across byte borders.
///
/// - Precondition: Every code is below 2ᴺ.
public func packed(_ codes: [UInt8], bits: Int) -> [UInt8] {
  precondition((1...8).contains(bits), "codes of \(bits) bits")
  precondition(codes.allSatisfy { Int($0) < 1 << bits }, "a code of \(bits) bits is too large")
  var bytes = [UInt8](repeating: 0, count: (codes.count * bits + 7) / 8)
  zq_pack(codes, &bytes, codes.count, Int32(bits))
  return bytes
}

/// The inverse of ``packed(_:bits:)``.
///
/// - Precondition: There are enough bytes for `count` codes.
public func unpacked(_ bytes: [UInt8], count: Int, bits: Int) -> [UInt8] {
  precondition(
    (1...8).contains(bits) && bytes.count >= (count * bits + 7) / 8,
    "\(bytes.count) bytes for \(count) codes of \(bits) bits")
  var codes = [UInt8](repeating: 0, count: count)
  zq_unpack(bytes, &codes, count, Int32(bits))
  return codes
}
