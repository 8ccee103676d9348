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
    /// Whether several fresh records claim it.
    var isOneOfSeveral = false
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

  /// What is said of an older ledger; nil where there is nothing to say.
  var warning: String? {
    guard !baselines.ledger.isSealed, !baselines.ledger.accepted.isEmpty else { return nil }
    return
      "'\(baselines.folder)/accepted.json' is of an earlier zeroqat: nothing guards the words and figures in it "
      + "until the next 'zeroqat accept' gives every entry its digest"
  }

  private init(_ policy: GatePolicy, named path: String, in folder: String, _ work: WorkOptions)
    throws
  {
    self.path = path
    self.policy = policy
    func below(_ name: String) -> String { name.hasPrefix("/") ? name : "\(folder)/\(name)" }
    baselines = try GateBaselines(folder: policy.baselineFolder(from: folder))
    let site = try Site.anywhere(
      root: work.root, results: work.results, environment: processEnvironment())
    var locator = AssetLocator(site)
    for gate in policy.gates {
      if let table = gate.table {
        try add(gate, table, work)
      } else if let records = gate.records {
        let folder = below(records)
        let fresh = try FreshRecords(
          folder, science: builtScience, elsewhere: gate.elsewhere == true, locator: &locator)
        add(gate, fresh, from: folder)
      }
    }
    addForgotten()
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
    for file in baselines.files(of: gate.name) where !files.contains(file) {
      let picked = gate.filter.map { ", or the filter '\($0)' leaves it out" } ?? ""
      addMissing(gate, file, limits, "the grid has no such cell any more\(picked)")
    }
    if !entries.contains(where: { $0.input.gate == gate.name }) {
      let filter = gate.filter.map { ", filter '\($0)'" } ?? ""
      addEmpty(
        gate,
        "no cell of \(table) at scale \(place.scale.rawValue)\(filter) has a fresh record in '\(place.store.folder)' "
          + "or a baseline; 'zeroqat run \(table)' measures them")
    }
  }

  /// The records of a folder.
  private mutating func add(_ gate: GateRequest, _ fresh: FreshRecords, from folder: String) {
    let limits = policy.limits(of: gate)
    var files: Set<String> = []
    for item in fresh.items {
      let file = baselines.file(of: item.record, gate: gate.name)
      files.insert(file)
      let pair = baselines.pair(gate: gate.name, file: file)
      entries.append(
        Entry(
          input: GateInput(
            gate: gate.name, name: item.name, limits: limits, fresh: item.record,
            obstacle: item.obstacle, last: pair?.last,
            first: pair.flatMap { $0.first == $0.last ? nil : $0.first }), file: file,
          earlier: nil, isOneOfSeveral: item.isOneOfSeveral))
    }
    for file in baselines.files(of: gate.name) where !files.contains(file) {
      addMissing(gate, file, limits, "there is no fresh record in '\(folder)'")
    }
    if !entries.contains(where: { $0.input.gate == gate.name }) {
      addEmpty(
        gate,
        "there is no record in '\(folder)'"
          + (FileStatus(of: folder) == nil ? ", as there is no such folder" : ""))
    }
  }

  /// A gate that compares nothing, which is no pass.
  private mutating func addEmpty(_ gate: GateRequest, _ why: String) {
    entries.append(
      Entry(
        input: GateInput(
          gate: gate.name, name: "all cells", limits: policy.limits(of: gate), fresh: nil,
          obstacle: "missing: \(why)", last: nil, first: nil), file: "", earlier: nil))
  }

  /// Baselines of gates that the policy hasn't got: a gate that was renamed would forget them.
  private mutating func addForgotten() {
    let names = policy.gates.map(\.name)
    for gate in baselines.gates where !names.contains(gate) {
      let count = NumberText.count(baselines.files(of: gate).count, "baseline")
      let near = suggestion(for: gate, among: names)
      entries.append(
        Entry(
          input: GateInput(
            gate: gate, name: "all cells", limits: GateLimits(), fresh: nil,
            obstacle:
              "missing: no gate of the policy is called '\(gate)', which has \(count) in "
              + "'\(baselines.folder)/\(gate)'; \(near) Call the gate so again, or take them out: "
              + "'zeroqat accept POLICY --retire \(gate) --reason …'", last: nil, first: nil),
          file: "", earlier: nil))
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
  /// - Returns: The ledger's new entry; nil where every record is the last baseline already.
  /// - Throws: As ``Harness/GateBaselines/accept(_:reason:at:permission:)``.
  mutating func accept(
    _ accepted: [Entry], reason: String, permission: GateBaselines.Permission
  ) throws -> Acceptance? {
    let candidates = accepted.compactMap { entry in
      entry.input.fresh.map {
        GateBaselines.Candidate(
          gate: entry.input.gate, file: entry.file, record: $0, earlier: entry.earlier)
      }
    }
    return try baselines.accept(candidates, reason: reason, at: utcNow(), permission: permission)
  }
}

extension GatePolicy {
  /// The folder of accepted baselines of a policy in `folder`.
  func baselineFolder(from folder: String) -> String {
    let name = baseline ?? Self.usualBaseline
    return name.hasPrefix("/") ? name : "\(folder)/\(name)"
  }
}

extension CellAddress {
  /// The cell's name in reports of gates.
  fileprivate var nameInGates: String {
    "\(row)/\(column)" + (task.map { "/\($0)" } ?? "") + "/seed \(seed)"
  }
}
