internal import Records

/// A curve of two records, and where it parts.
package struct CurveDifference: Encodable, Sendable, Equatable {
  /// What it shows.
  package let name: String
  /// What counts along it: `update`, `step`, or as the record says.
  package let index: String
  /// The first place at which they aren't equal to the last bit.
  package let parts: Double
  /// How many places of A.
  package let lengthOfA: Int
  /// How many places of B.
  package let lengthOfB: Int
  /// A's figure there; null where it has none.
  package let a: Double?
  /// B's figure there.
  package let b: Double?

  /// Every curve that either has and that isn't equal, in the order of a record.
  static func all(_ a: RunRecord, _ b: RunRecord) -> [CurveDifference] {
    var found: [CurveDifference] = []
    func add(_ name: String, _ index: String, _ left: Curve, _ right: Curve) {
      if let difference = CurveDifference(name, index, left, right) { found.append(difference) }
    }
    add(
      "mean loss of the probes", "update", Curve(a.zerothOrder?.probeLosses),
      Curve(b.zerothOrder?.probeLosses))
    for (name, value) in [
      ("development loss", { (point: TrajectoryPoint) in point.developmentFigure }),
      ("test loss", { (point: TrajectoryPoint) in point.testFigure }),
    ] {
      add(
        name, "step", Curve(a.trajectory, value), Curve(b.trajectory, value))
    }
    let names = (a.series + b.series).reduce(into: [RunSeries]()) { list, series in
      if !list.contains(where: { $0.name == series.name }) { list.append(series) }
    }
    for series in names {
      add(
        series.name, series.index, Curve(a.series.first { $0.name == series.name }),
        Curve(b.series.first { $0.name == series.name }))
    }
    return found
  }

  /// Places and figures.
  private struct Curve {
    var x: [Double]
    var y: [Double?]

    init(_ losses: [Double]?) {
      y = losses ?? []
      x = y.indices.map(Double.init)
    }

    init(_ points: [TrajectoryPoint], _ value: (TrajectoryPoint) -> Double?) {
      x = points.map { Double($0.step) }
      y = points.map(value)
    }

    init(_ series: RunSeries?) {
      x = series?.x ?? []
      y = series?.y ?? []
    }
  }

  /// Nil where both are equal, one that is longer excepted.
  private init?(_ name: String, _ index: String, _ a: Curve, _ b: Curve) {
    let shared = min(a.y.count, b.y.count)
    let place = (0..<shared).first {
      a.x[$0] != b.x[$0] || a.y[$0]?.bitPattern != b.y[$0]?.bitPattern
    }
    guard place != nil || a.y.count != b.y.count else { return nil }
    let at = place ?? shared
    self.name = name
    self.index = index
    parts = at < a.x.count ? a.x[at] : b.x[at]
    (lengthOfA, lengthOfB) = (a.y.count, b.y.count)
    self.a = at < a.y.count ? a.y[at] : nil
    self.b = at < b.y.count ? b.y[at] : nil
  }
}

extension TrajectoryPoint {
  fileprivate var developmentFigure: Double? {
    developmentTask?.meanLoss ?? mean(developmentWindowNLL)
  }

  fileprivate var testFigure: Double? { testTask?.meanLoss ?? mean(testWindowNLL) }

  private func mean(_ windows: [Double?]) -> Double? {
    let finite = windows.compactMap(\.self)
    return finite.isEmpty || finite.count != windows.count
      ? nil : finite.reduce(0, +) / Double(finite.count)
  }
}
