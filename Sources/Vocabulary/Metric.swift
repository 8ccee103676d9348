/// What a column measures.
public enum Metric: String, Codable, Sendable, CaseIterable {
  /// exp of the mean of window means; lower is better.
  case perplexity
  /// Share of right answers, in percent; higher is better.
  case accuracy
  /// Share of right answers with log-likelihoods per character of the answer, in percent.
  case accuracyNormalised = "acc_norm"
  /// Mean overlap of given and right answer (F1 of words), in percent.
  case f1
  /// Memory of a training's weights as a share of half-precision weights, in percent.
  case memory
  /// Largest resident set of the cell's process, GiB; lower is better.
  case peakMemory = "peak_memory"
  /// Median wall-clock time of an update of training, seconds; lower is better.
  case updateTime = "update_time"

  /// What a value of a metric is made of, and so how two values are held against each other.
  package enum Aggregation: Sendable {
    /// exp of the mean over windows of text; differences are taken window by window, in nats.
    case windows
    /// The mean of outcomes over a task's examples, in percent; differences are taken example by example.
    case examples
    /// A formula of shapes and bits, without an error.
    case formula
    /// The high-water mark of the process, which repeats within a stated share.
    case peak
    /// The median of an update's times, with their range.
    case times
  }

  /// Which values are better.
  package enum Direction: String, Sendable {
    /// Smaller ones.
    case lower
    /// Larger ones.
    case higher
  }

  /// What is known of a metric.
  package struct Facts: Sendable {
    /// The heading, without the direction.
    package let title: String
    /// What lists put behind a cell's name; nil where a table is about nothing else.
    package let inLists: String?
    /// The header of the measured column.
    package let measured: String
    /// Which values are better.
    package let direction: Direction
    /// What a value is made of.
    package let aggregation: Aggregation
  }

  /// The table, a row per metric: what differs from metric to metric is here, or goes by its aggregation.
  package var facts: Facts {
    func row(
      _ title: String, _ inLists: String?, _ measured: String, _ direction: Direction,
      _ aggregation: Aggregation
    ) -> Facts {
      Facts(
        title: title, inLists: inLists, measured: measured, direction: direction,
        aggregation: aggregation)
    }
    let mean = "measured ± se"
    return switch self {
    case .perplexity: row("Perplexity", nil, mean, .lower, .windows)
    case .accuracy: row("Accuracy", "accuracy", mean, .higher, .examples)
    case .accuracyNormalised:
      row("Accuracy by log-likelihood per character", "acc_norm", mean, .higher, .examples)
    case .f1: row("F1", "F1", mean, .higher, .examples)
    case .memory: row("Memory of the weights in training", "memory", mean, .lower, .formula)
    case .peakMemory: row("Peak memory, GiB", nil, "measured (predicted)", .lower, .peak)
    case .updateTime: row("Time of one update, seconds", nil, "measured (range)", .lower, .times)
    }
  }

  /// What a value is made of.
  package var aggregation: Aggregation { facts.aggregation }

  /// Which values are better.
  package var direction: Direction { facts.direction }

  /// The metric as a heading, with its direction.
  package var title: String { "\(facts.title) (\(direction.rawValue) is better)" }

  /// What lists put behind a cell's name; nil for metrics that most cells of a table have.
  package var nameInLists: String? { facts.inLists }

  /// Whether the metric is the mean of outcomes over a task's examples.
  package var isOfTasks: Bool { aggregation == .examples }

  /// Whether the metric is of the process that ran the cell, and not of the model that came out.
  package var isOfProcess: Bool { aggregation == .peak || aggregation == .times }

  /// Whether the metric is a score of the model on text or tasks.
  package var isOfModel: Bool { aggregation == .windows || aggregation == .examples }

  /// Whether a smaller value is a better one.
  package var isLowerBetter: Bool { direction == .lower }

  /// The exact match of generated answers: kept in records beside F1, in no column.
  package static let exactMatch = "exact-match"
}
