import Tasks
import Testing

/// Outcomes of a split, and their way through a journal.
@Suite struct TaskOutcomesTests {
  private func scores<S: Split>(_ split: S.Type) throws -> OptionScores<S> {
    try OptionScores<S>(
      [([-1.0, -3.0], 0), ([-2.0, -1.0], 0), ([-4.0, -0.5], 1)].map { sums, answer in
        .init(
          options: sums.map { OptionLikelihood(sum: $0, tokens: 2, characters: 1) },
          answer: answer)
      })
  }

  @Test func values() throws {
    let found = TaskOutcomes(try scores(TestSplit.self), loss: .choice)
    #expect(found.outcomes == [[1, 0, 1]])
    #expect(found.scoredTokens == 12)
    #expect(found.value(0) == 2.0 / 3)
    #expect(abs((found.standardError(0) ?? 0) - 1.0 / 3) < 1e-15)
    #expect(found.value(1) == nil && found.standardError(1) == nil)
    let tokens = TaskOutcomes(try scores(TestSplit.self), loss: .tokens, outcomes: [])
    #expect(tokens.meanLoss == (1 + 2 + 0.5) / 6)
    #expect(tokens.value(0) == nil)
  }

  @Test func journal() throws {
    let all = TaskOutcomes(
      try scores(DevelopmentSplit.self), loss: .choice, outcomes: [[1, 0, 1], [0.5, 0.25, 0]])
    let lossOnly = TaskOutcomes(try scores(DevelopmentSplit.self), loss: .choice, outcomes: [])
    for found in [all, lossOnly] {
      #expect(
        TaskOutcomes<DevelopmentSplit>(journalled: found.journalled, examples: 3) == found)
    }
    for wrong in [[], [1], [1, 2, 3], [1, 0.5, 1, 2, 3]] {
      #expect(TaskOutcomes<DevelopmentSplit>(journalled: wrong, examples: 3) == nil)
    }
    #expect(DevelopmentScore(all).cost == all.meanLoss)
  }
}
