/// Weights in the blocks of GGUF's types.
///
/// > Source: the block layouts in the ggml project's description of its types.
package enum GGUFBlocks: String, Sendable, CaseIterable {
  /// binary32.
  case f32 = "F32"
  /// binary16.
  case f16 = "F16"
  /// 32 codes of 4 bits around 8: `w = d·(q − 8)`.
  case q4_0 = "Q4_0"
  /// 32 codes of 4 bits from a least value: `w = d·q + m`.
  case q4_1 = "Q4_1"
  /// 32 signed bytes: `w = d·q`.
  case q8_0 = "Q8_0"

  /// The type's number in the format.
  package var number: UInt32 {
    switch self {
    case .f32: 0
    case .f16: 1
    case .q4_0: 2
    case .q4_1: 3
    case .q8_0: 8
    }
  }

  /// Weights of a block.
  package var blockLength: Int { self == .f32 || self == .f16 ? 1 : 32 }

  /// Bytes of a block.
  package var blockBytes: Int {
    switch self {
    case .f32: 4
    case .f16: 2
    case .q4_0: 18
    case .q4_1: 20
    case .q8_0: 34
    }
  }

  /// The levels that a grid may have around its zero; nil where they may lie anywhere, or there are none.
  var levels: ClosedRange<Int>? {
    switch self {
    case .q4_0: -8...7
    case .q8_0: -128...127
    case .f32, .f16, .q4_1: nil
    }
  }

  /// What `general.file_type` says of a model whose linears are of the type.
  var fileType: UInt32 { self == .q8_0 ? 7 : number }

  /// The bytes of one row of levels.
  ///
  /// - Parameters:
  ///   - matrix: The levels; each group is a multiple of 32 long and fits the type.
  ///   - row: Which row.
  /// - Returns: The bytes, or nil where a scale or a least value is beyond half precision; and the weights as they
  ///   will be read.
  package func row(_ matrix: CodedMatrix, _ row: Int) -> (bytes: [UInt8], weights: [Float])? {
    var (bytes, weights) = ([UInt8](), [Float]())
    for block in 0..<matrix.columns / 32 {
      let grid = matrix.grids[row * matrix.groups + block * 32 / matrix.groupSize]
      let start = row * matrix.columns + block * 32
      let levels = matrix.levels[start..<start + 32].map { Int($0) }
      guard let half = FloatBytes.half(grid.scale) else { return nil }
      let scale = FloatBytes.single(half)
      bytes += [UInt8(truncatingIfNeeded: half), UInt8(half >> 8)]
      switch self {
      case .q8_0:
        bytes += levels.map { UInt8(bitPattern: Int8($0)) }
        weights += levels.map { scale * Float($0) }
      case .q4_0:
        bytes += Self.nibbles(levels.map { $0 + 8 })
        weights += levels.map { scale * Float($0) }
      case .q4_1:
        // The zero point of codes from 0: any that keeps them within 4 bits will do.
        guard let least = FloatBytes.half(grid.scale * Float(grid.least)) else { return nil }
        bytes += [UInt8(truncatingIfNeeded: least), UInt8(least >> 8)]
        bytes += Self.nibbles(levels.map { $0 - grid.least })
        weights += levels.map { scale * Float($0 - grid.least) + FloatBytes.single(least) }
      case .f32, .f16: preconditionFailure("\(rawValue) has no levels")
      }
    }
    return (bytes, weights)
  }

  /// 32 codes in 16 bytes: the first half in low nibbles, the second in high ones.
  private static func nibbles(_ codes: [Int]) -> [UInt8] {
    (0..<16).map { UInt8(codes[$0]) | UInt8(codes[$0 + 16]) << 4 }
  }
}
