package import JSONText
package import MethodKit
package import Quantizers
import System
import Tasks
import Tensors
import Transformers

/// A program in any language, which is given the model and text and returns weights.
///
/// The program is found, and its options are checked, without running it: its manifest says what it takes. What it
/// returns is evaluated here, so that its row is measured as all others are.
package struct ExternalProgram: QuantizationMethod {
  /// Options of ``ExternalProgram``.
  package struct Options: MethodOptions {
    /// The program: a path, or a name on `PATH`.
    package var program = ""
    /// Its manifest; null for the file beside it, with `.json` behind its name.
    package var manifest: String?
    /// Its own options, as its manifest has them.
    package var options = JSON.object([])
    /// Minutes that it may take.
    package var minutes = 60.0
    /// Memory that it may hold with all its children, MiB.
    package var mebibytes = 8192
    /// Where it was found; null before it is looked for.
    package var path: String?
    /// Its name; null before its manifest is read.
    package var name: String?
    /// Its version; null before its manifest is read.
    package var version: String?
    /// SHA-256 of the program, its manifest and the files that it names; null before they are read.
    ///
    /// Where it is given, another is refused.
    package var digest: String?

    package static let defaults = Self()
    package static let required = ["program"]
  }

  package static let card = MethodCard(
    name: "external", summary: "a program in any language that returns weights",
    category: .postTraining, citation: "the program's own")

  private let options: Options
  private let bits: QuantizationSpec

  package init(options: Options, bits: QuantizationSpec) throws {
    try requireBits(bits, Self.card)
    try check("program", options.program, expected: "a path or a name") { !$0.isEmpty }
    try check("minutes", options.minutes, expected: "a number above 0, at most 10080") {
      $0 > 0 && $0 <= 10_080
    }
    try check("mebibytes", options.mebibytes, expected: "from 16 to 1048576") {
      (16...1_048_576).contains($0)
    }
    self.options = options
    self.bits = bits
    // A program that isn't here may still stand in a grid.
    do { _ = try Self.found(options) } catch is ExternalProgramMissing {}
  }

  package static func resolved(_ options: Options, for setting: MethodSetting) throws -> Options {
    let (place, whole) = try found(options)
    var options = options
    options.options = whole
    options.path = place.path
    options.name = place.manifest.name
    options.version = place.manifest.version
    options.digest = place.digest
    return options
  }

  /// The program, and its own options whole.
  ///
  /// - Throws: ``ExternalProgramMissing``, ``ExternalProgramMisfit``, ``ExternalProgramOptionError``.
  private static func found(_ options: Options) throws -> (ExternalProgramPlace, JSON) {
    let place = try ExternalProgramPlace(
      options.path ?? options.program, manifest: options.manifest)
    for (member, expected, found) in [
      ("name", options.name, place.manifest.name),
      ("version", options.version, place.manifest.version),
      ("digest", options.digest, place.digest),
    ] {
      guard let expected, expected != found else { continue }
      throw MethodError.option(
        name: member, expected: "'\(found)' as the program is", found: "'\(expected)'")
    }
    return (place, try place.manifest.whole(options.options))
  }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    try bits.check(context.source.configuration)
    guard context.material is TokenWindows<TrainingSplit> else {
      throw MethodError.model(
        method: Self.card.name, reason: "programs get text to train on, not a task's examples")
    }
    let (place, whole) = try Self.found(options)
    let run = ExternalProgramRun(
      place: place, options: whole, bits: bits,
      limits: KeptLimits(
        seconds: options.minutes * 60, bytes: options.mebibytes << 20,
        fileBytes: 1 << 40))
    do { return try run.model(context) } catch let fault as ExternalProgramFault {
      // The record of a failed cell says whose fault it was.
      context.observer.keep(
        fault.isRefusal ? ExternalProgramFault.refusalName : ExternalProgramFault.factName, 1,
        unit: "")
      throw fault
    }
  }
}
