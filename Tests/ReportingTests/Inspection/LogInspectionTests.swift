import JSONText
import Reporting
import Testing

/// What probes alone tell of a training.
@Suite struct LogInspectionTests {
  private func probe(_ loss: Double, _ g: Double, isClipped: Bool = false) -> LogInspection.Probe {
    // ε of a half, so that L₊ − L₋ is g.
    .init(plus: loss + g / 2, minus: loss - g / 2, gradient: g, isClipped: isClipped)
  }

  @Test func figuresByHand() {
    // Twenty steps of two directions: losses fall from 4 to 3, g is 3, 1, −1, 1 again and again.
    let gradients = [3.0, 1, -1, 1]
    let probes = (0..<40).map { index in
      probe(index < 20 ? 4 : 3, gradients[index % 4], isClipped: index % 4 == 0)
    }
    let found = LogInspection(path: "a.log", origin: [("of", "x")], directions: 2, probes: probes)
    #expect(found.steps == 20 && found.directions == 2 && found.endSteps == 2)
    #expect(found.lossAtStart == .init(value: 4, standardError: 0))
    #expect(found.lossAtEnd == .init(value: 3, standardError: 0))
    #expect(found.clippedShare == 0.25 && found.meanAbsoluteDifference == 1.5)
    #expect(found.meanAbsoluteGradient == 1.5 && found.meanGradient?.value == 1)
    #expect(found.positiveShare == 0.75)
    // Σ(g − 1)² = 40 · 2, of 39 degrees of freedom.
    let deviation = (80.0 / 39).squareRoot()
    #expect(abs((found.signalToNoise ?? 0) - 1 / deviation) < 1e-12)
    // Σ (g/2)² = 40 · 12 / 4 / 4.
    #expect(abs(found.driftPerRate - 30.0.squareRoot()) < 1e-12)
    #expect(
      "\(found)" == """
        log                  a.log
        of                   x
        steps                20, of 2 directions
        loss at start        4.0000 ± 0.0000 nats, over 2 steps
        loss at end          3.0000 ± 0.0000 nats, over 2 steps
        clipped              25.00 %
        mean |L₊ − L₋|       1.5 nats
        mean |g|             1.5
        mean g               +1.0000 ± 0.2265
        g above zero         75.0 %
        signal / noise of g  0.698
        drift by chance      η × 5.477 a weight, as a root mean square at a constant rate η

        """)
  }

  @Test func theEndsOfFewSteps() throws {
    let one = LogInspection(path: "a", origin: [], directions: 1, probes: [probe(2, 0.5)])
    #expect(one.lossAtStart == .init(value: 2, standardError: nil))
    #expect(one.signalToNoise == nil && one.positiveShare == 1)
    let none = LogInspection(
      path: "a", origin: [], directions: 3, probes: [probe(2, 1), probe(2, 1)])
    #expect(none.steps == 0 && none.lossAtStart == nil && none.positiveShare == nil)
    #expect("\(none)".contains("loss at start        none that is finite nats"))
    let root = try JSONDocument(text: Array(jsonText(of: none, style: .compact).utf8), file: "")
      .root
    #expect(root["lossAtEnd"] == .null && root["steps"] == .integer(0))
  }

  @Test func lossesThatAreNotFiniteAreCounted() {
    let probes = [probe(2, 1), probe(.infinity, 1), probe(2, .nan), probe(2, -1)]
    let found = LogInspection(path: "a", origin: [], directions: 1, probes: probes)
    #expect(found.notFinite == 2 && found.meanAbsoluteGradient == 1 && found.positiveShare == 0.5)
    #expect("\(found)".hasSuffix("not finite           2 probes\n"))
  }
}
