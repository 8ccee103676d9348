internal import CKernels

/// Standard normals that are a pure function of (seed, draw, tensor, row, column).
///
/// Any order, any chunk, any thread, any instruction set: the same bits.
///
/// > Source: Philox4x32-10, Salmon et al. 2011; Box and Muller 1958. Layout in `CKernels.h`.
public struct NormalStream: Sendable, Equatable {
  /// Master seed; the generator's key.
  public let seed: UInt64
  /// Number of the draw (one per direction and step); the fourth counter word.
  public let draw: UInt32

  /// The stream of one draw.
  public init(seed: UInt64, draw: UInt32) {
    self.seed = seed
    self.draw = draw
  }

  /// Writes the normals of one row of tensor `tensor`.
  public func fill(_ out: UnsafeMutablePointer<Float>, count: Int, row: Int, tensor: Int) {
    zq_gaussian_row(out, count, UInt32(row), UInt32(tensor), draw, seed)
  }

  /// `w ← w + factor · z` for one row, by fused multiply-add.
  public func add(
    to w: UnsafeMutablePointer<Float>, factor: Float, count: Int, row: Int, tensor: Int
  ) {
    zq_gaussian_axpy_row(w, factor, count, UInt32(row), UInt32(tensor), draw, seed)
  }

  /// The same normals one by one, slowly: the oracle of ``fill(_:count:row:tensor:)``.
  public func reference(count: Int, row: Int, tensor: Int) -> [Float] {
    var out = [Float](repeating: 0, count: count)
    zq_gaussian_row_reference(&out, count, UInt32(row), UInt32(tensor), draw, seed)
    return out
  }
}

/// One Philox4x32-10 block.
///
/// > Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", SC11.
public func philox4x32(counter: [UInt32], key: [UInt32]) -> [UInt32] {
  precondition(counter.count == 4 && key.count == 2, "Philox4x32 takes four and two words")
  var words = [UInt32](repeating: 0, count: 4)
  zq_philox4x32_10(counter, key, &words)
  return words
}
