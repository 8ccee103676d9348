import Glibc
import TestSupport
import Testing

/// The C kernels built as a shared library, so that a test can call each instruction set's clone.
///
/// In the program the loader chooses one clone of every function. Built by the same compiler with
/// the same flags, the library shows all of them under their own names (`zq_add.default.2`).
struct KernelLibrary: @unchecked Sendable {
  // SAFETY: the handle is never closed, and looking symbols up is thread-safe.
  private let handle: UnsafeMutableRawPointer
  // Keeps the file while the library is in use.
  private let folder: TemporaryFolder

  /// An instruction set that kernels are cloned for.
  enum InstructionSet: String, CaseIterable, Sendable {
    case baseline = "default.2"
    case avx2 = "arch_x86-64-v3.1"
    case avx512 = "arch_x86-64-v4.0"
  }

  /// Folder of the kernels' sources.
  static let sources: String = {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(3).joined(separator: "/") + "/Sources/CKernels"
  }()

  /// The library, or nil where there is no clang or the processor lacks an instruction set.
  static let shared: KernelLibrary? = build()

  /// Loops around the inline functions that no kernel shows alone.
  private static let probe = """
    #include "layers.c"
    ZQ_KERNEL void zq_probe_exponentials(const float *x, float *out, size_t count) {
      for (size_t i = 0; i < count; i++) out[i] = exponential(x[i]);
    }
    """

  private static func build() -> KernelLibrary? {
    guard processorFlags().isSuperset(of: ["avx2", "fma", "avx512f", "avx512bw", "avx512vl"]),
      let folder = try? TemporaryFolder(),
      (try? folder.write(probe, to: "probe.c")) != nil
    else { return nil }
    let library = folder.path("kernels.so")
    let others = TemporaryFolder.names(in: sources).filter {
      $0.hasSuffix(".c") && $0 != "layers.c"
    }
    // The flags of the package's manifest.
    let flags = ["-shared", "-fPIC", "-O3", "-fno-math-errno", "-I\(sources)/include"]
    let built = run(
      ["clang"] + flags + ["-I\(sources)", folder.path("probe.c")]
        + others.map { "\(sources)/\($0)" } + ["-lm", "-o", library])
    guard built, let handle = dlopen(library, RTLD_NOW | RTLD_LOCAL) else { return nil }
    return KernelLibrary(handle: handle, folder: folder)
  }

  /// The clone of `function` for `set`, as a C function of type `type`.
  func clone<F>(_ function: String, _ set: InstructionSet, as type: F.Type) throws -> F {
    let symbol = try #require(dlsym(handle, "\(function).\(set.rawValue)"), "no \(function)")
    return unsafeBitCast(symbol, to: type)
  }

  private static func run(_ arguments: [String]) -> Bool {
    var pointers = arguments.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var process = pid_t()
    guard posix_spawnp(&process, "clang", nil, nil, &pointers, environ) == 0 else { return false }
    var status: Int32 = 0
    return waitpid(process, &status, 0) == process && status == 0
  }

  private static func processorFlags() -> Set<String> {
    guard let bytes = try? TemporaryFolder.bytes(of: "/proc/cpuinfo") else { return [] }
    let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
      .first { $0.hasPrefix("flags") }
    return Set((line ?? "").split(separator: " ").map(String.init))
  }

  /// The names of all functions in the sources that are compiled once per instruction set.
  static func clonedFunctions() throws -> Set<String> {
    var names: Set<String> = []
    for file in TemporaryFolder.names(in: sources) where file.hasSuffix(".c") {
      let text = String(
        decoding: try TemporaryFolder.bytes(of: "\(sources)/\(file)"), as: UTF8.self)
      for line in text.split(separator: "\n") where line.hasPrefix("ZQ_KERNEL") {
        let head = line.prefix { $0 != "(" }
        if let name = head.split(separator: " ").last { names.insert(String(name)) }
      }
    }
    return names
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips a test where the clones can't be built or run.
  static var needsEveryInstructionSet: Self {
    .enabled(
      if: KernelLibrary.shared != nil,
      "skipped: needs clang and a processor with AVX-512 to run every clone of a kernel")
  }
}
