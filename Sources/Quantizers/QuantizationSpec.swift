internal import Vocabulary

/// Bits and granularity of a quantized model.
public struct QuantizationSpec: Sendable, Equatable, CustomStringConvertible {
  /// Bits of a weight code; nil leaves weights alone.
  public let weightBits: Int?
  /// Bits of an activation code, dynamic per token; nil leaves activations alone.
  public let activationBits: Int?
  /// Input columns that share a grid; nil means a whole row.
  public let groupSize: Int?

  /// A specification from its parts.
  ///
  /// - Throws: ``QuantizationError`` for widths outside the supported ones or a group without bits.
  public init(weightBits: Int?, activationBits: Int?, groupSize: Int?) throws(QuantizationError) {
    if let weightBits, !BitWidths.weights.contains(weightBits) {
      throw .unsupportedWidth(weightBits, of: "weights", supported: "2, 3, 4, 6, 8 or 16")
    }
    if let activationBits, !BitWidths.activations.contains(activationBits) {
      throw .unsupportedWidth(activationBits, of: "activations", supported: "2 to 8, or 16")
    }
    if let groupSize {
      guard groupSize > 0 else { throw .groupSize(groupSize) }
      guard weightBits != nil else { throw .groupWithoutBits(groupSize) }
    }
    self.weightBits = weightBits
    self.activationBits = activationBits
    self.groupSize = groupSize
  }

  /// Nothing is quantized.
  public static let none = QuantizationSpec()

  private init() {
    weightBits = nil
    activationBits = nil
    groupSize = nil
  }

  /// The field's label, such as `W4A4` or `W2A16g64`; `FP` when nothing is quantized.
  public var description: String {
    if weightBits == nil && activationBits == nil { return "FP" }
    return "W\(weightBits ?? 16)A\(activationBits ?? 16)" + (groupSize.map { "g\($0)" } ?? "")
  }
}

/// Why a tensor can't be quantized as asked.
public enum QuantizationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A width that isn't supported.
  case unsupportedWidth(Int, of: String, supported: String)
  /// A group size below 1.
  case groupSize(Int)
  /// A group size where weights aren't quantized.
  case groupWithoutBits(Int)
  /// The group size doesn't divide a linear's inputs.
  case groupDoesNotDivide(groupSize: Int, inputs: Int, linear: String)

  /// One line: what was asked, what would do.
  public var description: String {
    switch self {
    case .unsupportedWidth(let bits, let what, let supported):
      "\(bits)-bit \(what) are not supported; supported: \(supported)"
    case .groupSize(let size): "expected a group size of at least 1, found \(size)"
    case .groupWithoutBits(let size):
      "the group size \(size) contradicts weights of 16 bits, which have no groups"
    case .groupDoesNotDivide(let size, let inputs, let linear):
      "the group size \(size) does not divide the \(inputs) inputs of \(linear); "
        + "nearest that do: \(Self.divisors(near: size, of: inputs))"
    }
  }

  /// The nearest divisors of `inputs` below and above `size`.
  private static func divisors(near size: Int, of inputs: Int) -> String {
    let divisors = (1...max(inputs, 1)).filter { inputs % $0 == 0 }
    let below = divisors.last { $0 < size }
    let above = divisors.first { $0 > size }
    return [below, above].compactMap { $0.map(String.init) }.joined(separator: " and ")
  }
}
