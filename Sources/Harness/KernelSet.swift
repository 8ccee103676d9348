/// Which of a kernel's clones runs on a processor; all give the same bits.
///
/// > Source: `Sources/CKernels/multiversion.h`; levels of the x86-64 psABI, section 3.1.1.
package enum KernelSet: String, Sendable {
  /// AVX-512: F, BW, CD, DQ and VL.
  case avx512 = "x86-64-v4"
  /// AVX2 with FMA and what came with them.
  case avx2 = "x86-64-v3"
  /// Whatever the compiler makes of plain C.
  case portable

  /// The set for a processor with these flags of `/proc/cpuinfo`.
  package init(processorFlags: Set<String>) {
    let third: Set = ["avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe"]
    let fourth: Set = ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]
    if !processorFlags.isSuperset(of: third) {
      self = .portable
    } else {
      self = processorFlags.isSuperset(of: fourth) ? .avx512 : .avx2
    }
  }
}
