internal import Harness
internal import JSONText
internal import Methods
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
  // A record's program needn't be on this machine, nor be what it was: its options are whole as they are.
  if method.isWholeProgram { return method }
  do {
    return try resolvedMethod(method, bits: bits, architecture: architecture)
  } catch let missing as ExternalProgramMissing { throw MethodNotHere("\(missing)") }
}

/// What the cards of the methods say that are written here: those that table 1 tells of.
var builtInSummaries: [MethodSummary] { methodSummaries.filter { $0.name != GridProgram.method } }

extension MethodReference {
  /// Whether it runs a program that was found when its options were written out.
  fileprivate var isWholeProgram: Bool {
    guard name == GridProgram.method else { return false }
    return ["path", "name", "version", "digest"].allSatisfy { member in
      if case .string(_)? = options[member] { true } else { false }
    }
  }
}
