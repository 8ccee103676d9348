/// The grid that some weights lie on, found from their values alone: `w = Δ·k` with whole k.
///
/// Methods differ in how they hold weights that are rounded for good, so that codes are recognized instead of asked for.
package struct GroupGrid: Sendable, Equatable {
  /// Δ.
  package let scale: Float
  /// The least k.
  package let least: Int
  /// The largest k.
  package let most: Int
  /// Whether `Δ·k`, in float32, is each weight to the last bit; else it is within four units in the last place.
  package let isExact: Bool

  /// The grid of at most `top + 1` levels that `values` lie on; nil where there is none.
  ///
  /// The widest Δ is taken: of a grid whose codes weren't all used, fewer levels lie further apart just as exactly.
  package init?(_ values: [Float], top: Int) {
    var distinct = values.sorted()
    var kept = 0
    for value in distinct where kept == 0 || value != distinct[kept - 1] {
      // The two zeros are one level, and so is what comes twice.
      distinct[kept] = value
      kept += 1
    }
    guard kept > 0, kept <= top + 1 else { return nil }
    distinct.removeSubrange(kept...)
    // NaN is in no order, wherever it ended up.
    guard values.allSatisfy(\.isFinite) else { return nil }
    let (low, high) = (distinct[0], distinct[kept - 1])
    guard low < high else {
      self.init(scale: low == 0 ? 1 : low.magnitude, least: low < 0 ? -1 : low > 0 ? 1 : 0)
      return
    }
    var nearly: GroupGrid?
    for steps in distinct.count - 1...top {
      guard let found = Self.grid(of: distinct, low, high, steps: steps) else { continue }
      if found.isExact {
        self = found
        return
      }
      nearly = nearly ?? found
    }
    guard let nearly else { return nil }
    self = nearly
  }

  private init(scale: Float, least: Int, most: Int? = nil, isExact: Bool = true) {
    self.scale = scale
    self.least = least
    self.most = most ?? least
    self.isExact = isExact
  }

  /// The grid whose least and largest levels are `steps` apart.
  private static func grid(of distinct: [Float], _ low: Float, _ high: Float, steps: Int)
    -> GroupGrid?
  {
    let step = (Double(high) - Double(low)) / Double(steps)
    let stepError = (Double(low.ulp) + Double(high.ulp)) / 2 / Double(steps)
    var (bottom, top) = (0.0, Double.infinity)
    for value in distinct {
      let level = (Double(value) / step).rounded()
      let bound = (level.magnitude * stepError + Double(value.ulp)) * 2
      guard bound < step / 4, abs(Double(value) - level * step) <= bound else { return nil }
      guard level != 0 else { continue }
      // All Δ whose product with the level is rounded to the value.
      let (size, half) = (Double(value.magnitude), Double(value.ulp) / 2)
      bottom = max(bottom, (size - half) / level.magnitude)
      top = min(top, (size + half) / level.magnitude)
    }
    /// The largest difference of `Δ·k` from a weight, in units in the last place.
    func error(of scale: Float) -> Float {
      distinct.reduce(0) { most, value in
        let level = Float((Double(value) / step).rounded())
        return max(most, (scale * level - value).magnitude / value.ulp)
      }
    }
    let (least, most) = (Int((Double(low) / step).rounded()), Int((Double(high) / step).rounded()))
    let middle = Float(bottom <= top ? (bottom + top) / 2 : step)
    for scale in [middle, middle.nextUp, middle.nextDown, Float(step)] where error(of: scale) == 0 {
      return GroupGrid(scale: scale, least: least, most: most)
    }
    return error(of: middle) <= 4
      ? GroupGrid(scale: middle, least: least, most: most, isExact: false) : nil
  }

  /// k of a weight.
  package func level(of value: Float) -> Int { Int((value / scale).rounded(.toNearestOrEven)) }
}
