import Reporting
import Statistics
import Testing
import Vocabulary

@Suite struct PairedWordsTests {
  @Test func aSupportedDifferenceWithinTheRoundingFloorIsSaidToBe() throws {
    let (a, b) = (Fixtures.shifted(-0.01, wobble: 0.1), Fixtures.windows)
    #expect(try #require(PairedComparison(a, b)).support(of: .perplexity) == "p < 0.001")
    let floored = try #require(PairedComparison(a, b, roundingFloor: 0.02))
    // The wobble's error is 0.1·√(0.0015/90) = 0.00041; the floor, and t(0.80, 9) = 0.883 times that.
    #expect(
      floored.support(of: .perplexity)
        == "p < 0.001, but within the rounding floor; a difference of 0.0204 would have been seen")
    // Differences −1 and 1: an error of 1 with one degree of freedom, 12.706 + 1.376.
    let even = try #require(PairedComparison([1, 2], [2, 1]))
    #expect(
      even.support(of: .accuracy)
        == "p = 1.00, not significant; a difference of 14.08 would have been seen")
    #expect(even.size(of: .accuracy) == "0.00 ± 1.00 points")
    let same = try #require(PairedComparison([1, 2], [1, 2]))
    #expect(
      same.support(of: .perplexity)
        == "p = 1.00, not significant; no error can be estimated, as all differ by the same")
  }
}
