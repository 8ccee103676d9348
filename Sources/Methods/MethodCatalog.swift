import JSONText
package import MethodKit

/// The registry of methods: adding one is one file and one line here.
///
/// This file is outside of the science's digest, so that a line more changes no other method's cells.
package enum MethodCatalog {
  /// Every method, in the order of `zeroqat list`; tables have their rows' order.
  package static let all: [any QuantizationMethod.Type] =
    builtIn + [
      ExternalProgram.self
    ]

  /// Those that are written here, in the order of table 1: all but the one that runs programs.
  package static let builtIn: [any QuantizationMethod.Type] = [
    FullPrecision.self,
    RTN.self,
    RTNMSE.self,
    SmoothQuant.self,
    GPTQ.self,
    AWQ.self,
    Hadamard.self,
    OmniQuant.self,
    LLMQAT.self,
    EfficientQAT.self,
    STEQAT.self,
    ZeroQAT.self,
    LightweightZeroQAT.self,
    MeZO.self,
    MeZOThenPTQ.self,
    QuZO.self,
    QZO.self,
    EstimatorStudy.self,
    ZerothOrderSignal.self,
    Dummy.self,
  ]
}

/// A method name that the registry doesn't have.
package struct UnknownMethod: Error, Sendable, Equatable, CustomStringConvertible {
  /// The name.
  package let name: String

  package var description: String {
    let known = MethodCatalog.all.map { $0.card.name }
    let hint =
      nearestName(to: name, in: known).map { "did you mean '\($0)'?" }
      ?? "known methods: " + known.joined(separator: ", ")
    return "there is no method '\(name)'; \(hint)"
  }
}
