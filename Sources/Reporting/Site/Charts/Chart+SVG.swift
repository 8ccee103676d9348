extension Chart {
  /// Width and height of every drawing, in its own units; on a phone they are about the screen's.
  private static let size = (width: 380.0, height: 276.0)
  private static let frame = (left: 52.0, right: 12.0, bottom: 44.0)
  private static let letter = 6.7

  /// The drawing as an SVG element of a page; colours are the page's.
  ///
  /// - Parameters:
  ///   - name: Unique in the file.
  ///   - link: The address of a record's page.
  /// - Returns: The element; the same chart gives the same bytes.
  func svg(name: String, link: (RecordName) -> String?) -> String {
    let (width, height) = Self.size
    let legend = legend(width: width)
    let top = 26 + Double(legend.rows) * 16
    let across = ChartScale(
      allX, x, from: Self.frame.left, to: width - Self.frame.right, margin: 0.04)
    let up = ChartScale(allY, y, from: height - Self.frame.bottom, to: top, margin: 0.07)
    let hasLinks = series.contains { $0.points.contains { $0.record.flatMap(link) != nil } }
    var lines = [
      """
      <svg class="chart" viewBox="0 0 \(number(width)) \(number(height))" role="\(hasLinks ? "group" : "img")" \
      aria-labelledby="\(name)-t \(name)-d">
      """,
      "<title id=\"\(name)-t\">\(title.inXML)</title>",
      "<desc id=\"\(name)-d\">\(description.inXML)</desc>",
      "<text class=\"head\" x=\"0\" y=\"13\">\(title.inXML)</text>",
    ]
    lines += legend.elements + axes(across, up, top: top)
    for series in series { lines += drawing(of: series, across, up, link) }
    return (lines + ["</svg>"]).joined(separator: "\n")
  }

  // MARK: - Axes

  private func axes(_ across: ChartScale, _ up: ChartScale, top: Double) -> [String] {
    let (width, height) = Self.size
    let bottom = height - Self.frame.bottom
    let right = width - Self.frame.right
    var lines: [String] = []
    for tick in up.ticks {
      let place = number(up.place(tick))
      lines.append(
        "<path class=\"grid\" d=\"M\(number(Self.frame.left)) \(place)H\(number(right))\"/>")
      lines.append(
        "<text class=\"tick\" x=\"\(number(Self.frame.left - 6))\" y=\"\(number(up.place(tick) + 4))\" "
          + "text-anchor=\"end\">\(words(tick))</text>")
    }
    for tick in across.ticks {
      let place = number(across.place(tick))
      lines.append("<path class=\"axis\" d=\"M\(place) \(number(bottom))v4\"/>")
      lines.append(
        "<text class=\"tick\" x=\"\(place)\" y=\"\(number(bottom + 16))\" text-anchor=\"middle\">"
          + "\(words(tick))</text>")
    }
    lines.append(
      "<path class=\"axis\" d=\"M\(number(Self.frame.left)) \(number(bottom))H\(number(right))\"/>")
    lines.append(
      "<text class=\"label\" x=\"\(number((Self.frame.left + right) / 2))\" y=\"\(number(height - 8))\" "
        + "text-anchor=\"middle\">\(x.label.inXML)</text>")
    let middle = number((top + bottom) / 2)
    lines.append(
      "<text class=\"label\" transform=\"translate(11 \(middle)) rotate(-90)\" text-anchor=\"middle\">"
        + "\(y.label.inXML)</text>")
    return lines
  }

  private func words(_ tick: Double) -> String {
    NumberText.significant(tick, 6).replacing("-", with: "−")
  }

  // MARK: - Legend

  private func legend(width: Double) -> (elements: [String], rows: Int) {
    var elements: [String] = []
    var (left, row) = (0.0, 0)
    let named = series.filter { !$0.label.isEmpty }
    for series in named {
      let length = 26 + Double(series.label.count) * Self.letter
      if left > 0, left + length > width { (left, row) = (0, row + 1) }
      let middle = 26 + Double(row) * 16
      let colour = "s\(series.colour % Self.colours)"
      switch series.style {
      case .dots:
        elements.append(
          "<circle class=\"dot \(colour)\" cx=\"\(number(left + 8))\" cy=\"\(number(middle))\" r=\"4\"/>"
        )
      case .rings:
        elements.append(
          "<circle class=\"ring \(colour)\" cx=\"\(number(left + 8))\" cy=\"\(number(middle))\" r=\"4.5\"/>"
        )
      case .line, .dashed, .steps:
        elements.append(
          "<path class=\"\(strokeClass(series)) \(colour)\" d=\"M\(number(left)) \(number(middle))h16\"/>"
        )
      }
      elements.append(
        "<text class=\"key\" x=\"\(number(left + 20))\" y=\"\(number(middle + 4))\">\(series.label.inXML)</text>"
      )
      left += length + 8
    }
    return (elements, named.isEmpty ? 0 : row + 1)
  }

  private func strokeClass(_ series: Series) -> String {
    series.style == .line ? "line" : "line broken"
  }

  // MARK: - Series

  private func drawing(
    of series: Series, _ across: ChartScale, _ up: ChartScale, _ link: (RecordName) -> String?
  ) -> [String] {
    let colour = "s\(series.colour % Self.colours)"
    func place(_ x: Double, _ y: Double) -> String {
      "\(number(across.place(x))) \(number(up.place(y)))"
    }
    var lines: [String] = []
    if series.band.count > 1 {
      let upper = series.band.map { place($0.x, $0.high) }
      let lower = series.band.reversed().map { place($0.x, $0.low) }
      lines.append(
        "<path class=\"band \(colour)\" d=\"M\((upper + lower).joined(separator: "L"))Z\"/>")
    }
    switch series.style {
    case .line, .dashed:
      let places = series.points.map { place($0.x, $0.y) }
      if places.count > 1 {
        lines.append(
          "<path class=\"\(strokeClass(series)) \(colour)\" d=\"M\(places.joined(separator: "L"))\"/>"
        )
      }
    case .steps:
      guard let first = series.points.first else { break }
      let path = series.points.dropFirst().map {
        "H\(number(across.place($0.x)))V\(number(up.place($0.y)))"
      }.joined()
      lines.append(
        "<path class=\"line broken \(colour)\" d=\"M\(place(first.x, first.y))\(path)\"/>")
    case .dots, .rings: break
    }
    for point in series.points where series.style == .dots || series.style == .rings {
      lines.append(mark(point, series, colour, across, up, link))
    }
    for point in series.points where !point.label.isEmpty {
      let left = across.place(point.x)
      let isLate = left > Self.size.width - 90
      lines.append(
        "<text class=\"name\" x=\"\(number(left + (isLate ? -8 : 8)))\" y=\"\(number(up.place(point.y) + 12))\""
          + "\(isLate ? " text-anchor=\"end\"" : "")>\(point.label.inXML)</text>")
    }
    return lines
  }

  private func mark(
    _ point: Point, _ series: Series, _ colour: String, _ across: ChartScale, _ up: ChartScale,
    _ link: (RecordName) -> String?
  ) -> String {
    let isRing = series.style == .rings
    let circle =
      "<circle class=\"\(isRing ? "ring" : "dot") \(colour)\" cx=\"\(number(across.place(point.x)))\" "
      + "cy=\"\(number(up.place(point.y)))\" r=\"\(isRing ? "5" : "4")\"><title>\(point.title.inXML)</title></circle>"
    guard let address = point.record.flatMap(link) else { return circle }
    return "<a href=\"\(address.inXML)\" aria-label=\"\(point.title.inXML)\">\(circle)</a>"
  }

  private func number(_ value: Double) -> String {
    let text = NumberText.fixed(value, 1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
