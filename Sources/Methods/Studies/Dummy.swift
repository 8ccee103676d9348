import Glibc
package import MethodKit
package import Quantizers
import Tensors

/// Round to nearest with a ballast: a method for testing the harness.
///
/// It touches a block of memory of known size for a known time, so that a measurement that misses short
/// peaks is found out.
package struct Dummy: QuantizationMethod {
  /// Options of ``Dummy``.
  package struct Options: MethodOptions {
    /// Bytes to touch.
    package var ballastBytes = 0
    /// How long to hold them, in milliseconds.
    package var ballastMilliseconds = 0
    /// Fail with this text instead of quantizing; null for quantizing.
    package var failure: String?
    /// Stop the process by a signal instead of quantizing.
    package var crash = false

    package static let defaults = Self()
  }

  package static let card = MethodCard(
    name: "dummy", summary: "round to nearest with a memory ballast, for testing the harness",
    category: .diagnostic, citation: "none")

  private let options: Options
  private let base: RTN

  package init(options: Options, bits: QuantizationSpec) throws {
    try check("ballastBytes", options.ballastBytes, expected: "0 to 2^32") {
      (0...1 << 32).contains($0)
    }
    try check("ballastMilliseconds", options.ballastMilliseconds, expected: "0 to 10000") {
      (0...10000).contains($0)
    }
    // Here, so that the refusal names this method and not the one that it is made of.
    try requireBits(bits, Self.card)
    self.options = options
    base = try RTN(options: RTN.Options(), bits: bits)
  }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    if options.crash { kill(getpid(), SIGKILL) }
    if let failure = options.failure {
      throw MethodError.model(method: Self.card.name, reason: failure)
    }
    let model = try base.quantize(context)
    context.observer.during(.quantize) {
      let ballast = ByteBuffer(byteCount: options.ballastBytes)
      for offset in stride(from: 0, to: ballast.byteCount, by: 4096) {
        ballast.base.storeBytes(of: 1, toByteOffset: offset, as: UInt8.self)
      }
      usleep(UInt32(options.ballastMilliseconds * 1000))
    }
    return model
  }
}
