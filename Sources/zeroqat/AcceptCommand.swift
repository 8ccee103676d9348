internal import ArgumentParser
internal import Harness
internal import Records
internal import Reporting
internal import System

/// `zeroqat accept gate.json --reason …`: fresh results become the baseline.
struct AcceptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "accept",
    abstract: "Make fresh results the baseline of a gate, and keep the reason.",
    discussion: """
      The baseline's folder gets the records and a line in accepted.json; commit both. The first baseline of a cell stays: \
      the gate holds later results to it as well. Exit status: 0 accepted, 2 wrong use or bad input, 4 nothing to accept.
      """)

  @Argument(help: "The policy, such as gate.json.")
  var policy: String

  @Option(help: "Why the baseline may change; it is kept.")
  var reason: String

  @Option(help: ArgumentHelp("Only cells whose name contains this text.", valueName: "substring"))
  var filter: String?

  @OptionGroup var work: WorkOptions

  func validate() throws {
    if reason.isBlank {
      throw ValidationError("expected --reason to say why the baseline may change, found nothing")
    }
  }

  func run() throws {
    var run = try GateRun(policy, work)
    let wanted = run.entries.filter { entry in
      filter.map { "\(entry.input.gate): \(entry.input.name)".contains($0) } ?? true
    }
    let acceptable = wanted.filter {
      $0.input.obstacle == nil && $0.input.fresh?.status == .finished
    }
    for entry in wanted where entry.input.obstacle != nil {
      say("not accepted: \(entry.input.name): \(entry.input.obstacle ?? "")")
    }
    guard !acceptable.isEmpty else {
      say(
        "error: there is no fresh record to accept"
          + (wanted.isEmpty ? "; no cell of '\(policy)' has one where it looks for them" : ""))
      throw ExitCode(4)
    }
    // What is the baseline already needs no reason.
    let new = acceptable.filter { entry in
      guard let fresh = entry.input.fresh,
        let pair = run.baselines.pair(gate: entry.input.gate, file: entry.file)
      else { return true }
      return fresh.firstDifference(from: pair.last) != nil
    }
    guard !new.isEmpty else {
      try writeToStandardOutput("nothing to accept: every baseline is what is fresh\n")
      return
    }
    try run.accept(new, reason: reason)
    try writeToStandardOutput(run.lastAcceptance)
  }
}

extension GateRun {
  /// What was accepted last, a line per figure.
  fileprivate var lastAcceptance: String {
    guard let last = baselines.ledger.accepted.last else { return "" }
    return last.cells.flatMap { cell in
      cell.figures.map { figure in
        func number(_ value: Double?) -> String { value.map { NumberText.score($0) } ?? "–" }
        let change =
          figure.before == nil
          ? "\(number(figure.after)), the first baseline"
          : "\(number(figure.before)) became \(number(figure.after)); first \(number(figure.first))"
        return "accepted \(cell.gate)/\(cell.file): \(figure.name) \(change)\n"
      }
    }.joined()
  }
}
