/// How many bits weights and activations have, as tables write it: `W4A4`, `W2A16g64`, or `FP`.
///
/// 16 stands for "not quantized"; `g64` means groups of 64 consecutive input columns share a scale.
public struct BitsLabel: Sendable, Hashable {
  /// Bits per weight, one of ``BitWidths/weights``, or 16 for weights that stay as they are.
  package let weights: Int
  /// Bits per activation, one of ``BitWidths/activations``, or 16 for activations that stay as they are.
  package let activations: Int
  /// Input columns that share a scale; nil means one scale per output row.
  package let groupSize: Int?

  /// Nothing quantized: `FP`.
  package static let fullPrecision = BitsLabel(weights: 16, activations: 16, groupSize: nil)

  /// Whether nothing is quantized.
  package var isFullPrecision: Bool { weights == 16 && activations == 16 }

  private init(weights: Int, activations: Int, groupSize: Int?) {
    self.weights = weights
    self.activations = activations
    self.groupSize = groupSize
  }

  /// Reads a label.
  ///
  /// - Throws: ``BitsLabelError`` that says which part of the label is wrong. `W16A16` is refused:
  ///   a thing has one name, and that of nothing quantized is `FP`.
  package init(_ text: String) throws(BitsLabelError) {
    if text == "FP" {
      self = .fullPrecision
      return
    }
    func wrong(_ reason: String) -> BitsLabelError { BitsLabelError(label: text, reason: reason) }
    if text.hasPrefix("FPg") { throw wrong("full precision has no group size") }
    var rest = Substring(text)
    func number(after letter: Character) -> Int? {
      guard rest.first == letter else { return nil }
      let digits = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
      guard !digits.isEmpty, digits.first != "0", let value = Int(digits) else { return nil }
      rest = rest.dropFirst(1 + digits.count)
      return value
    }
    let form = "expected 'FP' or a label such as 'W4A4' or 'W2A16g64'"
    guard let weights = number(after: "W"), let activations = number(after: "A") else {
      throw wrong(form)
    }
    var groupSize: Int?
    if !rest.isEmpty {
      guard let size = number(after: "g"), rest.isEmpty else { throw wrong(form) }
      groupSize = size
    }
    guard BitWidths.weights.contains(weights) || weights == BitWidths.full else {
      throw wrong("weights have \(BitWidths.weightsInWords); found \(weights)")
    }
    guard BitWidths.activations.contains(activations) || activations == BitWidths.full else {
      throw wrong("activations have \(BitWidths.activationsInWords); found \(activations)")
    }
    if weights == 16 && activations == 16 { throw wrong("nothing is quantized; write 'FP'") }
    if let groupSize {
      guard weights < 16 else { throw wrong("16-bit weights have no group size") }
      guard groupSize > 1 else { throw wrong("a group has at least 2 columns; found \(groupSize)") }
    }
    self.init(weights: weights, activations: activations, groupSize: groupSize)
  }
}

extension BitsLabel: Codable {
  /// Reads the label's text: the one place where a file's label is parsed.
  public init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(String.self))
  }

  /// Writes the label's text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension BitsLabel: CustomStringConvertible {
  /// The label as tables write it.
  public var description: String {
    if isFullPrecision { return "FP" }
    return "W\(weights)A\(activations)" + (groupSize.map { "g\($0)" } ?? "")
  }
}

/// A text that isn't a bits label.
package struct BitsLabelError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The text.
  package let label: String
  /// What is wrong with it.
  package let reason: String

  /// One sentence for the user.
  package var description: String { "bad bits label '\(label)': \(reason)" }
}
