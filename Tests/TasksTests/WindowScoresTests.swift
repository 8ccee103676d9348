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

  @Test func pairedDifferenceByHand() throws {
    // Differences −1, −2, −3: mean −2, standard error 1/√3, ratio −2√3 = −3.4641….
    let difference = try PairedDifference(of: scores([1, 2, 3]), minus: scores([2, 4, 6]))
    #expect(difference.mean == -2)
    #expect(difference.windows == 3)
    #expect(abs(try #require(difference.standardError) - 0.5773502691896258) < 1e-15)
    #expect(abs(try #require(difference.ratio) + 3.4641016151377544) < 1e-14)
    #expect(difference.supportsBetter())
    #expect(!difference.supportsBetter(beyond: 3.5))
    let reverse = try PairedDifference(of: scores([2, 4, 6]), minus: scores([1, 2, 3]))
    #expect(!reverse.supportsBetter())
    #expect(reverse.mean == 2)
  }

  /// Windows of very different difficulty: unpaired errors would drown the difference.
  @Test func pairingCancelsDifficulty() throws {
    let hard = try scores([1, 5, 2, 9])
    let easier = try scores([0.9, 4.89, 1.9, 8.91])
    let difference = try PairedDifference(of: easier, minus: hard)
    #expect(abs(difference.mean + 0.1) < 1e-12)
    #expect(difference.supportsBetter())
    #expect(try #require(hard.standardErrorNLL) > 1)
  }

  @Test func nothingIsClaimedWithoutAnError() throws {
    let one = try PairedDifference(of: scores([1]), minus: scores([2]))
    #expect(one.standardError == nil && one.ratio == nil && !one.supportsBetter())
    let equal = try PairedDifference(of: scores([1, 2]), minus: scores([1, 2]))
    #expect(equal.standardError == 0 && equal.ratio == nil && !equal.supportsBetter())
  }

  @Test func whatCannotBePaired() {
    #expect(
      errorText { _ = try PairedDifference(of: scores([1, 2]), minus: scores([1])) }
        == "expected scores of the same windows, found 2 and 1 windows")
    #expect(
      errorText { _ = try PairedDifference(of: scores([1, 2, 3]), minus: scores([1, 2, .nan])) }
        == "expected finite losses, found another in window 2")
  }
}
