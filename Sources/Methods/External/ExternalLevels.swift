import Quantizers
import Tensors
import Transformers

/// Holds returned weights to the bits that they are said to have.
enum ExternalLevels {
  /// Why the linear's weights don't have the bits of `spec`; nil where they do.
  ///
  /// Each row, or each group of a row, may have as many different values as its codes have. How the values lie is
  /// the method's affair.
  ///
  /// > Shape: `matrix` is `[outputs, inputs]`.
  static func complaint(_ matrix: Matrix, _ spec: QuantizationSpec) -> String? {
    guard let bits = spec.weightBits else { return nil }
    let most = 1 << bits
    let width = spec.groupSize ?? matrix.columns
    let elements = matrix.elements
    for row in 0..<matrix.rows {
      for group in 0..<matrix.columns / width {
        let start = row * matrix.columns + group * width
        let count = Set(elements[start..<start + width]).count
        guard count > most else { continue }
        let place = spec.groupSize == nil ? "row \(row)" : "row \(row), group \(group)"
        return "\(place): expected at most \(most) values in \(spec), found \(count)"
      }
    }
    return nil
  }
}
