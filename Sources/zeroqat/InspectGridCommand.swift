internal import ArgumentParser
internal import Harness
internal import Records
internal import Reporting
internal import System

/// `zeroqat inspect grid table2`: the cells that a grid comes to.
struct InspectGridCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grid",
    abstract: "List a table's cells: ids, options as resolved, minutes and memory as expected.",
    discussion:
      "'plan' says what a run would do; this says what there is, with every default written out.")

  @Argument(help: "A folder of tables/, by name or path, or its grid.json.")
  var table: String

  @Option(help: "How it is written.")
  var format = InspectionFormat.table

  @OptionGroup var options: TableOptions

  func run() throws {
    let folder =
      table.hasSuffix("/grid.json") ? String(table.dropLast("/grid.json".count)) : table
    let place = try TableAtScale(folder, options)
    let items = try place.plan(options).entries.map { entry in
      let point = entry.point
      return GridInspection.Item(
        id: entry.cell?.id, place: point.address, bits: "\(point.bits)",
        model: entry.cell?.model.name ?? point.panel.model ?? "–",
        method: entry.cell?.method.name ?? point.method.name,
        options: entry.cell?.method.options ?? point.method.options, state: entry.stateName,
        minutes: entry.minutes, mebibytes: entry.mebibytes)
    }
    try format.write(
      GridInspection(
        table: place.grid.table, scale: place.scale.rawValue,
        budget: place.isShortened ? Budget.quick.rawValue : Budget.full.rawValue, items: items))
  }
}

extension PlanEntry {
  /// What would happen to the cell, without what columns of their own say.
  fileprivate var stateName: String {
    if case .run = state { return "will run" }
    return stateInWords
  }
}
