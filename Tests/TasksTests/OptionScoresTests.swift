import Foundation
import Tasks
import Testing

/// Choices under the three rules, and what training minimizes.
@Suite struct OptionScoresTests {
  private func example(_ sums: [Double], _ tokens: [Int], _ characters: [Int], answer: Int)
    -> OptionScores<TestSplit>.Example
  {
    .init(
      options: zip(sums, zip(tokens, characters)).map {
        OptionLikelihood(sum: $0, tokens: $1.0, characters: $1.1)
      }, answer: answer)
  }

  @Test func rules() throws {
    // By sum the first is best, by character the second, by token the third.
    let one = example([-2, -3, -4], [1, 2, 4], [2, 30, 8], answer: 1)
    #expect(OptionRule.allCases.map { one.choice($0) } == [0, 1, 2])
    // The first of equals.
    let ties = example([-2, -2], [1, 1], [1, 1], answer: 1)
    #expect(ties.choice(.sum) == 0)
    let scores = try OptionScores<TestSplit>([
      one, ties, example([-1, -2], [1, 1], [1, 1], answer: 0),
    ])
    #expect(scores.outcomes(.sum) == [0, 0, 1])
    #expect(scores.outcomes(.perCharacter) == [1, 0, 1])
    #expect(scores.accuracy(.perCharacter) == 2.0 / 3)
  }

  /// Scores, not only which of them is largest: a length that is off by one chooses the same nearly always.
  @Test func values() {
    let one = example([-2, -3, -4], [1, 2, 4], [2, 30, 8], answer: 1)
    #expect(one.options.map { $0.score(.sum) } == [-2, -3, -4])
    #expect(one.options.map { $0.score(.perCharacter) } == [-1, -0.1, -0.5])
    #expect(one.options.map { $0.score(.perToken) } == [-2, -1.5, -1])
    // −1 a character against −0.95; with a character more of each it would be −0.5 against −0.63.
    #expect(example([-1, -1.9], [1, 1], [1, 2], answer: 1).choice(.perCharacter) == 1)
    #expect(example([-1, -1.9], [1, 2], [1, 1], answer: 1).choice(.perToken) == 1)
  }

  @Test func crossEntropy() throws {
    let one = example([-2, -3, -4], [1, 2, 4], [2, 30, 8], answer: 1)
    let logits = [-2.0, -1.5, -1.0]
    let expected = log(logits.reduce(0) { $0 + exp($1) }) - logits[1]
    #expect(abs(one.crossEntropy(.perToken) - expected) < 1e-14)
    // Far below what exp can hold.
    #expect(example([-1e4, -1e4], [1, 1], [1, 1], answer: 0).crossEntropy(.sum) == log(2.0))
    #expect(example([.nan, -1], [1, 1], [1, 1], answer: 1).crossEntropy(.sum).isNaN)
  }

  @Test func refusals() {
    #expect(throws: TaskError.outOfRange("scored examples", 0, least: 1)) {
      try OptionScores<TestSplit>([])
    }
    let bad = example([-1, -.infinity], [1, 1], [1, 1], answer: 0)
    #expect(throws: TaskError.notFiniteOption(example: 0, option: 1)) {
      try OptionScores<TestSplit>([bad])
    }
    #expect(
      TaskError.notFiniteOption(example: 0, option: 1).description
        == "expected finite likelihoods, found another for option 1 of example 0")
  }
}
