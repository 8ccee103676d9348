import TestSupport
import Testing

/// The comparisons that other tests lean on must be able to fail.
@Suite struct ComparisonTests {
  @Test func equalArraysAreWithinAnyTolerance() {
    let comparison = Comparison([1, -2, 0], with: [1, -2, -0.0], within: .exact)
    #expect(comparison.isWithin)
    #expect(comparison.failures == 0)
  }

  @Test func theWorstElementIsNamedByItsCoordinates() {
    let comparison = Comparison(
      [0, 1, 2, 3, 4.5, 5.25], with: [0, 1, 2, 3, 4, 5], within: .absolute(0.125), shape: [2, 3])
    #expect(comparison.failures == 2)
    #expect(
      comparison.description
        == "2 of 6 elements are out of tolerance; worst at [1, 1]: expected 4.0, found 4.5, "
        + "difference 0.5, limit 0.125")
  }

  @Test func limitsFollowTheTolerance() {
    let expected: [Float] = [100, 1]
    #expect(Comparison([100, 2], with: expected, within: .relativeToLargest(0.01)).isWithin)
    #expect(!Comparison([100, 2.5], with: expected, within: .relativeToLargest(0.01)).isWithin)
    #expect(
      !Comparison([100, 2], with: expected, within: .elementwise(relative: 0.01, absolute: 0))
        .isWithin)
    #expect(
      Comparison([101, 1.5], with: expected, within: .elementwise(relative: 0.01, absolute: 0.5))
        .isWithin)
  }

  @Test func aNaNIsNeverClose() {
    let comparison = Comparison(
      [1, .nan], with: [1, 2], within: .absolute(.greatestFiniteMagnitude))
    #expect(comparison.failures == 1)
    #expect(comparison.worst?.index == 1)
    #expect(!Comparison([.infinity], with: [1], within: .relativeToLargest(1)).isWithin)
    #expect(Comparison([.nan, .infinity], with: [.nan, .infinity], within: .exact).isWithin)
  }

  @Test func lengthsMustAgree() {
    let comparison = Comparison([1, 2], with: [1], within: .absolute(10))
    #expect(!comparison.isWithin)
    #expect(comparison.description == "expected 1 elements, found 2")
  }

  @Test func anIssueIsRecordedWhereTheComparisonStands() {
    withKnownIssue {
      expectClose([1], [2], absolute: 0.5)
    } matching: { issue in
      issue.comments.first?.rawValue
        == "1 of 1 elements are out of tolerance; worst at [0]: expected 2.0, found 1.0, "
        + "difference 1.0, limit 0.5"
        && issue.sourceLocation?.fileID == #fileID
    }
    withKnownIssue {
      expectClose([1, 3], [1, 2], relativeToLargest: 0.25, "logits")
    } matching: {
      $0.comments.first?.rawValue.hasPrefix("logits: 1 of 2 elements") == true
    }
  }
}
