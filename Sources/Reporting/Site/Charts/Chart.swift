/// A drawing of curves or points on two axes, which a page shows without any other program.
package struct Chart: Sendable, Equatable {
  /// An axis.
  struct Axis: Sendable, Equatable {
    /// What it counts, with the unit.
    var label: String
    /// Whether equal ratios have equal lengths.
    var isLogarithmic = false
  }

  /// A place of a curve.
  struct Point: Sendable, Equatable {
    /// Where it stands, on the horizontal axis.
    var x: Double
    /// Where it stands, on the vertical axis.
    var y: Double
    /// What it is, for who points at it.
    var title = ""
    /// A word beside it; empty for none.
    var label = ""
    /// The record that it is from.
    var record: RecordName?
  }

  /// How far a curve might be off at one place.
  struct Band: Sendable, Equatable {
    /// Where, on the horizontal axis.
    var x: Double
    /// The lower end.
    var low: Double
    /// The upper end.
    var high: Double
  }

  /// How a series is drawn.
  enum Style: Sendable, Equatable {
    case line, dashed, dots, rings, steps
  }

  /// Places that belong together.
  struct Series: Sendable, Equatable {
    /// What they are; empty where the legend needn't say it.
    var label: String
    /// Which of the page's colours they have, from 0.
    var colour: Int
    /// How they are drawn.
    var style: Style
    /// The places, from left to right.
    var points: [Point]
    /// The band around them; empty for none.
    var band: [Band] = []
  }

  /// Unique on its page.
  var identifier: String
  /// What is drawn, in a few words.
  var title: String
  /// What one sees, in a sentence, for who doesn't.
  var description: String
  /// The horizontal axis.
  var x: Axis
  /// The vertical axis.
  var y: Axis
  /// What is drawn, the first at the bottom.
  var series: [Series]
  /// What stands below the drawing.
  var caption = Phrase()

  /// All horizontal places.
  var allX: [Double] { series.flatMap { $0.points.map(\.x) + $0.band.map(\.x) } }
  /// All vertical places.
  var allY: [Double] {
    series.flatMap { $0.points.map(\.y) + $0.band.flatMap { [$0.low, $0.high] } }
  }

  /// Colours that a page has.
  static let colours = 7
}
