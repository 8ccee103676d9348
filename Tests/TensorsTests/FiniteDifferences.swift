/// Central finite differences in double precision: the oracle of every backward pass.
enum FiniteDifferences {
  /// `∂loss/∂x[i] ≈ (loss(x + h·eᵢ) − loss(x − h·eᵢ)) / 2h`, h = 1e-5.
  static func gradient(at x: [Float], _ loss: ([Double]) -> Double) -> [Float] {
    var point = x.map { Double($0) }
    let h = 1e-5
    return point.indices.map { i in
      let value = point[i]
      point[i] = value + h
      let plus = loss(point)
      point[i] = value - h
      let minus = loss(point)
      point[i] = value
      return Float((plus - minus) / (2 * h))
    }
  }

  /// `Σ x·y`: a loss whose gradient with respect to `x` is `y`.
  static func dot(_ x: [Double], _ y: [Float]) -> Double {
    var sum = 0.0
    for i in x.indices { sum += x[i] * Double(y[i]) }
    return sum
  }
}
