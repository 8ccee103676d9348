// Sizes that are computed before anything is allocated: whatever a recipe asks for, a size is never a trap.

extension Int {
  /// The sum, or `Int.max` where it is larger.
  package func plusOrMost(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }

  /// The product, or `Int.max` where it is larger.
  package func timesOrMost(_ other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }
}
