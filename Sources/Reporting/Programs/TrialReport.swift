package import Records
internal import Statistics
internal import Vocabulary

/// A program's perplexity beside full precision and round to nearest.
package struct TrialReport: Sendable {
  private let program: RunRecord
  private let name: String
  private let rivals: [(name: String, record: RunRecord)]

  /// A report on a program's record, beside those of others on the same text.
  package init(
    _ program: RunRecord, named name: String, beside rivals: [(name: String, record: RunRecord)]
  ) {
    self.program = program
    self.name = name
    self.rivals = rivals
  }

  private static func test(_ record: RunRecord) -> Score? {
    record.scores.first {
      $0.split == "test" && $0.metric == Metric.perplexity.rawValue && $0.meanNLL != nil
    }
  }

  private func line(_ name: String, _ record: RunRecord) -> (String, String) {
    guard let score = Self.test(record), let value = score.value else {
      return (name, record.reason ?? record.status.rawValue)
    }
    var words = NumberText.fixed(value, 3)
    if let error = score.standardErrorNLL { words += " ± \(NumberText.fixed(value * error, 3))" }
    return (name, words)
  }

  /// Lines for a reader, each with its newline.
  package var description: String {
    var lines = rivals.map { line($0.name, $0.record) } + [line(name, program)]
    if let rival = rivals.last, let ours = Self.test(program), let other = Self.test(rival.record) {
      let difference = PairedComparison(
        ours.windowNLL.compactMap(\.self), other.windowNLL.compactMap(\.self))
      if let difference {
        lines.append(
          (
            "difference",
            "\(NumberText.difference(difference.meanDifference, standardError: difference.standardError)) "
              + "nats per token to \(rival.name), window by window"
          ))
      }
    }
    for event in program.events { lines.append(("note", event)) }
    let width = lines.map(\.0.count).max() ?? 0
    return lines.map { name, words in
      name + String(repeating: " ", count: width - name.count + 2) + words + "\n"
    }.joined()
  }
}
