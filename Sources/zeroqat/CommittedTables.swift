internal import ArgumentParser
internal import Harness
internal import Records
internal import System
internal import Vocabulary
internal import Worker

/// The tables whose committed records are to be certified, and how their cells run again.
struct CommittedTables {
  /// Where certificates are kept.
  let file: CertificateFile
  /// All committed records.
  private(set) var witnesses: [Witness] = []
  /// How many cells failed.
  private(set) var failed = 0

  private let work: WorkOptions
  private let worker: String
  private let catalog: Catalog
  private var places: [String: (table: TableAtScale, plan: Plan)] = [:]
  private var architectures: [String: Architecture] = [:]

  /// Reads the committed records of a table or of all, at a scale or at all.
  ///
  /// - Parameters:
  ///   - table: A folder of tables/, by name; nil for all.
  ///   - scale: The scale's name; nil for all.
  ///   - work: How cells run again.
  ///   - worker: The program that runs them.
  /// - Throws: What reading records and grids throws.
  init(of table: String?, scale: String?, _ work: WorkOptions, worker: String) throws {
    self.work = work
    self.worker = worker
    let site = try Site(
      root: work.root, results: work.results, environment: processEnvironment())
    catalog = try Catalog(site, architectures: architectureNames)
    file = CertificateFile(site)
    for table in try table.map({ [try TableOptions.place(of: $0, root: nil).name] })
      ?? catalog.tables
    {
      for scale in try Self.scales(of: table, site, scale) {
        let options = try TableOptions.parse(Self.arguments(of: work, scale, site))
        let place = try TableAtScale(table, options)
        places["\(table)/\(scale)"] = (place, try place.plan(options))
        witnesses += try CommittedRecords(place).read().map { try witness($0) }
      }
    }
  }

  /// Scales at which a table has committed records.
  private static func scales(of table: String, _ site: Site, _ scale: String?) throws
    -> [String]
  {
    try (scale.map { [try Scale(named: $0)] } ?? Scale.allCases).map(\.rawValue).filter {
      try !listFolder("\(site.root)/tables/\(table)/records/\($0)").isEmpty
    }
  }

  private static func arguments(
    of work: WorkOptions, _ scale: String, _ site: Site
  ) -> [String] {
    [
      "--scale", scale, "--budget", Budget.full.rawValue, "--root", site.root, "--results",
      site.results,
    ]
      + ["--blas-core", work.blasCore.rawValue]
      + (work.threads.map { ["--threads", "\($0)"] } ?? [])
  }

  /// A record as a witness, with every default of its method written out.
  private mutating func witness(_ record: RunRecord) throws -> Witness {
    let name = record.cell.model.name
    let architecture = try architectures[name] ?? catalog.model(name).architecture
    architectures[name] = architecture
    var record = record
    record.cell.method = try methodRegistry.resolve(
      record.cell.method, record.cell.bits, architecture)
    return Witness(record, architecture: architecture.rawValue)
  }

  /// Records of this machine, and those of more folders of results.
  mutating func evidence(_ folders: [String]) throws -> [Witness] {
    var found: [Witness] = []
    for name in places.keys.sorted() {
      for record in try places[name]?.plan.currentRecords() ?? [] {
        found.append(try witness(record))
      }
      for folder in folders {
        for file in try listFolder("\(try absolute(folder))/\(name)") where file.hasSuffix(".json")
        {
          let path = "\(try absolute(folder))/\(name)/\(file)"
          if case .record(let record) = ResultStore.read(
            path, expecting: String(file.dropLast(5)), ofOlderPrograms: true)
          {
            found.append(try witness(record))
          }
        }
      }
    }
    return found
  }

  /// Runs one cell of each group that nothing leads to today's science from.
  mutating func runWhatIsStale(_ session: inout Certification) throws {
    var tried: Set<String> = []
    while true {
      let open = session.stale.compactMap { group -> Witness? in
        // Where one cell differs, no other can make up for it.
        let differs = session.disagreements.contains {
          $0.lineage == group.lineage && $0.from == group.science
        }
        return differs
          ? nil : group.candidates.first { !tried.contains($0.place) && cell(of: $0) != nil }
      }
      // One cell can speak for several groups.
      let next = open.reduce(into: [Witness]()) { list, witness in
        if !list.contains(where: { $0.place == witness.place }) { list.append(witness) }
      }
      guard let witness = next.first else { break }
      tried.insert(witness.place)
      let seconds = next.reduce(0) { $0 + ($1.seconds.isFinite ? $1.seconds : 0) }
      say("\(next.count) to run, about \(durationInWords(seconds)): \(witness.place)")
      guard let record = try run(witness) else { continue }
      try session.add([try self.witness(record)])
      try file.write(session.certificates)
      if let found = session.disagreements.first(where: { $0.place == witness.place }) {
        say("\(found)")
      }
    }
    for group in session.stale {
      guard let first = group.candidates.first(where: { !tried.contains($0.place) }),
        case .cannotRun(let why) = standing(of: first)
      else { continue }
      try writeToStandardOutput("not run: \(first.place): \(why)\n")
    }
  }

  /// Runs the cheapest cells at scale tiny, of as many methods as there are cells, and compares.
  ///
  /// - Throws: The exit status: 1 for a difference, 3 for a cell that failed, 4 for nothing to compare with.
  mutating func runSample(of count: Int, _ session: Certification) throws {
    let byCost = witnesses.filter {
      $0.record.cell.address.scale == Scale.tiny.rawValue && $0.record.status == .finished
        && cell(of: $0) != nil
    }.sorted { ($0.seconds, $0.place) < ($1.seconds, $1.place) }
    var chosen: [Witness] = []
    for isRepeated in [false, true] {
      for witness in byCost where chosen.count < count && !chosen.contains(witness) {
        let method = witness.record.cell.method.name
        if isRepeated || !chosen.contains(where: { $0.record.cell.method.name == method }) {
          chosen.append(witness)
        }
      }
    }
    var differing = 0
    for (index, witness) in chosen.enumerated() {
      say("[\(index + 1)/\(chosen.count)] \(witness.place)")
      guard let record = try fresh(witness) ?? run(witness) else { continue }
      let words = record.firstDifference(from: witness.record)
      if words != nil { differing += 1 }
      let verdict = words.map { "differs: \($0)" } ?? "equal to the last bit"
      try writeToStandardOutput(
        "method '\(witness.record.cell.method.name)' on \(witness.architecture): \(witness.place) "
          + verdict + "\n")
    }
    if differing > 0 { throw ExitCode(1) }
    if failed > 0 { throw ExitCode(3) }
    if chosen.isEmpty { throw ExitCode(4) }
  }

  // MARK: - Running a cell again

  private func entry(of witness: Witness) -> (table: TableAtScale, entry: PlanEntry)? {
    let address = witness.record.cell.address
    guard let place = places["\(address.table)/\(address.scale)"],
      let entry = place.plan.entries.first(where: { $0.point.address == address })
    else { return nil }
    return (place.table, entry)
  }

  /// Today's cell at the witness's place; nil when it can't run here or isn't the same one.
  private func cell(of witness: Witness) -> Cell? {
    if case .runs(let cell) = standing(of: witness) { return cell }
    return nil
  }

  /// Today's cell at the witness's place, or what keeps it from running again.
  ///
  /// - Parameters:
  ///   - witness: The committed record.
  ///   - withAnyKernels: Whether other kernels of OpenBLAS than the record's will do.
  /// - Returns: The cell, or why it can't run.
  func standing(of witness: Witness, withAnyKernels: Bool = false) -> CommittedCell {
    guard let (table, entry) = entry(of: witness) else {
      return .cannotRun("the grid has no such cell any more")
    }
    guard let cell = entry.cell else { return .cannotRun("it can't run here: \(entry.state)") }
    if let asset = table.resolver[entry.point.panel]?.assets.first(where: { !$0.exists }) {
      return .cannotRun("'\(asset.path)' isn't there")
    }
    do {
      let pointers = try witness.differences(from: cell).filter {
        !(withAnyKernels && $0 == "/blasCore")
      }
      guard pointers.isEmpty else {
        return .cannotRun("the grid's cell differs in \(pointers.joined(separator: ", "))")
      }
    } catch {
      return .cannotRun("\(error)")
    }
    return .runs(cell)
  }

  /// The record that this machine has of the witness's cell under today's science.
  private func fresh(_ witness: Witness) -> RunRecord? {
    guard cell(of: witness) != nil, case .done(let record)? = entry(of: witness)?.entry.state else {
      return nil
    }
    return record
  }

  /// How cells run again.
  var process: CellProcess {
    CellProcess(
      executable: worker, threads: work.threadCount, environment: catalog.site.environment,
      commit: builtCommit)
  }

  /// The checkout, and the folder of records.
  var root: String { catalog.site.root }
  var results: String { catalog.site.results }

  /// Runs the witness's cell in a measured process and keeps its record; nil when it failed.
  fileprivate mutating func run(_ witness: Witness) throws -> RunRecord? {
    guard let cell = cell(of: witness), let (table, _) = entry(of: witness) else { return nil }
    try makeFolder(table.store.folder)
    let lock = try StoreLock(folder: table.store.results)
    defer { _ = lock.isHeld }
    switch try process.run(cell, in: table.store, output: { writeToStandardError(Array($0)) }) {
    case .interrupted(let signal): throw ExitCode(Interruption.exitStatus(of: signal))
    case .record(let record):
      try table.store.save(record)
      if record.status == .failed {
        failed += 1
        say("\(witness.place) failed: \(record.reason ?? "no reason given")")
        return nil
      }
      try removeTree(table.store.workFolder(of: cell.id))
      return record
    }
  }

  private func say(_ line: String) { writeToStandardError(Array((line + "\n").utf8)) }
}

/// What came of running a committed cell again.
enum RepeatedCell {
  /// Equal to the last bit.
  case equal
  /// The first thing that isn't, or that it failed.
  case differs(String)
  /// It can't run here, and why.
  case cannotRun(String)
}

extension CommittedTables {
  /// Runs the witness's cell again, whatever this machine has of it, and compares.
  mutating func runAgain(_ witness: Witness) throws -> RepeatedCell {
    if case .cannotRun(let why) = standing(of: witness) { return .cannotRun(why) }
    guard let record = try run(witness) else { return .differs("it failed") }
    return record.firstDifference(from: witness.record).map { .differs($0) } ?? .equal
  }
}

/// Whether a committed cell can run again.
enum CommittedCell {
  /// As this cell.
  case runs(Cell)
  /// No, and why.
  case cannotRun(String)
}
