/// What a protocol may take of a dataset: its tasks, or its text.
extension DatasetManifest {
  /// The tasks that a name stands for: one, or all of the dataset.
  ///
  /// - Parameters:
  ///   - name: The name, of this dataset.
  ///   - request: The protocol that it stands in, for the error.
  /// - Returns: At least one task.
  /// - Throws: ``ProtocolIDError`` when the dataset is text, or has no such task.
  package func tasks(named name: TaskName, in request: String) throws(ProtocolIDError)
    -> [DatasetTask]
  {
    guard !tasks.isEmpty else {
      throw ProtocolIDError(
        id: request,
        reason: "expected a dataset, a hyphen and 2 to 65536 tokens per window, as in 'books-512'; "
          + "'\(name.dataset)' is text and has no tasks")
    }
    let wanted = tasks.filter { $0.name == name.task ?? $0.name }
    guard !wanted.isEmpty else {
      throw ProtocolIDError(
        id: request,
        reason: "the dataset '\(name.dataset)' has no task '\(name.task ?? "")'; "
          + suggestion(for: name.task ?? "", among: tasks.map(\.name)))
    }
    return wanted
  }

  /// The name that scores of a task carry: the dataset's own where it is all that the dataset has.
  package func name(of task: DatasetTask) -> String {
    tasks.count == 1 && splits.isEmpty ? name : "\(name)-\(task.name)"
  }

  /// The first way to split the text that a protocol names.
  ///
  /// - Throws: ``ProtocolIDError`` when the dataset holds tasks.
  package func firstSplit(for id: ProtocolID) throws(ProtocolIDError) -> DatasetSplit {
    guard let split = splits.first else {
      throw ProtocolIDError(
        id: id.description, reason: "'\(id.dataset)' has tasks and no text to cut into windows")
    }
    return split
  }
}
