internal import Tensors

/// Results as Markdown tables.
enum Report {
  /// Kernels with their share of the ceiling.
  static func figures(_ results: [Figure.Result]) -> String {
    table(
      head: ["kernel", "shape", "threads", "median", "ceiling", "share", "line"],
      results.map { result in
        let unit = result.figure.unit.rawValue
        return [
          result.figure.name, result.figure.shape, "\(result.figure.threads)",
          "\(number(result.rate)) \(unit)",
          result.ceiling.map { "\(number($0.rate)) (\($0.name))" } ?? "none",
          result.ceiling.map { "\(Int(($0.share * 100).rounded())) %" } ?? "",
          verdict(result.figure.line.map { "≥ \(number($0))" }, result.keepsLine),
        ]
      })
  }

  /// Kernels with their time over another's.
  static func pairs(_ results: [Pair.Result]) -> String {
    table(
      head: [
        "pair", "tokens × inputs × outputs", "threads", "ms", "ms of the other", "ratio",
        "of minima", "line",
      ],
      results.map { result in
        [
          result.pair.name, result.pair.shape, "\(result.pair.threads)",
          number(result.seconds.body * 1e3), number(result.seconds.other * 1e3),
          fixed(result.ratio, 2), fixed(result.ratioOfMinima, 2),
          verdict(result.pair.line.map { "≤ \(fixed($0, 2))" }, result.keepsLine),
        ]
      })
  }

  private static func verdict(_ line: String?, _ isKept: Bool?) -> String {
    guard let line, let isKept else { return "" }
    return "\(line), \(isKept ? "kept" : "**missed**")"
  }

  private static func table(head: [String], _ rows: [[String]]) -> String {
    let lines = [head, head.map { _ in "---" }] + rows
    return lines.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n") + "\n"
  }

  /// Three significant digits.
  static func number(_ value: Double) -> String {
    fixed(value, value < 1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0)
  }

  /// So many decimals.
  static func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite else { return "\(value)" }
    let factor = (0..<decimals).reduce(1.0) { product, _ in product * 10 }
    let scaled = Int((abs(value) * factor).rounded())
    let whole = String(scaled / Int(factor))
    let sign = value < 0 && scaled > 0 ? "-" : ""
    if decimals == 0 { return sign + whole }
    let rest = String(scaled % Int(factor))
    return sign + whole + "." + String(repeating: "0", count: decimals - rest.count) + rest
  }
}
