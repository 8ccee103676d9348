internal import CKernels

/// A direction in parameter space, row by row of each tensor.
public protocol Directions: Sendable {
  /// `w ← w + factor · z` for one row of tensor `tensor`.
  func add(
    to w: UnsafeMutablePointer<Float>, factor: Float, count: Int, row: Int, tensor: Int)
}

extension NormalStream: Directions {}

/// A direction of ±1 per parameter, from the same counters as ``NormalStream``.
///
/// > Source: Spall 1992, doi:10.1109/9.119632, where Bernoulli ±1 is the standard choice.
public struct RademacherStream: Directions, Equatable {
  /// Master seed.
  public let seed: UInt64
  /// Number of the draw.
  public let draw: UInt32

  /// The stream of one draw.
  public init(seed: UInt64, draw: UInt32) {
    self.seed = seed
    self.draw = draw
  }

  /// `w ← w + factor · z`, z = ±1.
  public func add(
    to w: UnsafeMutablePointer<Float>, factor: Float, count: Int, row: Int, tensor: Int
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { z in
      guard let base = z.baseAddress else { return }
      zq_rademacher_row(base, count, UInt32(row), UInt32(tensor), draw, seed)
      for i in 0..<count { w[i] += factor * base[i] }
    }
  }
}
