import Reporting
import Statistics
import Testing
import Vocabulary

@Suite struct PairedWordsTests {
  @Test func aSupportedDifferenceWithinTheRoundingFloorIsSaidToBe() throws {
    let (a, b) = (Fixtures.shifted(-0.01, wobble: 0.1), Fixtures.windows)
    #expect(try #require(PairedComparison(a, b)).support == "p < 0.001")
    let floored = try #require(PairedComparison(a, b, roundingFloor: 0.02))
    #expect(floored.support == "p < 0.001, but within the rounding floor")
    let even = try #require(PairedComparison([1, 2], [2, 1]))
    #expect(even.support == "p = 1.00, not significant")
  }
}
