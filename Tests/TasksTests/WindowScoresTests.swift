import Tasks
import TestSupport
import Testing

@Suite struct WindowScoresTests {
  private func scores(_ windowNLL: [Double]) throws -> WindowScores<TestSplit> {
    try WindowScores(windowNLL: windowNLL, scoredTokensPerWindow: 511)
  }

  @Test func byHand() throws {
    // Mean 2, s² = (1 + 0 + 1)/2 = 1, s/√3 = 0.57735…; exp 2 = 7.389056098930650.
    let scores = try scores([1, 2, 3])
    #expect(scores.meanNLL == 2)
    #expect(abs(try #require(scores.perplexity) - 7.389056098930650) < 1e-14)
    #expect(abs(try #require(scores.standardErrorNLL) - 0.5773502691896258) < 1e-15)
    // ln 2 and ln 8 have the mean ln 4.
    let logs = try self.scores([0.6931471805599453, 2.0794415416798357])
    #expect(abs(try #require(logs.perplexity) - 4) < 1e-14)
    #expect(try self.scores([0.25]).meanNLL == 0.25)
    #expect(try self.scores([0.25]).standardErrorNLL == nil)
    #expect(try self.scores([0.5, 0.5]).standardErrorNLL == 0)
    #expect(scores.firstNonFiniteWindow == nil)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func oneBadWindowPoisonsAll(_ bad: Double) throws {
    let scores = try scores([1, bad, 3])
    #expect(scores.meanNLL == nil)
    #expect(scores.perplexity == nil)
    #expect(scores.standardErrorNLL == nil)
    #expect(scores.firstNonFiniteWindow == 1)
  }

  @Test func overflowingPowerIsNoNumber() throws {
    let scores = try scores([800, 800])
    #expect(scores.meanNLL == 800)
    #expect(scores.perplexity == nil)
  }

  @Test func nothingToScore() {
    #expect(
      errorText { _ = try scores([]) } == "scored windows: expected at least 1, found 0")
    #expect(
      errorText {
        _ = try WindowScores<TestSplit>(windowNLL: [1], scoredTokensPerWindow: 0)
      } == "scored tokens of a window: expected at least 1, found 0")
  }
}
