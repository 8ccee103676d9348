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
    let distinct = Array(Set(values.map { $0 == 0 ? 0 : $0 })).sorted()
    guard let low = distinct.first, let high = distinct.last, distinct.count <= top + 1,
      low.isFinite, high.isFinite
    else { return nil }
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
    var levels: [(level: Float, value: Float)] = []
    for value in distinct {
      let level = (Double(value) / step).rounded()
      let bound = (level.magnitude * stepError + Double(value.ulp)) * 2
      guard bound < step / 4, abs(Double(value) - level * step) <= bound else { return nil }
      levels.append((Float(level), value))
      guard level != 0 else { continue }
      // All Δ whose product with the level is rounded to the value.
      let (size, half) = (Double(value.magnitude), Double(value.ulp) / 2)
      bottom = max(bottom, (size - half) / level.magnitude)
      top = min(top, (size + half) / level.magnitude)
    }
    let middle = Float(bottom <= top ? (bottom + top) / 2 : step)
    let (least, most) = (Int(levels[0].level), Int(levels[levels.count - 1].level))
    for scale in [middle, middle.nextUp, middle.nextDown, Float(step)]
    where levels.allSatisfy({ scale * $0.level == $0.value }) {
      return GroupGrid(scale: scale, least: least, most: most)
    }
    let isNear = levels.allSatisfy {
      ($0.level * middle - $0.value).magnitude <= 4 * $0.value.ulp
    }
    return isNear ? GroupGrid(scale: middle, least: least, most: most, isExact: false) : nil
  }

  /// k of a weight.
  package func level(of value: Float) -> Int { Int((value / scale).rounded(.toNearestOrEven)) }
}
