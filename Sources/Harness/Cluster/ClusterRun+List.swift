internal import Digests
internal import JSONText
internal import Records
internal import System

extension ClusterRun {
  /// What the tasks of a submission read.
  ///
  /// - Parameters:
  ///   - tasks: The tasks.
  ///   - plan: Whose cells they run.
  ///   - submission: Its number.
  ///   - anchors: Ids of full-precision cells of a panel that have no record yet.
  /// - Returns: The list.
  func list(
    of tasks: [TaskPacking.Task], _ plan: Plan, submission: Int, anchors: (GridPanel) -> [String]
  ) -> TaskList {
    var files: [DigestedFile] = []
    var numbers: [String: Int] = [:]
    let contents = tasks.map { task in
      ClusterTask(
        cells: task.entries.compactMap { entry in
          guard let cell = entry.cell else { return nil }
          let panel = entry.point.panel
          let inputs = plan.resolver.inputs(of: cell, in: panel)
          for file in inputs where numbers[file.path] == nil {
            numbers[file.path] = files.count
            files.append(file)
          }
          return TaskCell(
            name: entry.shortName, cell: cell, files: inputs.compactMap { numbers[$0.path] },
            after: entry.isAnchor ? [] : anchors(panel), anchor: plan.gates[panel]?.anchor)
        })
    }
    return TaskList(
      run: Ledger.run(of: plan.store), submission: submission, results: plan.store.results,
      table: plan.grid.table, scale: plan.scale.rawValue, threads: threads, worker: worker,
      files: files, tasks: contents)
  }

  /// Writes one list of all cells of a plan, for arrays that somebody else hands in and follows.
  ///
  /// Full precision comes first; tasks that are started before it end with status 4, to be started again.
  ///
  /// - Parameters:
  ///   - plan: Whose cells are to run.
  ///   - path: Where the list goes; journals go to a folder `tasks` beside it.
  /// - Returns: The list, and what its largest task needs; nil where nothing is to run.
  /// - Throws: ``HarnessError`` for missing files or a list that can't be written.
  package func write(_ plan: Plan, to path: String) throws -> (list: TaskList, needs: TaskRequest)?
  {
    try plan.requireFiles()
    let entries = plan.entries.filter { $0.willRun && $0.cell != nil }
    let packing = TaskPacking(profile, threads: threads, sharing: sharing)
    let groups =
      packing.groups(of: entries.filter(\.isAnchor).map { TaskPacking.Item(entry: $0) })
      + packing.groups(of: entries.filter { !$0.isAnchor }.map { TaskPacking.Item(entry: $0) })
    guard let first = groups.first?.request else { return nil }
    let needs = groups.map(\.request).reduce(first) { most, request in
      TaskRequest(
        minutes: max(most.minutes, request.minutes),
        mebibytes: max(most.mebibytes, request.mebibytes), threads: threads,
        isExclusive: most.isExclusive || request.isExclusive)
    }
    let list = list(of: groups.flatMap(\.tasks), plan, submission: 0) { panel in
      entries.filter { $0.isAnchor && $0.point.panel == panel }.compactMap(\.cell?.id)
    }
    do {
      try makeFolder(parent(of: path))
      try writeDurably(Array(try jsonText(of: list, style: .compact).utf8), to: path)
    } catch let error as FileError { throw HarnessError.results(error) }
    return (list, needs)
  }
}
