internal import ArgumentParser
internal import Harness
internal import Records
internal import System
internal import Worker

/// What all commands on one table understand.
struct TableOptions: ParsableArguments {
  @Option(help: "tiny, small, shape or paper. Default: the first of these that the table has.")
  var scale: String?

  @Option(
    help: ArgumentHelp(
      "Only cells whose name contains this text.",
      discussion: "A name reads 'row=zeroqat column=ppl-w4a4 bits=W4A4 seed=1'.",
      valueName: "substring"))
  var filter: String?

  @Option(
    name: .customLong("protocol"),
    help: ArgumentHelp(
      "Another text and window than the grid's first choice, such as wikitext2-2048.",
      valueName: "id"))
  var protocolID: String?

  @Option(
    help: ArgumentHelp(
      "quick, the first updates, windows and seeds, or full, all that the table declares.",
      discussion:
        "Default: quick where the table has it, full elsewhere; what is committed is full.",
      valueName: "budget"))
  var budget: String?

  @OptionGroup var work: WorkOptions

  /// The folder of records, if an option names it.
  var results: String? { work.results }

  /// The checkout, if an option names it.
  var root: String? { work.root }
}

extension TableOptions {
  /// Refuses both or neither of a table and all of them, and what is for one table alone.
  func validate(table: String?, all: Bool) throws {
    guard (table == nil) == all else { throw ValidationError("expected either a table or --all") }
    if all, filter != nil || protocolID != nil {
      throw ValidationError("--filter and --protocol are for one table")
    }
  }

  /// A table's name, and the checkout that it is looked for in, if its folder or an option says so.
  static func place(of table: String, root: String?) throws -> (name: String, root: String?) {
    guard table.contains("/") else { return (table, root) }
    let folder = try absolute(withoutTrailingSlashes(table))
    return (String(folder.split(separator: "/").last ?? ""), root ?? parent(of: parent(of: folder)))
  }
}

extension TableOptions {
  /// How much of a table runs, by the options.
  var chosenBudget: Budget {
    get throws {
      guard let budget else { return .quick }
      guard let chosen = Budget(rawValue: budget) else {
        throw ValidationError(
          "unknown budget '\(budget)'; "
            + suggestion(for: budget, among: Budget.allCases.map(\.rawValue)))
      }
      return chosen
    }
  }

  /// The same options for all that tables declare.
  ///
  /// - Throws: A `ValidationError` when another budget is asked for.
  func whole() throws -> TableOptions {
    if budget != nil, try chosenBudget != .full {
      throw ValidationError("'--budget quick' is for run, check, plan and render; this takes all")
    }
    var options = self
    options.budget = Budget.full.rawValue
    return options
  }
}

extension Scale {
  /// The scale of that name.
  init(named name: String) throws(HarnessError) {
    guard let scale = Scale(rawValue: name) else {
      throw .unknownScale(
        name, suggestion: suggestion(for: name, among: Scale.allCases.map(\.rawValue)))
    }
    self = scale
  }
}

extension TableOptions {
  /// The scale of all tables together: the one named, else `tiny`.
  var scaleOfAll: Scale { get throws { try scale.map { try Scale(named: $0) } ?? .tiny } }
}

/// A table of a checkout at one scale, ready to be planned.
struct TableAtScale {
  let site: Site
  let catalog: Catalog
  let grid: Grid
  let scale: Scale
  let resolver: CellResolver
  let store: ResultStore

  /// Finds the table by its name or by its folder's path.
  init(_ table: String, _ options: TableOptions) throws {
    let (name, root) = try TableOptions.place(of: table, root: options.root)
    site = try Site(
      root: root, results: options.results, environment: processEnvironment())
    catalog = try Catalog(
      site, architectures: architectureNames, reading: { try ModelFacts(path: $0) })
    let wanted = try options.scale.map { try Scale(named: $0) }
    let grid = try catalog.grid(of: name, methods: methodRegistry).at(options.chosenBudget)
    self.grid = grid
    let scale = wanted ?? grid.firstScale
    guard grid.scales[scale] != nil else {
      throw HarnessError.scaleNotInGrid(scale.rawValue, table: name)
    }
    self.scale = scale
    resolver = try CellResolver(
      grid, at: scale, catalog: catalog, protocolID: options.protocolID,
      blasCore: options.work.blasCore.name(
        processorFlags: BLASCore.processorFlags, environment: site.environment),
      science: builtScience, resolveOptions: methodRegistry.resolve)
    store = ResultStore(results: site.results, table: name, scale: scale)
  }

  /// Whether less is run than the table declares.
  var isShortened: Bool { grid.budget == .quick && grid.scales[scale]?.quick != nil }

  /// Every table whose grid runs something at the scale that the options name, in the order of their names.
  static func all(_ options: TableOptions) throws -> [TableAtScale] {
    let catalog = try Catalog(
      Site(root: options.root, results: options.results, environment: processEnvironment()))
    let scale = try options.scaleOfAll
    return try catalog.tables.filter { table in
      let settings = try catalog.grid(of: table, methods: methodRegistry).scales[scale]
      return settings != nil && settings?.notRun == nil
    }.map { try TableAtScale($0, options) }
  }

  /// The plan for what the options pick.
  func plan(
    _ options: TableOptions, force: Bool = false, memoryBytes: Int = MachineMemory.bytes
  ) throws -> Plan {
    try Plan(
      grid, at: scale, resolver: resolver, store: store, methods: methodRegistry.names,
      filter: options.filter, force: force, memoryBytes: memoryBytes,
      past: PastRuns(
        own: try store.records(),
        committed: try CommittedRecords(root: site.root, table: grid.table, scale: scale).sound()))
  }
}

extension Grid {
  /// The scale at which a table is run when nobody names one: the smallest that it has.
  fileprivate var firstScale: Scale { Scale.allCases.first { scales[$0] != nil } ?? .tiny }
}

/// `tables/table2//` names the same folder as `tables/table2`.
func withoutTrailingSlashes(_ path: String) -> String {
  let end = path.lastIndex { $0 != "/" }
  return end.map { String(path[...$0]) } ?? "/"
}
