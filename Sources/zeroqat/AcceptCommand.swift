internal import ArgumentParser
internal import Harness
internal import JSONText
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

  @Flag(
    help:
      "The baseline may get fewer windows or examples than it had, or lose a score; that it was asked for is kept."
  )
  var fewerWindows = false

  @Flag(help: "Make the records the first baselines as well: drift counts from here on.")
  var newFirst = false

  @Option(
    help: ArgumentHelp(
      "Take baselines out that nothing is held to any more, in the place of accepting; may be repeated.",
      valueName: "gate or gate/file"))
  var retire: [String] = []

  @OptionGroup var work: WorkOptions

  func validate() throws {
    if reason.isBlank {
      throw ValidationError("expected --reason to say why the baseline may change, found nothing")
    }
    guard retire.isEmpty || filter == nil && !fewerWindows && !newFirst else {
      throw ValidationError(
        "--retire takes baselines out and accepts nothing: leave --filter, --fewer-windows and --new-first away"
      )
    }
  }

  func run() throws {
    guard retire.isEmpty else { return try takeOut() }
    var run = try GateRun(policy, work)
    if let warning = run.warning { say(warning) }
    let wanted = run.entries.filter { entry in
      filter.map { "\(entry.input.gate): \(entry.input.name)".contains($0) } ?? true
    }
    let ambiguous = wanted.filter(\.isOneOfSeveral)
    guard ambiguous.isEmpty else {
      throw GateBaselineError.ambiguous(
        ambiguous.map { "\($0.input.name): \($0.input.obstacle ?? "")" })
    }
    let acceptable = wanted.filter {
      $0.input.obstacle == nil && $0.input.fresh?.status == .finished
    }
    for entry in wanted {
      let ending = entry.input.fresh.flatMap { $0.status == .finished ? nil : $0.status.rawValue }
      let why =
        entry.input.obstacle ?? ending.map { "its fresh record is of a cell that ended as '\($0)'" }
      if let why { say("not accepted: \(entry.input.gate): \(entry.input.name): \(why)") }
    }
    guard !acceptable.isEmpty else {
      say(
        "error: there is no fresh record to accept"
          + (wanted.isEmpty ? "; no cell of '\(policy)' has one where it looks for them" : ""))
      throw ExitCode(4)
    }
    var permission: GateBaselines.Permission = []
    if fewerWindows { permission.insert(.fewerWindows) }
    if newFirst { permission.insert(.newFirst) }
    guard let entry = try run.accept(acceptable, reason: reason, permission: permission) else {
      return try writeToStandardOutput("nothing to accept: every baseline is what is fresh\n")
    }
    try writeToStandardOutput(entry.words)
  }

  private func takeOut() throws {
    let document = try JSONDocument(contentsOf: policy)
    var baselines = try GateBaselines(
      folder: GatePolicy(document: document).baselineFolder(from: parent(of: absolute(policy))))
    try writeToStandardOutput(
      baselines.retire(retire, reason: reason, at: utcNow()).words)
  }
}

extension Acceptance {
  /// What changed, a line per figure or per baseline that was taken out.
  fileprivate var words: String {
    func number(_ value: Double?) -> String { value.map { NumberText.score($0) } ?? "–" }
    let accepted = cells.flatMap { cell in
      cell.figures.map { figure in
        let isFirst = newFirst == true ? ", the first baseline from here on" : ""
        let change =
          figure.before == nil
          ? "\(number(figure.after)), the first baseline"
          : "\(number(figure.before)) became \(number(figure.after))"
            + (isFirst.isEmpty ? "; first \(number(figure.first))" : isFirst)
        return "accepted \(cell.gate)/\(cell.file): \(figure.name) \(change)\n"
      }
    }
    return accepted.joined()
      + (retired ?? []).map { "taken out: \($0.gate)/\($0.file)\n" }.joined()
  }
}
