package import Quantizers
package import Transformers

/// Throws unless something is quantized.
package func requireBits(_ bits: QuantizationSpec, _ card: MethodCard) throws(MethodError) {
  if bits == .none {
    throw .bits(
      method: card.name, expected: "weights or activations of 8 bits or less", found: "FP")
  }
}

/// Throws for post-norm models, whose norms don't feed the linears that smoothing needs them to.
package func requireNormsFirst(_ c: ModelConfiguration, _ card: MethodCard) throws(MethodError) {
  if !c.normsFirst {
    throw .model(
      method: card.name,
      reason: "smoothing folds into norms before linears; this model is post-norm")
  }
}

/// Refuses a number of passes below 0 or above a million.
///
/// A count near the integers' end would overflow once it is multiplied by the steps of a pass.
package func checkEpochs(_ name: String, _ epochs: Int) throws(MethodError) {
  try check(name, epochs, expected: "from 0 to 1000000") { (0...1_000_000).contains($0) }
}

/// Throws unless a learning rate, where one is given, is a number of at least 0.
package func checkRate(_ name: String, _ rate: Double) throws(MethodError) {
  try check(name, rate, expected: "a finite number of at least 0") { $0 >= 0 && $0.isFinite }
}
