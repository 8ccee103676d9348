/// What a keeper tells of its program's end, a line each.
extension KeptEnding {
  /// The lines that ``init(text:)`` reads.
  package var text: String {
    var lines: [String] = []
    switch exit {
    case .status(let status): lines.append("status \(status)")
    case .signal(let number): lines.append("signal \(number)")
    }
    if let cause { lines.append("cause \(cause.rawValue)") }
    lines += [
      "seconds \(seconds)", "processor \(processorSeconds)", "peak \(peakBytes)",
    ]
    lines += leftBehind.map { "left \($0)" }
    lines += Fence.allCases.filter(fences.contains).map { "fence \($0.rawValue)" }
    return lines.map { $0 + "\n" }.joined() + "end\n"
  }

  /// Reads what a keeper told; nil for anything that isn't whole.
  package init?(text: String) {
    self.init(exit: .status(-1))
    var hasExit = false
    let lines = text.split(separator: "\n")
    guard lines.last == "end" else { return nil }
    for line in lines.dropLast() {
      guard let space = line.firstIndex(of: " ") else { return nil }
      let value = String(line[line.index(after: space)...])
      switch line[..<space] {
      case "status", "signal":
        guard let number = Int32(value) else { return nil }
        exit = line.hasPrefix("status") ? .status(number) : .signal(number)
        hasExit = true
      case "cause":
        guard let known = Cause(rawValue: value) else { return nil }
        cause = known
      case "seconds":
        guard let number = Double(value) else { return nil }
        seconds = number
      case "processor":
        guard let number = Double(value) else { return nil }
        processorSeconds = number
      case "peak":
        guard let number = Int(value) else { return nil }
        peakBytes = number
      case "left": leftBehind.append(value)
      case "fence":
        guard let fence = Fence(rawValue: value) else { return nil }
        fences.insert(fence)
      default: return nil
      }
    }
    guard hasExit else { return nil }
  }
}
