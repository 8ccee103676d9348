internal import Glibc
internal import Tensors

/// Times the kernels and prints their share of what the processor can do.
@main
enum Kernels {
  private static let usage = """
    usage: kernels [--repeats N] [--filter TEXT]   all kernels, as Markdown
           kernels --gate                          ratios that CI checks; fails when one is too large
           kernels --calibrate                     the processor's own speed at this moment, as JSON
    """

  static func main() {
    chooseBLASCore()
    var repeats = 9
    var filter = ""
    var arguments = CommandLine.arguments.dropFirst()
    while let argument = arguments.popFirst() {
      switch argument {
      case "--gate":
        exit(Gate.passes() ? 0 : 1)
      case "--calibrate":
        calibrate()
        return
      case "--repeats":
        guard let value = arguments.popFirst().flatMap({ Int($0) }), value > 0 else {
          refuse("--repeats needs a number above 0")
        }
        repeats = value
      case "--filter":
        guard let value = arguments.popFirst() else { refuse("--filter needs a text") }
        filter = value
      case "--help":
        print(usage)
        return
      default:
        refuse("unknown argument '\(argument)'")
      }
    }
    let stopwatch = Stopwatch(repeats: repeats)
    let figures = (Products.figures + Quantization.figures + Layers.figures)
      .filter { filter.isEmpty || $0.name.contains(filter) }
    let pairs = Products.pairs.filter { filter.isEmpty || $0.name.contains(filter) }
    print("OpenBLAS kernels: \(BLAS.coreName); medians of \(repeats).\n")
    if !figures.isEmpty { print(Report.figures(figures.map { $0.measure(stopwatch) })) }
    if !pairs.isEmpty { print(Report.pairs(pairs.map { $0.measure(stopwatch) })) }
  }

  /// Speed of products in registers, on two threads.
  private static func calibrate() {
    Threads.count = 2
    var members = ["\"threads\": 2", "\"core\": \"\(BLAS.coreName)\""]
    for (name, ceiling) in [
      ("floatProducts", Ceiling.floatProducts), ("byteProducts", Ceiling.byteProducts),
    ] {
      guard let ceiling else { continue }
      let seconds = Stopwatch(repeats: 5).takeTurns([ceiling.body])[0]
      members.append("\"\(name)\": \(Report.number(ceiling.work / seconds.median / 1e9))")
    }
    print("{" + members.joined(separator: ", ") + "}")
  }

  /// Starts the program again with the kernels of OpenBLAS that a worker gets by default.
  ///
  /// OpenBLAS chooses when it is loaded, by a variable that some shells export with a slower choice;
  /// the rule is that of `--blas-core auto` in `zeroqat run`.
  private static func chooseBLASCore() {
    let mark = "ZEROQAT_KERNELS_CORE"
    guard getenv(mark) == nil else { return }
    let flags = processorFlags()
    let core = flags.contains("avx512f") ? "SkylakeX" : flags.contains("avx2") ? "Haswell" : nil
    if let core { setenv("OPENBLAS_CORETYPE", core, 1) }
    unsetenv("OPENBLAS_L2_SIZE")
    setenv(mark, core ?? "inherit", 1)
    var arguments = CommandLine.arguments.map { strdup($0) } + [nil]
    execv("/proc/self/exe", &arguments)
    refuse("can't start again with other OpenBLAS kernels: \(String(cString: strerror(errno)))")
  }

  /// The words of the first `flags` line of `/proc/cpuinfo`; none where the kernel doesn't tell.
  private static func processorFlags() -> Set<String> {
    guard let file = fopen("/proc/cpuinfo", "r") else { return [] }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 1 << 14)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(
        decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      if text.hasPrefix("flags") { return Set(text.split(separator: " ").map(String.init)) }
    }
    return []
  }

  private static func refuse(_ reason: String) -> Never {
    _ = "error: \(reason)\n\(usage)\n".withCString { write(STDERR_FILENO, $0, strlen($0)) }
    exit(2)
  }
}
