internal import Statistics

/// What a log of a zeroth-order training tells without its model: losses, and what the projected gradients are like.
package struct LogInspection: Sendable {
  /// One probe: two losses and the gradient that followed from them.
  package struct Probe: Sendable, Equatable {
    /// L₊ and L₋, nats.
    package var plus, minus: Double
    /// g, after clipping.
    package var gradient: Double
    /// Whether the difference was clipped.
    package var isClipped: Bool

    /// A probe from its parts.
    package init(plus: Double, minus: Double, gradient: Double, isClipped: Bool) {
      (self.plus, self.minus, self.gradient, self.isClipped) = (plus, minus, gradient, isClipped)
    }
  }

  /// A mean, and its standard error; null where one value has none.
  package struct Mean: Sendable, Equatable, Encodable {
    /// The mean.
    package var value: Double
    /// Its standard error, were the steps independent.
    package var standardError: Double?

    /// A mean from its parts.
    package init(value: Double, standardError: Double?) {
      (self.value, self.standardError) = (value, standardError)
    }
  }

  private let path: String
  private let origin: [(name: String, words: String)]
  /// Updates.
  package let steps: Int
  /// Directions of a step, q.
  package let directions: Int
  /// How many steps at each end ``lossAtStart`` and ``lossAtEnd`` are means of: a tenth.
  package let endSteps: Int
  /// Mean of (L₊ + L₋)/2 over the first steps, nats.
  package let lossAtStart: Mean?
  /// The same over the last.
  package let lossAtEnd: Mean?
  /// Share of probes whose difference was clipped, 0…1.
  package let clippedShare: Double
  /// Mean of |L₊ − L₋|, nats, before clipping.
  package let meanAbsoluteDifference: Double
  /// Mean of |g|.
  package let meanAbsoluteGradient: Double
  /// Mean of g.
  package let meanGradient: Mean?
  /// Share of gradients above zero, 0…1, those that are zero left out; nil of none.
  package let positiveShare: Double?
  /// |mean of g| / standard deviation of g; nil where that is zero or there is one gradient.
  package let signalToNoise: Double?
  /// √(Σ over steps of Σ over directions of (g/q)²).
  ///
  /// An update is W ← W − η·Σ g·z/q with z of unit variance, drawn anew each time: so a weight is, by chance
  /// alone, η times this from where it began, as a root mean square, while η stays the same.
  package let driftPerRate: Double
  /// Probes with a loss that isn't finite, which are in none of the figures.
  package let notFinite: Int

  /// Statistics of a log.
  ///
  /// - Parameters:
  ///   - path: Where it is, as the user named it.
  ///   - origin: What the log says that it is of, a name and words each.
  ///   - directions: Directions of a step.
  ///   - probes: Step by step, direction by direction; what isn't a whole step at the end is left out.
  package init(
    path: String, origin: [(name: String, words: String)], directions: Int, probes: [Probe]
  ) {
    self.path = path
    self.origin = origin
    self.directions = max(1, directions)
    steps = probes.count / self.directions
    let whole = probes.prefix(steps * self.directions)
    let sound = whole.filter { $0.plus.isFinite && $0.minus.isFinite && $0.gradient.isFinite }
    notFinite = whole.count - sound.count
    endSteps = max(1, steps / 10)
    func loss(_ part: ArraySlice<Probe>) -> Mean? {
      Self.mean(part.map { ($0.plus + $0.minus) / 2 }.filter(\.isFinite))
    }
    lossAtStart = loss(whole.prefix(endSteps * self.directions))
    lossAtEnd = loss(whole.suffix(endSteps * self.directions))
    let count = Double(max(1, sound.count))
    clippedShare = Double(sound.count { $0.isClipped }) / count
    meanAbsoluteDifference = sound.reduce(0) { $0 + abs($1.plus - $1.minus) } / count
    let gradients = sound.map(\.gradient)
    meanAbsoluteGradient = gradients.reduce(0) { $0 + abs($1) } / count
    meanGradient = Self.mean(gradients)
    let signed = gradients.filter { $0 != 0 }
    positiveShare =
      signed.isEmpty ? nil : Double(signed.count { $0 > 0 }) / Double(signed.count)
    signalToNoise = meanGradient.flatMap { mean in
      mean.standardError.flatMap { error in
        error > 0 ? abs(mean.value) / (error * Double(gradients.count).squareRoot()) : nil
      }
    }
    let q = Double(self.directions)
    driftPerRate = gradients.reduce(0) { $0 + ($1 / q) * ($1 / q) }.squareRoot()
  }

  private static func mean(_ values: [Double]) -> Mean? {
    guard !values.isEmpty else { return nil }
    let mean = SampleMean(values)
    return Mean(value: mean.mean, standardError: mean.standardError)
  }
}

extension LogInspection: CustomStringConvertible {
  /// Lines for a reader, each with its newline.
  package var description: String {
    func words(_ mean: Mean?, _ decimals: Int) -> String {
      guard let mean else { return "none that is finite" }
      return NumberText.fixed(mean.value, decimals)
        + (mean.standardError.map { " ± \(NumberText.fixed($0, decimals))" } ?? "")
    }
    let ends = NumberText.count(endSteps, "step")
    var lines = [InspectedLine("log", path)] + origin.map { InspectedLine($0.name, $0.words) }
    lines += [
      InspectedLine(
        "steps", "\(NumberText.grouped(steps)), of \(NumberText.count(directions, "direction"))"),
      InspectedLine("loss at start", "\(words(lossAtStart, 4)) nats, over \(ends)"),
      InspectedLine("loss at end", "\(words(lossAtEnd, 4)) nats, over \(ends)"),
      InspectedLine("clipped", "\(NumberText.fixed(clippedShare * 100, 2)) %"),
      InspectedLine("mean |L₊ − L₋|", "\(NumberText.significant(meanAbsoluteDifference, 4)) nats"),
      InspectedLine("mean |g|", NumberText.significant(meanAbsoluteGradient, 4)),
      InspectedLine(
        "mean g",
        meanGradient.map { mean in
          NumberText.signed(mean.value, 4)
            + (mean.standardError.map { " ± \(NumberText.fixed($0, 4))" } ?? "")
        } ?? "none that is finite"),
      InspectedLine(
        "g above zero", positiveShare.map { "\(NumberText.fixed($0 * 100, 1)) %" } ?? "none"),
      InspectedLine(
        "signal / noise of g",
        signalToNoise.map { NumberText.significant($0, 3) } ?? "not known of so few"),
      InspectedLine(
        "drift by chance",
        "η × \(NumberText.significant(driftPerRate, 4)) a weight, as a root mean square at a constant rate η"
      ),
    ]
    if notFinite > 0 {
      lines.append(InspectedLine("not finite", NumberText.count(notFinite, "probe")))
    }
    return InspectedLine.text(lines)
  }
}

extension LogInspection: Encodable {
  private enum CodingKeys: String, CodingKey {
    case schema, path, steps, directions, endSteps, lossAtStart, lossAtEnd, clippedShare
    case meanAbsoluteDifference, meanAbsoluteGradient, meanGradient, positiveShare, signalToNoise
    case driftPerRate, notFinite
  }

  /// The same as an object; figures that there aren't are null.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(1, forKey: .schema)
    try container.encode(path, forKey: .path)
    try container.encode(steps, forKey: .steps)
    try container.encode(directions, forKey: .directions)
    try container.encode(endSteps, forKey: .endSteps)
    try container.encode(lossAtStart, forKey: .lossAtStart)
    try container.encode(lossAtEnd, forKey: .lossAtEnd)
    try container.encode(clippedShare, forKey: .clippedShare)
    try container.encode(meanAbsoluteDifference, forKey: .meanAbsoluteDifference)
    try container.encode(meanAbsoluteGradient, forKey: .meanAbsoluteGradient)
    try container.encode(meanGradient, forKey: .meanGradient)
    try container.encode(positiveShare, forKey: .positiveShare)
    try container.encode(signalToNoise, forKey: .signalToNoise)
    try container.encode(driftPerRate, forKey: .driftPerRate)
    try container.encode(notFinite, forKey: .notFinite)
  }
}
