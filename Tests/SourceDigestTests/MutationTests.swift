import SourceDigest
import TestSupport
import Testing

/// The repository's own sources, edited in memory: which edits change which ids.
@Suite struct MutationTests {
  private static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }

  /// All sources by their paths below the checkout.
  private static let sources: [String: [UInt8]] = {
    var found: [String: [UInt8]] = [:]
    var open = ["Sources"]
    while let folder = open.popLast() {
      for name in TemporaryFolder.names(in: "\(root)/\(folder)") {
        let path = "\(folder)/\(name)"
        if name.contains(".") {
          found[path] = try? TemporaryFolder.bytes(of: "\(root)/\(path)")
        } else {
          open.append(path)
        }
      }
    }
    return found
  }()

  private static let manifest = (try? TemporaryFolder.bytes(of: root + "/Package.swift")) ?? []

  private static func science(_ sources: [String: [UInt8]]) -> ScienceSources {
    ScienceSources(sources.map { ($0.key, $0.value) }, manifest: manifest)
  }

  private static let today = science(sources)

  /// An edit of the one file of that name, wherever it stands.
  struct Edit: Sendable, CustomTestStringConvertible {
    let file: String
    let old: String
    let new: String

    init(_ file: String, _ old: String, _ new: String) {
      (self.file, self.old, self.new) = (file, old, new)
    }

    var testDescription: String { "\(file): \(old.prefix(40)) -> \(new.prefix(40))" }
  }

  /// The sources with the edit in place; it must fit.
  private static func edited(_ edit: Edit) throws -> [String: [UInt8]] {
    let paths = sources.keys.filter { $0.hasSuffix("/\(edit.file)") }
    try #require(paths.count == 1, "\(edit.file) stands at \(paths)")
    let path = paths[0]
    var text = String(decoding: sources[path] ?? [], as: UTF8.self)
    let place = try #require(text.firstRange(of: edit.old), "\(edit.file) has no '\(edit.old)'")
    text.replaceSubrange(place, with: edit.new)
    #expect(Array(text.utf8) != sources[path])
    var copy = sources
    copy[path] = Array(text.utf8)
    return copy
  }

  // MARK: - Edits that no number can feel

  static let idle: [Edit] = [
    // Comments and documentation.
    Edit("AffineGrid.swift", "/// A grid of whole codes", "/// A lattice of whole codes"),
    Edit("quantize.c", "// Asymmetric min-max quantization", "// Min-max quantization"),
    Edit("quantize.c", "/// Least and largest value;", "/* Least and\n * largest */ /// value;"),
    Edit("AWQ.swift", "// Full-precision outputs go on", "// FP outputs go on"),
    Edit("ZeroQAT.swift", "/// ZeroQAT", "/// The method\n/// ZeroQAT"),
    Edit("RTN.swift", "import MethodKit", "// A first line.\nimport MethodKit"),
    Edit("CrossEntropy.swift", "///", "/// Edited.\n///"),
    Edit("gaussian.c", "#include", "// Edited: \"not a string /* nor a comment\n#include"),
    Edit(
      "SHA256.swift", "private static let blockSize = 64",
      "private static let blockSize = 64 // bytes"),
    // White space.
    Edit("AffineGrid.swift", "self.scale = scale", "self.scale   =\n      scale"),
    Edit(
      "quantize.c", "float a = lo[0], b = hi[0], c = bad[0];",
      "float a=lo[0],\n\tb=hi[0], c=bad[0];"),
    Edit("LLMQAT.swift", "\n", "\n\n\n"),
    Edit("multiversion.h", "#define ZQ_LANES 16", "#define   ZQ_LANES\t16"),
    // Order and access of imports, access of declarations.
    Edit(
      "AWQ.swift", "import Tensors\nimport Transformers",
      "import Transformers\npackage import Tensors"),
    Edit("GPTQPass.swift", "struct GPTQPass {", "package struct GPTQPass {"),
    Edit(
      "WeightQuantizer.swift", "public struct WeightQuantizer", "package struct WeightQuantizer"),
    // Memory models, meters, machine facts.
    Edit("MemoryLedger.swift", "{", "{\n  // more\n  static let edited = 1\n"),
    Edit(
      "ZeroQAT+Memory.swift", "extension ZeroQAT {",
      "extension ZeroQAT {\n  static var edited: Int { 2 }\n"),
    Edit("EfficientQAT+Memory.swift", "{", "{\n  static var edited: Int { 3 }\n"),
    Edit("Meter.swift", "{", "{\n  static var edited: Int { 4 }\n"),
    Edit("Machine.swift", "{", "{\n  static var edited: Int { 5 }\n"),
    // Words: of progress, of errors.
    Edit("ProgressItem+Description.swift", "\"step\"", "\"update\""),
    Edit("WorkerProgress.swift", "left\\n", "to go\\n"),
    Edit("CheckpointError+Description.swift", "\"", "\"well, "),
    Edit("TokenizerError+Description.swift", "\"", "\"well, "),
    Edit("NearestName.swift", "{", "{\n  // Edited.\n"),
    // The list of methods, and rooms of bookkeeping.
    Edit("MethodCatalog.swift", "    Dummy.self,", "    Dummy.self,\n    Dummy.self,"),
    Edit("Plan.swift", "{", "{\n  static var edited: Int { 6 }\n"),
    Edit("Verdict.swift", "{", "{\n  static var edited: Int { 7 }\n"),
    Edit("Zeroqat.swift", "Reproduces and measures", "Measures"),
  ]

  @Test(arguments: idle) func anIdleEditLeavesAllIDs(_ edit: Edit) throws {
    let science = Self.science(try Self.edited(edit))
    #expect(science.shared == Self.today.shared)
    #expect(science.methods == Self.today.methods)
  }

  // MARK: - Edits that a number may feel

  /// Edits of what all methods share: constants, operators, roundings, orders of a sum.
  static let shared: [Edit] = [
    Edit("quantize.c", "(float)((1 << bits) - 1)", "(float)(1 << bits)"),
    Edit("quantize.c", "__builtin_rintf(zero)", "__builtin_roundf(zero)"),
    Edit("quantize.c", "__builtin_rintf(x[i] / scale)", "__builtin_rintf(x[i] * scale)"),
    Edit("multiversion.h", "#define ZQ_LANES 16", "#define ZQ_LANES 8"),
    Edit("multiversion.h", "FP_CONTRACT OFF", "FP_CONTRACT ON"),
    Edit("philox.h", "0xD2511F53u", "0xD2511F55u"),
    Edit("AffineGrid.swift", ".toNearestOrEven", ".toNearestOrAwayFromZero"),
    Edit("AffineGrid.swift", "{ scale * (code - zero) }", "{ scale * (code + zero) }"),
    Edit("AffineGrid.swift", "code < 0 ? 0", "code < 1 ? 1"),
    Edit("SHA256.swift", "0x6a09_e667", "0x6a09_e668"),
    Edit("ZerothOrder.swift", "/ (2 * Double(epsilon))", "/ Double(epsilon)"),
    Edit("ZerothOrder.swift", "Float(-rate(at", "Float(rate(at"),
    Edit("ZerothOrder.swift", "difference < 0 ? -bound : bound", "difference < 0 ? bound : -bound"),
    Edit("BLAS.swift", "openblas_set_num_threads(1)", "openblas_set_num_threads(2)"),
  ]

  @Test(arguments: shared) func anEditOfSharedScienceChangesAllIDs(_ edit: Edit) throws {
    let science = Self.science(try Self.edited(edit))
    #expect(science.shared != Self.today.shared)
    // A cell's id has both: whoever's shared part changed has another id already.
    #expect(science.methods == Self.today.methods)
  }

  /// Edits of methods' own files, and whose cells they change.
  static let own: [(Edit, Set<String>)] = [
    (Edit("AWQ.swift", "gains / count", "gains * count"), ["awq", "mezo-ptq"]),
    (Edit("AWQ.swift", "if searchesClips {", "if !searchesClips {"), ["awq", "mezo-ptq"]),
    (
      Edit("AWQSearch.swift", "Double(step) / Double", "Double(step + 1) / Double"),
      ["awq", "mezo-ptq"]
    ),
    (Edit("Hadamard.swift", "weights == .gptq", "weights == .rtn"), ["hadamard", "mezo-ptq"]),
    (
      Edit("StreamRotation.swift", "normsSubtractMean = false", "normsSubtractMean = true"),
      ["hadamard", "mezo-ptq"]
    ),
    (Edit("GPTQ.swift", "bits.groupSize == nil", "bits.groupSize != nil"), ["gptq", "mezo-ptq"]),
    (Edit("GPTQPass.swift", "raised += 1", "raised += 2"), ["gptq", "hadamard", "mezo-ptq"]),
    (Edit("QZO.swift", "2 * Double(options.epsilon)", "Double(options.epsilon)"), ["qzo"]),
    (Edit("QZO.swift", "floor: Float = 1e-7", "floor: Float = 1e-8"), ["qzo"]),
    (Edit("QuZO.swift", "TrainedCodes(model)", "TrainedCodes(model, 1)"), ["quzo"]),
    (Edit("PackedStart.swift", "{ _ in false }", "{ _ in true }"), ["qzo", "quzo"]),
    (Edit("LLMQAT.swift", "schedule: .cosine", "schedule: .constant"), ["llm-qat"]),
    (Edit("LLMQAT.swift", "max(steps, 1)", "max(steps, 2)"), ["llm-qat"]),
    (
      Edit("EfficientQAT.swift", "quantizer.bits == 2 ? 2e-5", "quantizer.bits == 3 ? 2e-5"),
      ["efficientqat"]
    ),
    (Edit("MeZO.swift", "model(beside: nil)", "model(beside: 1)"), ["mezo"]),
    (Edit("MeZOThenPTQ.swift", "Hadamard.self, OmniQuant.self", "OmniQuant.self"), ["mezo-ptq"]),
    (Edit("ZerothOrderSignal.swift", "learningRate: 0,", "learningRate: 1,"), ["zo-signal"]),
    (Edit("Dummy.swift", "by: 4096", "by: 8192"), ["dummy"]),
    (
      Edit("FullPrecision.swift", "asItIs: context.source", "asItWas: context.source"),
      ["full-precision"]
    ),
  ]

  @Test(arguments: own) func anEditOfAMethodChangesItAndWhoStandsOnIt(
    _ edit: Edit, _ methods: Set<String>
  ) throws {
    let science = Self.science(try Self.edited(edit))
    #expect(science.shared == Self.today.shared)
    let changed = science.methods.filter { Self.today.methods[$0.key] != $0.value }.keys
    #expect(Set(changed) == methods)
  }

  @Test func thereAreEnough() {
    #expect(Self.idle.count >= 20)
    #expect(Self.shared.count + Self.own.count >= 20)
    #expect(Self.today.methods.count >= 18)
  }

  @Test func everyMethodOfTheCatalogHasADigest() throws {
    let text = String(
      decoding: try #require(Self.sources["Sources/Methods/MethodCatalog.swift"]), as: UTF8.self)
    let listed = text.split(separator: "\n").count {
      $0.hasPrefix("    ") && ($0.hasSuffix(".self,") || $0.hasSuffix("[ExternalProgram.self]"))
    }
    #expect(listed == Self.today.methods.count)
  }

  @Test func nothingIsListedThatIsNotThere() {
    let names = Self.sources.keys.map { $0.split(separator: "/").last.map(String.init) ?? "" }
    for (pattern, _) in ScienceScope.otherFiles {
      let tail = pattern.split(separator: "*").last.map(String.init) ?? pattern
      #expect(names.contains { $0.hasSuffix(tail) }, "no file is called \(pattern)")
    }
  }
}
