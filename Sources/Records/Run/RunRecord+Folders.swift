extension RunRecord {
  /// The record with file names in place of paths, as it is published.
  package var withoutFolders: RunRecord {
    var record = self
    record.cell.model.path = lastName(of: cell.model.path)
    record.cell.method = cell.method.withoutProgramFolders
    record.cell.protocolSettings.train.forgetFolders()
    record.cell.protocolSettings.development.forgetFolders()
    record.cell.protocolSettings.test.forgetFolders()
    for index in (cell.protocolSettings.tasks ?? []).indices {
      record.cell.protocolSettings.tasks?[index].train.forgetFolders()
      record.cell.protocolSettings.tasks?[index].development?.forgetFolders()
      record.cell.protocolSettings.tasks?[index].test.forgetFolders()
    }
    return record
  }
}

extension TextSource {
  fileprivate mutating func forgetFolders() {
    parts.forgetFolders()
  }
}

extension [TextPart] {
  fileprivate mutating func forgetFolders() {
    for index in indices { self[index].path = lastName(of: self[index].path) }
  }
}

private func lastName(of path: String) -> String {
  path.split(separator: "/").last.map(String.init) ?? path
}
