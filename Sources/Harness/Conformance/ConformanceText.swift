/// The text of the scenarios: sums in words, the same on every machine, of which nobody expects anything.
package enum ConformanceText {
  private static let numbers = [
    "nought", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
  ]

  /// Lines of sums.
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - seed: Which ones.
  /// - Returns: The text, ASCII.
  package static func lines(_ count: Int, seed: UInt64) -> String {
    var state = seed
    func next(_ bound: UInt64) -> Int {
      // > Source: Knuth, MMIX: x ← 6364136223846793005 x + 1442695040888963407.
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % Int(bound)
    }
    return (0..<count).map { _ in
      let (one, other) = (next(10), next(10))
      return "\(numbers[one]) and \(numbers[other]) are \(numbers[one + other]).\n"
    }.joined()
  }
}
