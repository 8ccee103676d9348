import MethodKit
import Tensors

/// What a worker's process holds beside tensors.
///
/// > Source: peaks less tensors and text on the reference machine, measured 22 November 2026 for OPT-125M's and
///   SmolLM2's shapes with one to four threads, 1 to 16 windows of 128 tokens and every way of storing weights: from
///   20.8 to 23.6 MiB. 18.2 MiB of it are pages of files; the rest grows with threads and windows.
enum ProcessOverhead {
  /// Pages of the program and its libraries, and the runtime's own data.
  static let program = 21 << 20
  /// Stack and OpenBLAS's packed operands of a thread, of which few pages are touched.
  static let thread = 1 << 19
  /// Bytes that each token of training text takes while texts are read: the ids twice, their bytes for a
  /// digest, and the text.
  static let readToken = 12
  /// Bytes that each token takes afterwards.
  static let token = MemoryLayout<Int32>.stride
}

extension MemoryEstimate {
  /// The estimate of tensors with all else that the process holds.
  ///
  /// Texts are read before there are tensors: where that takes more, it is the fullest moment.
  func inProcess(_ shape: MemoryShape) -> MemoryEstimate {
    let windows = shape.trainingWindows.plusOrMost(shape.developmentWindows)
      .plusOrMost(shape.testWindows)
    let tokens = windows.timesOrMost(shape.windowTokens)
    let program = Part("program and libraries", ProcessOverhead.program)
    let reading = [
      program,
      Part("texts while they are read", tokens.timesOrMost(ProcessOverhead.readToken)),
    ]
    let busy = shape.busyThreads(tiles: .max)
    let whole =
      parts + [
        Part("text", tokens.timesOrMost(ProcessOverhead.token)), program,
        Part("threads", busy.timesOrMost(ProcessOverhead.thread)),
      ]
    let both = [whole, reading].map { MemoryEstimate(parts: $0, tensorBytes: tensorBytes) }
    return both[0].bytes >= both[1].bytes ? both[0] : both[1]
  }
}

/// A cell that needs more memory than the machine has.
struct TooLarge: Error, Sendable, Equatable, CustomStringConvertible {
  /// What it needs.
  let estimate: MemoryEstimate
  /// Memory of the machine, bytes.
  let machineBytes: Int

  /// `needs 234.1 GiB by the memory model (97.7 weights, …); 23.4 GiB are there`.
  var description: String {
    // What wouldn't show at one decimal isn't what is too large.
    let visible = estimate.largestFirst.filter { $0.bytes >= (1 << 30) / 20 }
    let largest = visible.prefix(3)
    let parts = largest.map { "\(gibibytes($0.bytes)) \($0.name)" }
    let rest = estimate.parts.count > largest.count ? ["…"] : []
    return "needs \(gibibytes(estimate.bytes)) GiB by the memory model "
      + "(\((parts + rest).joined(separator: ", "))); \(gibibytes(machineBytes)) GiB are there"
  }
}

/// Bytes in GiB with one decimal.
private func gibibytes(_ bytes: Int) -> String {
  let tenths = Int((Double(bytes) / Double(1 << 30) * 10).rounded())
  return "\(tenths / 10).\(tenths % 10)"
}
