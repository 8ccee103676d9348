/// A protocol as grids and command lines write it: a text, tasks, or a text and tasks joined by `+`.
///
/// `books-512` is text. `sst2` is the task of the dataset `sst2`, `zeroshot` all tasks of the dataset
/// `zeroshot`, `zeroshot-piqa` one of them. `books-512+zeroshot` says which text methods calibrate on;
/// tasks alone take one of the scale's texts.
package struct ProtocolRequest: Sendable, Equatable, CustomStringConvertible {
  /// The text; nil when the scale's is to be taken.
  package var text: ProtocolID?
  /// The tasks, in order; empty for text alone.
  package var tasks: [TaskName]

  /// A request from its parts.
  package init(text: ProtocolID?, tasks: [TaskName]) {
    self.text = text
    self.tasks = tasks
  }

  /// Reads a request.
  ///
  /// - Throws: ``ProtocolIDError`` when it hasn't that form, or a dataset isn't one of `datasets`. That
  ///   a dataset has the task is for its manifest to say.
  package init(_ request: String, datasets: [String]) throws(ProtocolIDError) {
    let parts = request.split(separator: "+", omittingEmptySubsequences: false).map(String.init)
    var (text, tasks): (ProtocolID?, [TaskName]) = (nil, [])
    for (index, part) in parts.enumerated() {
      if let name = TaskName(part, datasets: datasets) {
        if tasks.contains(name) {
          throw ProtocolIDError(id: request, reason: "'\(name)' is in it twice")
        }
        tasks.append(name)
      } else if index == 0 {
        text = try ProtocolID(part, datasets: datasets)
      } else if (try? ProtocolID(part, datasets: datasets)) != nil {
        throw ProtocolIDError(id: request, reason: "the text '\(part)' comes first")
      } else {
        throw ProtocolIDError(
          id: request,
          reason: "there is no dataset '\(part)'; \(suggestion(for: part, among: datasets))")
      }
    }
    self.init(text: text, tasks: tasks)
  }

  /// The request as it is written.
  package var description: String {
    ([text.map(\.description)].compactMap(\.self) + tasks.map(\.description))
      .joined(separator: "+")
  }
}

/// A task by name: the dataset and, where one of several is meant, the task of it.
package struct TaskName: Sendable, Hashable, CustomStringConvertible {
  /// The folder in `datasets/`.
  package var dataset: String
  /// The task; nil means all tasks of the dataset.
  package var task: String?

  /// A name from its parts.
  package init(dataset: String, task: String?) {
    self.dataset = dataset
    self.task = task
  }

  /// Reads a name; nil when no dataset is called so, or when it is a text with a window's tokens.
  package init?(_ text: String, datasets: [String]) {
    if datasets.contains(text) {
      self.init(dataset: text, task: nil)
      return
    }
    // Of two datasets that both begin the name, the longer one is meant.
    let dataset = datasets.filter { text.hasPrefix($0 + "-") }.max { $0.count < $1.count }
    guard let dataset else { return nil }
    let task = String(text.dropFirst(dataset.count + 1))
    guard !task.isEmpty, !task.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    self.init(dataset: dataset, task: task)
  }

  /// The name as it is written.
  package var description: String { task.map { "\(dataset)-\($0)" } ?? dataset }
}
