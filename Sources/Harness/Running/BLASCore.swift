internal import System

/// Which of OpenBLAS's kernel sets the worker loads; a part of every cell's id.
///
/// OpenBLAS chooses once, when it is loaded, so the choice is made by the parent in the child's
/// environment. `SkylakeX` (AVX-512) is the default where the processor has it: twice as fast as
/// `Haswell`, and its results don't change with the thread count.
package enum BLASCore: String, Sendable, CaseIterable {
  /// `SkylakeX` with AVX-512, else `Haswell` with AVX2, else `inherit`.
  case auto
  /// AVX2 kernels.
  case haswell
  /// AVX-512 kernels.
  case skylakex
  /// Whatever `OPENBLAS_CORETYPE` or OpenBLAS itself says.
  case inherit

  /// OpenBLAS's own name of the kernel set, or `inherit`: the worker takes what it finds.
  ///
  /// - Parameters:
  ///   - processorFlags: The words of `flags` in `/proc/cpuinfo`.
  ///   - environment: Looked at for `OPENBLAS_CORETYPE` by ``inherit`` alone.
  /// - Returns: Such as `SkylakeX`.
  package func name(processorFlags: Set<String>, environment: [String: String]) -> String {
    switch self {
    case .haswell: return "Haswell"
    case .skylakex: return "SkylakeX"
    case .auto:
      if processorFlags.contains("avx512f") { return "SkylakeX" }
      if processorFlags.contains("avx2") { return "Haswell" }
      return "inherit"
    case .inherit:
      return environment["OPENBLAS_CORETYPE"].flatMap { $0.isEmpty ? nil : $0 } ?? "inherit"
    }
  }

  /// The words of the first `flags` line of a `/proc/cpuinfo`.
  package static func processorFlags(in cpuinfo: String) -> Set<String> {
    for line in cpuinfo.split(separator: "\n") where line.hasPrefix("flags") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      return Set(line[line.index(after: colon)...].split(separator: " ").map(String.init))
    }
    return []
  }

  /// The flags of this machine's processor; none where the kernel doesn't tell.
  package static var processorFlags: Set<String> {
    guard let bytes = try? readFile("/proc/cpuinfo") else { return [] }
    return processorFlags(in: String(decoding: bytes, as: UTF8.self))
  }

  /// The worker's environment: `parent`'s, with what OpenBLAS reads when it is loaded.
  ///
  /// Threads are the worker's own business, so OpenBLAS gets one. An inherited `OPENBLAS_L2_SIZE`
  /// would change panel sizes, and with them the order of sums.
  package static func environment(for name: String, parent: [String: String]) -> [String: String] {
    var environment = parent
    if name != "inherit" { environment["OPENBLAS_CORETYPE"] = name }
    environment["OPENBLAS_NUM_THREADS"] = "1"
    environment["OPENBLAS_L2_SIZE"] = nil
    return environment
  }
}
