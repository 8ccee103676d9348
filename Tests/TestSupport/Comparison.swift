internal import Testing

/// How far apart two elements may be.
package enum Tolerance: Sendable, Equatable {
  /// Not at all, bit for bit but for the sign of zero.
  case exact
  /// At most this much.
  case absolute(Float)
  /// At most this share of the largest magnitude among the expected elements.
  case relativeToLargest(Float)
  /// At most `absolute + relative · |expected|`, element by element.
  case elementwise(relative: Float, absolute: Float)
}

/// An element-wise comparison, summed up by the element that is worst.
package struct Comparison: Sendable, Equatable, CustomStringConvertible {
  /// The element whose difference exceeds its limit by the largest factor.
  package struct Worst: Sendable, Equatable {
    /// Row-major index.
    package var index: Int
    /// What was computed.
    package var actual: Float
    /// What it should be.
    package var expected: Float
    /// The permitted difference.
    package var limit: Float
    /// `|actual − expected|`; infinite when either is NaN and the other isn't.
    package var difference: Float
  }

  /// Elements compared; nil if the lengths differ.
  package var count: Int?
  /// Elements outside the tolerance.
  package var failures: Int
  /// The worst element, inside the tolerance or not; nil when there are none.
  package var worst: Worst?
  /// Row-major shape that turns the worst index into coordinates; empty for none.
  package var shape: [Int]
  /// Lengths of the two sides.
  package var lengths: (actual: Int, expected: Int)

  /// Whether the lengths agree and every element is within the tolerance.
  package var isWithin: Bool { count != nil && failures == 0 }

  /// Compares `actual` with `expected`.
  package init(
    _ actual: [Float], with expected: [Float], within tolerance: Tolerance, shape: [Int] = []
  ) {
    self.shape = shape
    lengths = (actual.count, expected.count)
    failures = 0
    guard actual.count == expected.count else { return }
    count = actual.count
    var largest: Float = 0
    for value in expected where value.isFinite { largest = max(largest, abs(value)) }
    var worstRatio: Float = -1
    for index in 0..<actual.count {
      let (a, e) = (actual[index], expected[index])
      let limit: Float =
        switch tolerance {
        case .exact: 0
        case .absolute(let absolute): absolute
        case .relativeToLargest(let share): share * largest
        case .elementwise(let relative, let absolute): absolute + relative * abs(e)
        }
      // Equal infinities, and NaN where NaN is expected, don't differ.
      let same = a == e || (a.isNaN && e.isNaN)
      let raw = same ? 0 : abs(a - e)
      let difference = raw.isNaN ? Float.infinity : raw
      let isWithin = difference <= limit
      if !isWithin { failures += 1 }
      // With a limit of zero any difference is infinitely far out; the largest of those is the worst.
      let ratio = limit > 0 ? difference / limit : difference
      if ratio > worstRatio || worst == nil {
        worstRatio = ratio
        worst = Worst(index: index, actual: a, expected: e, limit: limit, difference: difference)
      }
    }
  }

  /// One line: how many are out, and the worst with its place.
  package var description: String {
    guard let count else {
      return "expected \(lengths.expected) elements, found \(lengths.actual)"
    }
    guard let worst else { return "nothing to compare" }
    return "\(failures) of \(count) elements are out of tolerance; worst at \(place(worst.index)): "
      + "expected \(worst.expected), found \(worst.actual), "
      + "difference \(worst.difference), limit \(worst.limit)"
  }

  /// `[1, 2]` in the shape, or the plain index without one.
  private func place(_ index: Int) -> String {
    guard let count, shape.reduce(1, *) == count, shape.count > 1 else { return "[\(index)]" }
    var coordinates: [Int] = []
    var rest = index
    for size in shape.reversed() {
      coordinates.insert(rest % size, at: 0)
      rest /= size
    }
    return "\(coordinates)"
  }

  /// Whether two comparisons came out the same.
  package static func == (a: Comparison, b: Comparison) -> Bool {
    a.count == b.count && a.failures == b.failures && a.worst == b.worst && a.shape == b.shape
      && a.lengths == b.lengths
  }
}

/// Records an issue unless every element is within `tolerance`; returns the comparison.
///
/// `shape` turns the worst index into coordinates, `what` names the quantity in the issue.
@discardableResult
package func expectClose(
  _ actual: [Float], _ expected: [Float], _ tolerance: Tolerance, shape: [Int] = [],
  _ what: String = "", fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
  column: Int = #column
) -> Comparison {
  let comparison = Comparison(actual, with: expected, within: tolerance, shape: shape)
  if !comparison.isWithin {
    Issue.record(
      "\(what.isEmpty ? "" : what + ": ")\(comparison.description)",
      sourceLocation: SourceLocation(
        fileID: fileID, filePath: filePath, line: line, column: column))
  }
  return comparison
}

/// Records an issue unless every difference is at most `share` of the largest expected magnitude.
@discardableResult
package func expectClose(
  _ actual: [Float], _ expected: [Float], relativeToLargest share: Float, shape: [Int] = [],
  _ what: String = "", fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
  column: Int = #column
) -> Comparison {
  expectClose(
    actual, expected, .relativeToLargest(share), shape: shape, what, fileID: fileID,
    filePath: filePath, line: line, column: column)
}

/// Records an issue unless every difference is at most `limit`.
@discardableResult
package func expectClose(
  _ actual: [Float], _ expected: [Float], absolute limit: Float, shape: [Int] = [],
  _ what: String = "", fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
  column: Int = #column
) -> Comparison {
  expectClose(
    actual, expected, .absolute(limit), shape: shape, what, fileID: fileID, filePath: filePath,
    line: line, column: column)
}
