internal import Glibc
import JSONText
package import MethodKit
internal import Synchronization

/// The registry of methods: adding one is one file and one line here.
///
/// This file is outside of the science's digest, so that a line more changes no other method's cells.
package enum MethodCatalog {
  /// Every method, in the order of `zeroqat list`; tables have their rows' order.
  package static var all: [any QuantizationMethod.Type] {
    let all = builtIn + [ExternalProgram.self]
    guard let watch = watches.withLock({ $0[pthread_self()] }) else { return all }
    return all.map(watch)
  }

  /// What is put around a method.
  package typealias Watch =
    @Sendable (any QuantizationMethod.Type) -> any QuantizationMethod.Type

  /// What is put around methods, by thread.
  ///
  /// Task-local values would be the thing, but two of them bound by code without tasks crash in release (Swift 6.3).
  private static let watches = Mutex<[pthread_t: Watch]>([:])

  /// Runs `body`, on this thread with `watch` around every method.
  ///
  /// A worker hands its model to nobody. Whoever wants it, and not only its scores, stands between the worker and the
  /// method; nothing else of the run is another than it was.
  ///
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws.
  package static func watched<R>(by watch: @escaping Watch, _ body: () throws -> R) rethrows -> R {
    let before = watches.withLock { $0.updateValue(watch, forKey: pthread_self()) }
    defer { watches.withLock { $0[pthread_self()] = before } }
    return try body()
  }

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
