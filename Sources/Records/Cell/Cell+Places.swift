extension Cell {
  /// The cell with its id, address and paths blanked: what can change its numbers.
  package var withoutPlaces: Cell {
    var cell = self
    cell.id = ""
    cell.address = CellAddress(table: "", scale: "", row: "", column: "", seed: 0)
    cell.model.path = ""
    cell.method = method.withoutProgramPlaces
    cell.protocolSettings.train.forgetPaths()
    cell.protocolSettings.development.forgetPaths()
    cell.protocolSettings.test.forgetPaths()
    for index in (protocolSettings.tasks ?? []).indices {
      cell.protocolSettings.tasks?[index].train.forgetPaths()
      cell.protocolSettings.tasks?[index].development?.forgetPaths()
      cell.protocolSettings.tasks?[index].test.forgetPaths()
    }
    return cell
  }
}

extension TextSource {
  fileprivate mutating func forgetPaths() {
    parts.forgetPaths()
  }
}

extension [TextPart] {
  fileprivate mutating func forgetPaths() {
    for index in indices { self[index].path = "" }
  }
}
