package import Vocabulary

extension RunRecord {
  /// The scores of one metric on one split: of the text when `task` is nil, else of that task.
  package func score(_ metric: Metric, split: String = "test", task: String? = nil) -> Score? {
    scores.first { $0.metric == metric.rawValue && $0.split == split && $0.task == task }
  }

  /// Names of the tasks that were scored, in the order of the protocol.
  package var scoredTasks: [String] {
    scores.compactMap(\.task).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}
