/// The size of model that a number was measured on; numbers of two scales never share a header.
package enum Scale: String, Codable, Sendable, CaseIterable {
  /// Two models of this project's own, a few million parameters.
  case tiny
  /// A real language model that a laptop can train.
  case small
  /// The paper's shapes with synthetic weights: memory and time only.
  case shape
  /// The paper's own checkpoints.
  case paper
}
