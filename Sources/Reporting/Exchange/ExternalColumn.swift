internal import Records
internal import Vocabulary

extension TableContents {
  /// A section that shows a model measured by another program beside the table's rows, task by task.
  ///
  /// Nothing is tested against it: its prompts, its tokenizer and its kernels are its own. A task fits where the table has it by
  /// that name, or by the one that `tasks` gives, in the same metric and with as many examples.
  ///
  /// - Parameters:
  ///   - external: What was measured elsewhere.
  ///   - tasks: The harness's names by the table's.
  /// - Returns: The section, as Markdown.
  /// - Throws: ``ExternalColumnError`` where nothing fits, or a task has another number of examples.
  package func externalSection(_ external: LMEvalResults, tasks: [String: String]) throws -> String
  {
    let own = ownScores
    let names = own.map(\.task).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    if let unknown = tasks.keys.sorted().first(where: { !names.contains($0) }) {
      throw ExternalColumnError.unknownTask(
        unknown, suggestion: suggestion(for: unknown, among: names))
    }
    let theirs = external.figures.map(\.task)
    if let unknown = tasks.values.sorted().first(where: { !theirs.contains($0) }) {
      throw ExternalColumnError.notInFile(
        unknown, suggestion: suggestion(for: unknown, among: theirs))
    }
    var rows = own.map(\.row).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    var lines: [[String]] = []
    var fitting: Set<String> = []
    for task in names {
      let wanted = tasks[task] ?? task
      for figure in external.figures where figure.task == wanted {
        let scores = own.filter { $0.task == task && $0.metric == figure.metric }
        guard let first = scores.first else { continue }
        guard first.examples == figure.examples else {
          throw ExternalColumnError.otherExamples(
            task: task, here: first.examples, there: figure.examples)
        }
        fitting.formUnion(scores.map(\.row))
        lines.append(
          [task.inMarkdown, figure.metric.inMarkdown, NumberText.grouped(figure.examples)]
            + rows.map { row in
              scores.first { $0.row == row }.map { NumberText.fixed($0.percent, 2) } ?? "–"
            }
            + [
              NumberText.score(
                100 * figure.value, standardError: figure.standardError.map { 100 * $0 })
            ])
      }
    }
    guard !lines.isEmpty else {
      throw ExternalColumnError.nothingFits(table: grid.table, here: names, there: theirs)
    }
    // Rows that have none of these tasks would be columns of dashes.
    let kept = rows.indices.filter { fitting.contains(rows[$0]) }
    rows = kept.map { rows[$0] }
    var table = MarkdownTable(
      [("Task", .left), ("Metric", .left), ("Examples", .right)]
        + rows.map { ($0, .right) } + [(external.model.inMarkdown, .right)])
    for line in lines {
      table.add(Array(line[..<3]) + kept.map { line[3 + $0] } + [line[line.count - 1]])
    }
    let version = external.version.map { " \($0)" } ?? ""
    return """
      ## Beside these: \(external.model.inMarkdown)

      The last column was measured elsewhere, by lm-evaluation-harness\(version), in percent. No test compares it: its \
      prompts, tokenizer and kernels are its own.

      \(table.text)

      """
  }

  private struct OwnScore {
    let row: String
    let task: String
    let metric: String
    let percent: Double
    let examples: Int
  }

  /// Every finite test score of a task, by the names that lists give to records.
  private var ownScores: [OwnScore] {
    records.flatMap { record in
      record.scores.compactMap { score in
        guard score.split == "test", let task = score.task, let value = score.value,
          value.isFinite
        else { return nil }
        return OwnScore(
          row: name(of: record).inMarkdown, task: task, metric: score.metric, percent: 100 * value,
          examples: score.outcomes?.count ?? 0)
      }
    }
  }
}

/// Why a model that was measured elsewhere can't stand beside a table.
package enum ExternalColumnError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The table has no such task.
  case unknownTask(String, suggestion: String)
  /// The file has no such task.
  case notInFile(String, suggestion: String)
  /// A task has another number of examples there.
  case otherExamples(task: String, here: Int, there: Int)
  /// No task of the file is one of the table.
  case nothingFits(table: String, here: [String], there: [String])

  /// What is wrong, and the nearest right thing.
  package var description: String {
    func list(_ names: [String]) -> String {
      names.isEmpty ? "none" : names.map { "'\($0)'" }.joined(separator: ", ")
    }
    return switch self {
    case .unknownTask(let name, let suggestion):
      "the table's records have no task '\(name)'; \(suggestion)"
    case .notInFile(let name, let suggestion):
      "the results file has no task '\(name)'; \(suggestion)"
    case .otherExamples(let task, let here, let there):
      "'\(task)' has \(here) examples here and \(there) in the results file: they aren't the same task"
    case .nothingFits(let table, let here, let there):
      "nothing of the results file fits \(table): tasks here \(list(here)), there \(list(there)); "
        + "--external-task HERE=THERE says which is which"
    }
  }
}
