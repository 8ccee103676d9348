internal import Statistics

/// How well one model does one split of a task that it is trained on, as far as it was computed.
///
/// Carries the split in its type, as ``WindowScores`` does: nothing that is chosen by can come from test
/// examples.
package struct TaskOutcomes<S: Split>: Sendable, Equatable {
  /// Mean training loss over the examples, nats.
  package let meanLoss: Double
  /// Tokens that were scored.
  package let scoredTokens: Int
  /// Per metric the outcome of each example; empty where only the loss was computed.
  package let outcomes: [[Double]]

  /// Outcomes of options that are chosen among by their mean log-likelihood per token.
  package init(_ scores: OptionScores<S>, loss: TaskLoss) {
    self.init(scores, loss: loss, outcomes: [scores.outcomes(.perToken)])
  }

  /// Outcomes that were found in another way, such as by generating the answers.
  package init(_ scores: OptionScores<S>, loss: TaskLoss, outcomes: [[Double]]) {
    meanLoss = scores.meanLoss(loss)
    scoredTokens = scores.scoredTokens
    self.outcomes = outcomes
  }

  /// The numbers as a journal keeps them: loss, tokens, and the outcomes of each metric in turn.
  package var journalled: [Double] { [meanLoss, Double(scoredTokens)] + outcomes.joined() }

  /// What a journal kept of a split of `examples` examples; nil when it isn't that.
  package init?(journalled: [Double], examples: Int) {
    guard journalled.count >= 2, (journalled.count - 2) % examples == 0,
      let tokens = Int(exactly: journalled[1])
    else { return nil }
    meanLoss = journalled[0]
    scoredTokens = tokens
    outcomes = stride(from: 2, to: journalled.count, by: examples).map {
      Array(journalled[$0..<($0 + examples)])
    }
  }

  /// Mean outcome under a metric; nil where it wasn't computed.
  package func value(_ metric: Int) -> Double? {
    metric < outcomes.count ? SampleMean(outcomes[metric]).finiteMean : nil
  }

  /// s/√n of a metric's outcomes; nil below two examples, or where they weren't computed.
  package func standardError(_ metric: Int) -> Double? {
    metric < outcomes.count ? SampleMean(outcomes[metric]).finiteError : nil
  }
}
