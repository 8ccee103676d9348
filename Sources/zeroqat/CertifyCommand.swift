internal import ArgumentParser
internal import Harness
internal import Records
internal import System

/// `zeroqat certify`: whether today's program gives the committed numbers, shown by a few cells of each method.
struct CertifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "certify",
    abstract: "Prove by a few cells that today's program gives the committed numbers.",
    discussion: """
      For each method, architecture and material whose committed records an older program made, the cheapest \
      cell runs again. Where every digest and every window's loss is equal to the last bit, \
      tables/certificates.json says so.

      Exit status: 0 all records are today's or certified; 1 a cell differs, or --check found a record that is \
      neither; 3 a cell failed; 4 nothing to certify with.
      """)

  @Argument(help: "A folder of tables/, by name. Default: all.")
  var table: String?

  @Flag(help: "All tables and scales; the default, where no table is named.")
  var all = false

  @Option(help: "tiny, small, shape or paper. Default: every scale that has committed records.")
  var scale: String?

  @Flag(help: "Run nothing; list the records that are neither of today's program nor certified.")
  var check = false

  @Option(
    help: ArgumentHelp(
      "Run so many cells at scale tiny, whatever is certified, and write nothing.",
      valueName: "count"))
  var sample: Int?

  @Option(
    help: ArgumentHelp(
      "A folder of results that count as runs, also of another program; may be repeated.",
      valueName: "folder"))
  var evidence: [String] = []

  @OptionGroup var work: WorkOptions

  @Option(
    help: ArgumentHelp(
      "The program that runs a cell, called as 'cell' of this one.", visibility: .hidden))
  var worker = "/proc/self/exe"

  func validate() throws {
    if all, table != nil { throw ValidationError("--all is for no table in particular") }
    if let sample, sample < 1 { throw ValidationError("expected 1 cell or more, found \(sample)") }
    if check, sample != nil || !evidence.isEmpty {
      throw ValidationError("--check runs nothing and takes nothing in")
    }
  }

  func run() throws {
    var tables = try CommittedTables(of: table, scale: scale, work, worker: worker)
    var session = Certification(
      today: builtScience, certificates: try tables.file.read(), committed: tables.witnesses)
    if check { return try report(session, on: tables) }
    Interruption.install()
    if let sample { return try tables.runSample(of: sample, session) }
    try session.add(tables.evidence(evidence))
    // Written as it is proven: what ends early has lost nothing.
    try tables.file.write(session.certificates)
    try tables.runWhatIsStale(&session)
    try DigestList(root: tables.root).renew { $0 == "tables/certificates.json" }
    try report(session, on: tables)
  }

  /// Says how things stand, and ends with the status that says so.
  private func report(_ session: Certification, on tables: CommittedTables) throws {
    for found in session.disagreements { try writeToStandardOutput("\(found)\n") }
    let stale = session.stale
    for group in stale {
      let places = group.committed.map(\.place)
      let rest = places.count > 3 ? " and \(places.count - 3) more" : ""
      try writeToStandardOutput(
        "stale: \(group.lineage), science \(group.science.short): "
          + places.prefix(3).joined(separator: ", ") + rest + "\n")
    }
    let staleCount = stale.reduce(0) { $0 + $1.committed.count }
    let today = tables.witnesses.count { session.standing(of: $0)?.isEmpty == true }
    let certified = tables.witnesses.count - today - staleCount
    try writeToStandardOutput(
      "\(tables.witnesses.count) committed records: \(today) of today's program, "
        + "\(certified) certified for it, \(staleCount) stale\n")
    if !session.disagreements.isEmpty { throw ExitCode(1) }
    if tables.failed > 0 { throw ExitCode(3) }
    if staleCount > 0 { throw ExitCode(check ? 1 : 4) }
  }
}
