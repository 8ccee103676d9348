internal import Glibc

/// Where the values of an axis are on the drawing.
struct ChartScale {
  /// The values at both ends.
  private let range: ClosedRange<Double>
  /// The places at both ends, in the drawing's units.
  private let places: (from: Double, to: Double)
  private let isLogarithmic: Bool

  /// The scale of these values, with a margin of so large a share of their range at each end.
  init(_ values: [Double], _ axis: Chart.Axis, from: Double, to: Double, margin: Double) {
    let finite = values.filter { $0.isFinite && (!axis.isLogarithmic || $0 > 0) }
    var low = finite.min() ?? (axis.isLogarithmic ? 1 : 0)
    var high = finite.max() ?? 1
    isLogarithmic = axis.isLogarithmic
    if low == high {
      (low, high) = isLogarithmic ? (low / 1.1, high * 1.1) : (low - 0.5, high + 0.5)
    }
    if isLogarithmic {
      let pad = pow(high / low, margin)
      range = (low / pad)...(high * pad)
    } else {
      let pad = (high - low) * margin
      range = (low - pad)...(high + pad)
    }
    places = (from, to)
  }

  /// Where a value is.
  func place(_ value: Double) -> Double {
    let share =
      isLogarithmic
      ? log(value / range.lowerBound) / log(range.upperBound / range.lowerBound)
      : (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    return places.from + share * (places.to - places.from)
  }

  /// Round values within the range, about five.
  var ticks: [Double] {
    if isLogarithmic {
      var found: [Double] = []
      var decade = pow(10, floor(log10(range.lowerBound)))
      while decade <= range.upperBound {
        found += [1, 2, 5].map { $0 * decade }.filter { range.contains($0) }
        decade *= 10
      }
      if found.count > 6 { found = found.filter { isPowerOfTen($0) } }
      if found.count >= 3 { return found }
    }
    return linearTicks
  }

  private var linearTicks: [Double] {
    let width = range.upperBound - range.lowerBound
    let rough = width / 4
    let decade = pow(10, floor(log10(rough)))
    let step = ([1, 2, 5].map { $0 * decade }.last { $0 <= rough * 1.0001 }) ?? decade
    let first = Int((range.lowerBound / step).rounded(.up))
    let last = Int((range.upperBound / step).rounded(.down))
    guard first <= last, last - first < 40 else { return [] }
    // From whole numbers, so that 0.3 isn't 0.30000000000000004.
    return (first...last).map { index in
      step >= 1 ? Double(index) * step : Double(index) / (1 / step).rounded()
    }
  }

  private func isPowerOfTen(_ value: Double) -> Bool {
    let exponent = log10(value)
    return (exponent - exponent.rounded()).magnitude < 1e-9
  }
}
