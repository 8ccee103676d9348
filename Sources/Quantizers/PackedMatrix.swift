internal import CKernels
public import Tensors

/// A weight matrix as packed codes, with the scale and zero point of each group.
///
/// Codes are packed little-endian, each row from a byte border on; N bits per weight, and per group a
/// float32 scale and a 16-bit signed zero point: `N + 48/g` bits per weight.
public struct PackedMatrix: @unchecked Sendable {
  // SAFETY: written once, row by row, while it is built; read-only afterwards.
  /// Output rows.
  public let rows: Int
  /// Input columns.
  public let columns: Int
  /// Bits of a code.
  public let bits: Int
  private let groups: Int
  private let rowBytes: Int
  private let codes: ByteBuffer
  private let scales: FloatBuffer
  private let zeros: ByteBuffer

  /// Quantises and packs `matrix` row by row.
  public init(_ matrix: Matrix, quantizer: WeightQuantizer, clip: ClipFractions? = nil) {
    (rows, columns, bits) = (matrix.rows, matrix.columns, quantizer.bits)
    groups = quantizer.groups(in: matrix.columns)
    rowBytes = (matrix.columns * quantizer.bits + 7) / 8
    codes = ByteBuffer(byteCount: matrix.rows * rowBytes)
    scales = FloatBuffer(count: matrix.rows * groups)
    zeros = ByteBuffer(byteCount: matrix.rows * groups * 2)
    var row = [UInt8](repeating: 0, count: columns)
    var rowZeros = [Float](repeating: 0, count: groups)
    for r in 0..<rows {
      quantizer.quantize(
        matrix.row(r), columns: columns, clip: clip?.row(r), codes: &row,
        scales: scales.pointer + r * groups, zeros: &rowZeros)
      // A group that isn't finite has a NaN for a scale, which is enough to make it NaN again.
      for g in 0..<groups { zeroPointer[r * groups + g] = Int16(exactly: rowZeros[g]) ?? 0 }
      zq_pack(row, codePointer(r), columns, Int32(bits))
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
        scale: scales.pointer[row * groups + g], zero: Float(zeroPointer[row * groups + g]))
      zq_dequantize(scratch + g * size, out + g * size, size, grid)
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
