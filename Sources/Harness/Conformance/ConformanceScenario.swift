/// One thing that a program which is a method must do.
///
/// The scenarios of a version are frozen: a program that met them meets them for good. Others come with another version.
package struct ConformanceScenario: Sendable, Equatable {
  /// Its name, by which a manifest expects failures.
  package let name: String
  /// The model, of `models/`.
  package let model: String
  /// The bits, as a label.
  package let bits: String
  /// The seed.
  package let seed: UInt64
  /// The scenario whose weights these must be to the last bit; nil for any.
  package let twin: String?

  /// The version of this list.
  package static let version = 1

  /// A scenario from its parts.
  package init(
    _ name: String, model: String, bits: String, seed: UInt64 = 1, twin: String? = nil
  ) {
    self.name = name
    self.model = model
    self.bits = bits
    self.seed = seed
    self.twin = twin
  }

  /// All of them, in order.
  package static let all: [ConformanceScenario] = [
    ConformanceScenario("llama-w4a16", model: "tiny-llama", bits: "W4A16"),
    ConformanceScenario("again", model: "tiny-llama", bits: "W4A16", twin: "llama-w4a16"),
    ConformanceScenario("other-seed", model: "tiny-llama", bits: "W4A16", seed: 7),
    ConformanceScenario("groups", model: "tiny-llama", bits: "W2A16g64"),
    ConformanceScenario("activations", model: "tiny-llama", bits: "W4A4"),
    ConformanceScenario("opt", model: "tiny-opt", bits: "W3A16"),
    ConformanceScenario("outliers", model: "tiny-llama-outliers", bits: "W8A8"),
  ]
}
