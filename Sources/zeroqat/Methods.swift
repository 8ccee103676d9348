internal import Harness
internal import JSONText
<<<<<<< HEAD
internal import Methods
internal import Records
internal import Worker

/// The methods that grids may name, as the catalog has them.
let methodRegistry = MethodRegistry(names: methodNames) { method, bits in
  try checkMethod(method, bits: bits)
=======
internal import MethodKit
internal import Methods
internal import Quantizers
internal import Records

/// The methods that grids may name: the registry of the science, as the harness sees it.
let methodRegistry = MethodRegistry(names: MethodCatalog.all.map { $0.card.name }) { method, bits in
  let label = try BitsLabel(bits)
  let text = try jsonText(of: method.options, style: .pretty)
  _ = try MethodCatalog.make(
    method.name, options: JSONDocument(text: Array(text.utf8), file: "options"), at: "",
    bits: QuantizationSpec(
      weightBits: label.weights == 16 ? nil : label.weights,
      activationBits: label.activations == 16 ? nil : label.activations,
      groupSize: label.groupSize))
>>>>>>> harness
}
