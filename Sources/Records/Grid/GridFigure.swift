/// A picture of the series that records carry, one curve per row and column; or of figures that change
/// from row to row with an option, one curve per column.
package struct GridFigure: Codable, Sendable, Equatable {
  /// The option that rows differ in and that is the horizontal axis, such as `epochs`; nil means that
  /// each record carries whole series.
  package var across: String?
  /// The words under the horizontal axis.
  package var xLabel: String
  /// What the left axis shows.
  package var left: FigureAxis
  /// What the right axis shows, if anything.
  package var right: FigureAxis?

  /// A figure from its parts.
  package init(
    xLabel: String, left: FigureAxis, right: FigureAxis? = nil, across: String? = nil
  ) {
    self.across = across
    self.xLabel = xLabel
    self.left = left
    self.right = right
  }
}

/// One axis of a picture: which series it shows, and how.
package struct FigureAxis: Codable, Sendable, Equatable {
  /// The series' name, see ``RunSeries/name``; where rows differ in an option, the name of a fact, or
  /// `perplexity` for that of test text.
  package var series: String
  /// The words beside the axis.
  package var label: String
  /// Whether it is logarithmic.
  package var logarithmic: Bool

  /// An axis from its parts.
  package init(series: String, label: String, logarithmic: Bool = false) {
    self.series = series
    self.label = label
    self.logarithmic = logarithmic
  }

  /// Reads an axis; it is linear unless it says otherwise.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    series = try container.decode(String.self, forKey: .series)
    label = try container.decode(String.self, forKey: .label)
    logarithmic = try container.decodeIfPresent(Bool.self, forKey: .logarithmic) ?? false
  }
}
