package import JSONText
package import Quantizers
package import Vocabulary

/// The options of a method: plain variables with their defaults, such as `var calibrationWindows = 16`.
///
/// An optional one is for what may not apply; its doc comment says what null means. A default that depends on
/// bits, architecture or another option is filled in by
/// ``QuantizationMethod/resolved(_:for:)``, so that cells and records hold every value.
package protocol MethodOptions: HasDefaults, Sendable {}

extension MethodOptions {
  /// None must be given.
  package static var required: [String] { [] }
}

/// What a method's defaults may depend on.
package struct MethodSetting: Sendable, Equatable {
  /// Widths of weights and activations.
  package let bits: QuantizationSpec
  /// The model's family; nil where it isn't known yet.
  package let architecture: Architecture?

  /// A setting from its parts.
  package init(
    bits: QuantizationSpec, architecture: Architecture? = nil
  ) {
    self.bits = bits
    self.architecture = architecture
  }
}

/// The options of a method that has none.
package struct NoOptions: MethodOptions {
  private enum CodingKeys: CodingKey {}

  package static let defaults = Self()

  private init() {}

  /// Reads an object without members.
  ///
  /// Written out, because a synthesized one never looks at what it decodes, and so takes anything.
  package init(from decoder: any Decoder) throws {
    _ = try decoder.container(keyedBy: CodingKeys.self)
  }

  package func encode(to encoder: any Encoder) throws {
    _ = encoder.container(keyedBy: CodingKeys.self)
  }
}
