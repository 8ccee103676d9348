/// The families of models by the name that manifests give them.
package enum Architecture: String, Codable, Sendable, CaseIterable {
  /// RMS norms, rotary positions, gated MLP.
  case llama
  /// Layer norms, learned positions, biases.
  case opt
}
