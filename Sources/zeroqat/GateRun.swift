internal import ArgumentParser
internal import Harness
internal import JSONText
internal import Records
internal import Reporting
internal import System
internal import Vocabulary
internal import Worker

/// A policy with what it gates: fresh records, their baselines, and where both are.
struct GateRun {
  /// One cell, and the file of its baseline.
  struct Entry {
    let input: GateInput
    let file: String
    /// What it is held against where nothing was accepted yet.
    let earlier: RunRecord?
  }

  /// The policy's file, as it was named.
  let path: String
  /// The policy.
  let policy: GatePolicy
  /// What was accepted so far.
  private(set) var baselines: GateBaselines
  /// Every cell of every gate.
  private(set) var entries: [Entry] = []

  /// Reads a policy and all that it names.
  ///
  /// - Throws: `JSONError` for a policy, a record or a ledger that isn't sound; what planning tables throws.
  init(_ path: String, _ work: WorkOptions) throws {
    try self.init(
      GatePolicy(document: JSONDocument(contentsOf: path)), named: path,
      in: parent(of: absolute(path)), work)
  }

  /// The cells of one table against the committed records, without a policy.
  init(table: String, margin: Double, _ options: TableOptions) throws {
    let (name, root) = try TableOptions.place(of: table, root: options.root)
    let gate = GateRequest(
      name: name, table: table, scale: options.scale, filter: options.filter, margin: margin)
    // Without a folder of accepted baselines beside the grid, the committed records count.
    try self.init(
      GatePolicy(gates: [gate]), named: name,
      in: Site(root: root, results: options.results, environment: processEnvironment()).root
        + "/tables/\(name)", options.work)
  }

  private init(_ policy: GatePolicy, named path: String, in folder: String, _ work: WorkOptions)
    throws
  {
    self.path = path
    self.policy = policy
    func below(_ name: String) -> String { name.hasPrefix("/") ? name : "\(folder)/\(name)" }
    baselines = try GateBaselines(
      folder: below(policy.baseline ?? GatePolicy.usualBaseline))
    let site = try Site.anywhere(
      root: work.root, results: work.results, environment: processEnvironment())
    var locator = AssetLocator(site)
    for gate in policy.gates {
      if let table = gate.table {
        try add(gate, table, work)
      } else if let records = gate.records {
        let fresh = try FreshRecords(
          below(records), science: builtScience, elsewhere: gate.elsewhere == true,
          locator: &locator)
        add(gate, fresh)
      }
    }
  }

  /// The cells of a table, in the grid's order.
  private mutating func add(_ gate: GateRequest, _ table: String, _ work: WorkOptions) throws {
    var arguments = [
      "--budget", Budget.full.rawValue, "--blas-core", work.blasCore.rawValue,
    ]
    if let scale = gate.scale { arguments += ["--scale", scale] }
    if let filter = gate.filter { arguments += ["--filter", filter] }
    if let root = work.root { arguments += ["--root", root] }
    if let results = work.results { arguments += ["--results", results] }
    let options = try TableOptions.parse(arguments)
    let place = try TableAtScale(table, options)
    let plan = try place.plan(options)
    let committed = Dictionary(
      try CommittedRecords(place).read().map { ($0.cell.address, $0) },
      uniquingKeysWith: { first, _ in first })
    let fresh = Dictionary(
      try plan.currentRecords().map { ($0.cell.address, $0) },
      uniquingKeysWith: { first, _ in first })
    let order = Dictionary(
      place.grid.points(at: place.scale).enumerated().map { ($1.address, $0) },
      uniquingKeysWith: { first, _ in first })
    let limits = policy.limits(of: gate)
    // The plan brings full precision along for its anchor; it is gated when the filter names it.
    let planned = plan.entries
      .filter { entry in gate.filter.map { entry.name.contains($0) } ?? true }
      .sorted { (order[$0.point.address] ?? .max) < (order[$1.point.address] ?? .max) }
    let files = planned.map { CommittedFile.name(of: $0.point.address) }
    func hasBaseline(_ entry: PlanEntry, _ file: String) -> Bool {
      committed[entry.point.address] != nil || baselines.pair(gate: gate.name, file: file) != nil
    }
    // One cell may serve several places of a grid, and have its baseline at one of them.
    let guarded = Set(
      zip(planned, files).filter { hasBaseline($0, $1) }.compactMap { $0.0.cell?.id })
    for (entry, file) in zip(planned, files) {
      let address = entry.point.address
      let record = fresh[address]
      if !hasBaseline(entry, file) {
        if record == nil { continue }
        if let id = entry.cell?.id, guarded.contains(id) { continue }
      }
      let pair = baselines.pair(gate: gate.name, file: file)
      let name = address.nameInGates
      let missing = "missing: there is no fresh record" + (entry.obstacle.map { "; \($0)" } ?? "")
      entries.append(
        Entry(
          input: GateInput(
            gate: gate.name, name: name, limits: limits, fresh: record,
            obstacle: record == nil ? missing : nil, last: pair?.last ?? committed[address],
            first: pair.flatMap { $0.first == $0.last ? nil : $0.first }), file: file,
          earlier: pair == nil ? committed[address] : nil))
    }
    // A baseline whose cell the grid no longer has is missing, not forgotten.
    for file in baselines.files(of: gate.name)
    where gate.filter == nil && !files.contains(file) {
      addMissing(gate, file, limits, "the grid has no such cell any more")
    }
  }

  /// The records of a folder.
  private mutating func add(_ gate: GateRequest, _ fresh: FreshRecords) {
    let limits = policy.limits(of: gate)
    for (index, item) in fresh.items.enumerated() {
      let pair = baselines.pair(gate: gate.name, file: item.file)
      let isTwice = fresh.items[..<index].contains { $0.file == item.file }
      entries.append(
        Entry(
          input: GateInput(
            gate: gate.name, name: item.name, limits: limits, fresh: item.record,
            obstacle: isTwice
              ? "two fresh records claim this cell; remove the one that isn't meant"
              : item.obstacle, last: pair?.last,
            first: pair.flatMap { $0.first == $0.last ? nil : $0.first }), file: item.file,
          earlier: nil))
    }
    for file in baselines.files(of: gate.name)
    where !fresh.items.contains(where: { $0.file == file }) {
      addMissing(gate, file, limits, "there is no fresh record")
    }
  }

  private mutating func addMissing(
    _ gate: GateRequest, _ file: String, _ limits: GateLimits, _ why: String
  ) {
    entries.append(
      Entry(
        input: GateInput(
          gate: gate.name, name: String(file.dropLast(5)), limits: limits, fresh: nil,
          obstacle: "missing: \(why)", last: baselines.pair(gate: gate.name, file: file)?.last,
          first: nil), file: file, earlier: nil))
  }

  /// What the gate says.
  var report: GateReport { GateReport(policy: path, entries.map(\.input)) }

  /// Makes the fresh records of cells the baselines.
  ///
  /// - Throws: As ``Harness/GateBaselines/accept(_:reason:at:)``.
  mutating func accept(_ accepted: [Entry], reason: String) throws {
    let candidates = accepted.compactMap { entry in
      entry.input.fresh.map {
        GateBaselines.Candidate(
          gate: entry.input.gate, file: entry.file, record: $0, earlier: entry.earlier)
      }
    }
    try baselines.accept(candidates, reason: reason, at: utcNow())
  }
}

extension CellAddress {
  /// The cell's name in reports of gates.
  fileprivate var nameInGates: String {
    "\(row)/\(column)" + (task.map { "/\($0)" } ?? "") + "/seed \(seed)"
  }
}
