internal import ArgumentParser
internal import Harness
internal import Records
internal import System

/// Every table and figure, one after the other; one that fails doesn't keep the others from being made.
struct AllTables {
  let options: TableOptions
  let jobs: JobsOption
  let executor: ExecutorOptions
  let force: Bool
  let worker: String

  /// Tables before figures and others, each with the scales that its grid has.
  static func tables(of catalog: Catalog) -> [String] {
    let all = (catalog.tables + catalog.textTables).sorted()
    return all.filter { $0.hasPrefix("table") } + all.filter { !$0.hasPrefix("table") }
  }

  /// Prints the plan of every table that has the scale.
  func plan() throws {
    for place in try TableAtScale.all(options) {
      try writeToStandardOutput("\(try place.plan(options, force: force))\n")
    }
  }

  /// Runs and renders all of them, and prints what came out of each.
  ///
  /// - Returns: 0, or of what stood in the way the smallest: 1 a missed anchor, 2 a table that couldn't
  ///   start, 3 a failed cell. That nothing is measured for a table whose data isn't there is no failure.
  ///   A signal's status ends it at once.
  func run() throws -> Int32 {
    let catalog = try Catalog(
      Site(root: options.root, results: options.results, environment: processEnvironment()))
    let scale = try options.scaleOfAll
    let began = monotonicSeconds()
    var (lines, worst): ([String], Int32) = ([], 0)
    for table in Self.tables(of: catalog) {
      let start = monotonicSeconds()
      var (words, status): (String, Int32) = ("", 0)
      do {
        (words, status) = try run(table, at: scale, catalog)
      } catch {
        writeToStandardError(Array(Zeroqat.words(of: error).utf8))
        (words, status) = ("couldn't start", 2)
      }
      if status > 128 { return status }
      if status != 0, status != 4 { worst = worst == 0 ? status : min(worst, status) }
      let name = table + String(repeating: " ", count: max(0, 16 - table.count))
      let seconds = monotonicSeconds() - start
      lines.append(
        "  \(name) \(words)" + (seconds < 1 ? "" : ", \(durationInWords(seconds))")
          + (status == 0 ? "" : " (exit code \(status))"))
    }
    try writeToStandardOutput(
      "all tables at scale \(scale.rawValue), \(durationInWords(monotonicSeconds() - began))\n"
        + lines.joined(separator: "\n") + "\n")
    return worst
  }

  private func run(_ table: String, at scale: Scale, _ catalog: Catalog) throws -> (
    words: String, status: Int32
  ) {
    if let page = try TextPage(table, options) {
      try page.render()
      return ("rendered, nothing to run", 0)
    }
    let scales = try catalog.grid(of: table, methods: methodRegistry).scales
    guard scales[scale] != nil else {
      let others = Scale.allCases.filter { scales[$0] != nil }.map(\.rawValue)
      return ("not at scale \(scale.rawValue); it has \(others.joined(separator: ", "))", 0)
    }
    say("— \(table) —")
    var options = options
    options.scale = scale.rawValue
    let run = TableRun(
      place: try TableAtScale(table, options), options: options, jobs: jobs, executor: executor,
      force: force,
      worker: worker)
    let summary = try run()
    guard summary.interruption == nil else { return ("interrupted", summary.exitStatus) }
    try run.render()
    return (try run.outcome(), summary.exitStatus)
  }
}
