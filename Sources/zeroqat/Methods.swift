internal import Harness
internal import Records
internal import Worker

/// Methods whose cells may take up one training: those that train the model in full precision.
var methodsThatShareTraining: Set<String> {
  Set(methodSummaries.filter(\.trainsInFullPrecision).map(\.name))
}

/// The methods that grids may name, as the catalog has them.
let methodRegistry = MethodRegistry(
  names: methodNames, unquantized: unquantizedMethodNames,
  withoutText: textlessMethodNames
) { method, bits in
  try checkMethod(method, bits: bits)
} resolve: { method, bits, architecture in
  try resolvedMethod(method, bits: bits, architecture: architecture)
}
