import JSONText
package import MethodKit

/// The registry of methods: adding one is one file and one line here.
///
/// This file is outside of the science's digest, so that a line more changes no other method's cells.
package enum MethodCatalog {
  /// Every method, in the order of `zeroqat list`; tables have their rows' order.
  package static var all: [any QuantizationMethod.Type] {
    let all = builtIn + [ExternalProgram.self]
    return watch.map { all.map($0) } ?? all
  }

  /// What is put around every method while a cell is run again for its model; nil else.
  ///
  /// A worker hands its model to nobody. Whoever wants it, and not only its scores, stands between the worker and the
  /// method; nothing else of the run is another than it was.
  @TaskLocal package static var watch:
    (@Sendable (any QuantizationMethod.Type) -> any QuantizationMethod.Type)?

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
