/// What trained weights are held in.
public enum WeightType: String, Codable, Sendable, CaseIterable {
  /// IEEE single precision: no update is lost to rounding.
  case float32
  /// IEEE half precision, the paper's.
  case float16
  /// bfloat16.
  case bfloat16
  /// Eight-bit codes in groups of at most 128 on a grid that stays, moved by stochastic rounding.
  case int8

  /// The name of the option that says it.
  package static let option = "weightType"

  /// Bits that a table of memory counts for a trained weight: half precision's, as the paper has them,
  /// or fewer.
  package var countedBits: Int { self == .int8 ? 8 : 16 }
}
