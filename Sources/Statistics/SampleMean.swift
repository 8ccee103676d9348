/// Mean and standard error of values that weigh the same.
package struct SampleMean: Sendable, Equatable {
  /// Arithmetic mean, summed in order; NaN of no values.
  package let mean: Double
  /// Standard error of the mean, `√(Σ(x − mean)²/(n − 1)/n)`, summed in order; nil for fewer than two
  /// values.
  package let standardError: Double?

  /// Statistics of `values`.
  package init(_ values: [Double]) {
    let n = Double(values.count)
    guard n > 0 else {
      mean = .nan
      standardError = nil
      return
    }
    let mean = values.reduce(0, +) / n
    self.mean = mean
    guard n > 1 else {
      standardError = nil
      return
    }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    standardError = (squares / (n - 1) / n).squareRoot()
  }

  /// ``mean``; nil where there is none or it isn't finite.
  package var finiteMean: Double? { mean.isFinite ? mean : nil }

  /// ``standardError``; nil where it or the mean isn't finite.
  package var finiteError: Double? {
    finiteMean == nil ? nil : standardError.flatMap { $0.isFinite ? $0 : nil }
  }
}

/// The mean over seeds of each window or example, from one list of equal length per seed.
package func unitMeans(of seeds: [[Double]]) -> [Double] {
  guard let first = seeds.first else { return [] }
  return first.indices.map { unit in
    seeds.reduce(0) { $0 + $1[unit] } / Double(seeds.count)
  }
}

/// The value in the middle; of an even number, the mean of the two in the middle; nil of none.
package func median(of values: [Double]) -> Double? {
  guard !values.isEmpty else { return nil }
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
