internal import CKernels
public import Tensors

/// LLM-QAT's quantizers: grids from the largest or mean |x| of a row, or from its range.
///
/// Gradients pass unchanged; for all but the mean-absolute form they are zero where |x| ≥ 2.
///
/// > Source: Liu et al. 2023, arXiv:2305.17888, eqs. 1 and 2; official code, models/utils_quant.py.
///
/// DEVIATION: a row of zeros stays zeros in the mean-absolute form, where the official code divides by 0.
public struct AbsoluteQuantizer: Sendable, Equatable {
  /// Where a row's grid comes from.
  public enum Form: Sendable, Equatable {
    /// `s = (2ᴺ⁻¹ − 1)/(max|x| + 1e-6)`, `round(x·s)/(s + 1e-6)`.
    case symmetric
    /// `round((x − min)/(r + 1e-8)·top)/top·(r + 1e-8) + min`, with the range r and `top = 2ᴺ − 1`.
    case asymmetric
    /// 1 bit: `mean|x|·sign(x)`; 2 bits: the levels ±¼, ±¾ of `2·mean|x|`.
    case meanAbsolute
  }

  /// Bits of a code.
  public let bits: Int
  /// Where a row's grid comes from.
  public let form: Form

  /// A quantizer.
  public init(bits: Int, form: Form) {
    precondition(
      (1...8).contains(bits) && (form != .symmetric || bits >= 2)
        && (form != .meanAbsolute || bits <= 2), "codes of \(bits) bits, \(form)")
    self.bits = bits
    self.form = form
  }

  /// The quantizer of weights: symmetric, or mean-absolute for 1 and 2 bits.
  public static func weights(bits: Int) -> Self {
    Self(bits: bits, form: bits <= 2 ? .meanAbsolute : .symmetric)
  }

  /// The quantizer of activations; nil at 2 bits and below, where LLM-QAT leaves them alone.
  public static func activations(bits: Int) -> Self? {
    bits <= 2 ? nil : Self(bits: bits, form: .symmetric)
  }

  /// What passes backwards.
  public var estimator: StraightThrough {
    form == .meanAbsolute ? .identity : .identity(bound: 2)
  }

  /// Fake-quantizes one row in place.
  public func fakeQuantize(_ row: UnsafeMutablePointer<Float>, columns: Int) {
    switch form {
    case .symmetric: zq_symmetric(row, columns, Int32(bits))
    case .asymmetric: zq_asymmetric(row, columns, Int32(bits))
    case .meanAbsolute: zq_mean_absolute(row, columns, Int32(bits))
    }
  }

  /// Fake-quantizes each row, or each group of a row, of `x` in place, tiled over rows.
  ///
  /// > Shape: `x` is `[T, C]`; `groupSize` divides C; nil means C.
  public func fakeQuantize(_ x: Matrix, groupSize: Int? = nil) {
    let size = groupSize ?? x.columns
    precondition(x.columns % size == 0, "rows of \(x.columns) by \(size)")
    forEachTile(tileCount(x.rows, size: 16)) { tile, _ in
      for row in tileRange(tile, of: x.rows, size: 16) {
        for first in stride(from: 0, to: x.columns, by: size) {
          fakeQuantize(x.row(row) + first, columns: size)
        }
      }
    }
  }

  /// Turns the gradient of what was quantized into that of `x`, in place, tiled over rows.
  ///
  /// - Parameters:
  ///   - x: The numbers as they were before quantization.
  ///   - gradient: Gradient of the quantized numbers; becomes that of `x`.
  public func fakeQuantizeBackward(_ x: Matrix, gradient: Matrix) {
    precondition(
      x.rows == gradient.rows && x.columns == gradient.columns,
      "[\(x.rows), \(x.columns)] and gradients of [\(gradient.rows), \(gradient.columns)]")
    guard case .identity(let bound) = estimator, bound < .infinity else { return }
    forEachTile(tileCount(x.rows, size: 16)) { tile, _ in
      for row in tileRange(tile, of: x.rows, size: 16) {
        zq_pass_inside(x.row(row), gradient.row(row), x.columns, bound)
      }
    }
  }
}
