package import Records
package import Vocabulary

/// A group size that doesn't divide the inputs of every linear that it is to quantize.
package struct GroupMisfit: Sendable, Equatable {
  /// Columns of a group.
  package let groupSize: Int
  /// The linears that it doesn't divide.
  package let linears: [ModelFacts.Linear]
  /// The nearest group sizes, below and above, that divide the inputs of all linears.
  package let nearest: [Int]

  /// What doesn't fit; nil where everything does.
  ///
  /// - Parameters:
  ///   - bits: Bits with their group size.
  ///   - linears: All linears of a block.
  package init?(_ bits: BitsLabel, on linears: [ModelFacts.Linear]) {
    guard let size = bits.groupSize, size > 0 else { return nil }
    let misfits = linears.filter { $0.inputs % size != 0 }
    guard !misfits.isEmpty else { return nil }
    groupSize = size
    self.linears = misfits
    let common = linears.reduce(0) { greatestCommonDivisor($0, $1.inputs) }
    // A label's groups have two columns or more.
    let fitting = (2...max(2, common)).filter { common % $0 == 0 }
    nearest = [fitting.last { $0 < size }, fitting.first { $0 > size }].compactMap(\.self)
  }
}

extension GroupMisfit: CustomStringConvertible {
  /// `groups of 48 columns don't divide the 64 inputs of q_proj and k_proj; nearest that do everywhere: 32 and 64`.
  package var description: String {
    var widths: [Int] = []
    for linear in linears where !widths.contains(linear.inputs) { widths.append(linear.inputs) }
    let places = widths.map { width in
      let names = linears.filter { $0.inputs == width }.map(\.name)
      return "the \(width) inputs of " + listed(names)
    }
    let advice =
      nearest.isEmpty
      ? "leave the groups out"
      : "nearest that do everywhere: " + nearest.map { "\($0)" }.joined(separator: " and ")
    return "groups of \(groupSize) columns don't divide \(listed(places)); \(advice)"
  }
}

/// Names with commas, and an "and" before the last.
private func listed(_ names: [String]) -> String {
  guard names.count > 1, let last = names.last else { return names.first ?? "" }
  return names.dropLast().joined(separator: ", ") + " and " + last
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
  var (a, b) = (a, b)
  while b != 0 { (a, b) = (b, a % b) }
  return a
}
