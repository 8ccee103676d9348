import JSONText
import Records
import Reporting
import TestSupport
import Testing
import Vocabulary

/// What a gate says: pass, regression, inconclusive, or nothing that counts.
@Suite struct GateReportTests {
  /// Losses of two hundred windows.
  static let windows: [Double] = {
    var generator = SeededGenerator(seed: 8)
    return (0..<200).map { _ in 3.3 + 0.2 * generator.gaussian() }
  }()

  /// The windows with a rise and chance on top, nats.
  static func moved(_ rise: Double, noise: Double = 0, seed: UInt64 = 9) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    return windows.map { $0 + rise + noise * generator.gaussian() }
  }

  static func record(
    _ windows: [Double], bits: BitsLabel = "W4A4", alternative: Double? = nil
  ) -> RunRecord {
    var record = Fixtures.record(
      "rtn", "ppl-w4a4", bits: bits, windows: windows, alternative: alternative)
    record.digests += [
      NamedText("weights.final", Fixtures.hex("\(windows)")),
      NamedText("others.final", Fixtures.hex("others")),
    ]
    return record
  }

  static func task(_ right: Int, of count: Int, weights: String = "a") -> RunRecord {
    var record = record(windows)
    let outcomes = (0..<count).map { $0 < right ? 1.0 : 0 }
    let mean = Double(right) / Double(count)
    let squares = outcomes.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    record.scores = [
      Score(
        split: "test", task: "sst2", metric: "accuracy", value: mean,
        standardError: (squares / Double(count - 1) / Double(count)).squareRoot(),
        outcomes: outcomes, scoredTokens: 100)
    ]
    record.digests[1] = NamedText("weights.final", Fixtures.hex(weights))
    return record
  }

  static func input(
    _ fresh: RunRecord?, _ last: RunRecord?, first: RunRecord? = nil, obstacle: String? = nil,
    limits: GateLimits = GateLimits(), name: String = "rtn/ppl-w4a4/seed 1"
  ) -> GateInput {
    GateInput(
      gate: "table2", name: name, limits: limits, fresh: fresh, obstacle: obstacle, last: last,
      first: first)
  }

  private static func report(_ inputs: GateInput...) -> GateReport {
    GateReport(policy: "gate.json", inputs)
  }

  private static func figure(_ report: GateReport) throws -> GateFigure {
    try #require(report.cases.first?.figures.first)
  }

  @Test("Tier 0: equal bits pass, and nothing else is computed")
  func identical() throws {
    let report = Self.report(Self.input(Self.record(Self.windows), Self.record(Self.windows)))
    #expect(report.result == .pass && report.exitCode == 0)
    let figure = try Self.figure(report)
    #expect(figure.tier == .identical && figure.test == nil && figure.against == .only)
    #expect(figure.detail == "identical: final weights and every window, bit for bit")
    // Equal losses of other weights are looked at.
    var other = Self.record(Self.windows)
    other.digests[1] = NamedText("weights.final", Fixtures.hex("other"))
    let looked = try Self.figure(Self.report(Self.input(other, Self.record(Self.windows))))
    #expect(looked.tier == .sameKernels && looked.result == .pass)
    #expect(looked.detail == "every window is equal, bit for bit; weights or conditions aren't")
    // Without digests of weights, equal cells stand for them.
    var (bare, same) = (Self.record(Self.windows), Self.record(Self.windows))
    bare.digests.removeAll { $0.name != "tokens.test" }
    same.digests = bare.digests
    #expect(try Self.figure(Self.report(Self.input(bare, same))).tier == .identical)
    same.cell.seed = 2
    #expect(try Self.figure(Self.report(Self.input(bare, same))).tier == .sameKernels)
  }

  @Test("Tier 1: below the margin passes, at it fails, and what can't be told is neither")
  func outcomes() throws {
    let last = Self.record(Self.windows)
    let pass = Self.report(Self.input(Self.record(Self.moved(0.0005, noise: 0.004)), last))
    #expect(pass.exitCode == 0)
    #expect(try Self.figure(pass).tier == .sameKernels)
    #expect(try Self.figure(pass).losses.isEmpty)
    let worse = Self.report(Self.input(Self.record(Self.moved(0.006, noise: 0.004)), last))
    #expect(worse.result == .regression && worse.exitCode == 1)
    #expect(try Self.figure(worse).losses.count == 3)
    let better = Self.report(Self.input(Self.record(Self.moved(-0.2, noise: 0.004)), last))
    #expect(better.exitCode == 0)
    let unclear = Self.report(Self.input(Self.record(Self.moved(0.001, noise: 0.05)), last))
    #expect(unclear.result == .inconclusive && unclear.exitCode == 5)
    let detail = try Self.figure(unclear).detail
    #expect(detail.contains("; can't tell; it takes "), "\(detail)")
    #expect(detail.contains(" in place of 200): "), "\(detail)")
    #expect(detail.contains(" min "), "\(detail)")
  }

  @Test("What can't be told says how many windows would tell, or why no number does")
  func inconclusive() throws {
    func detail(_ fresh: [Double], _ last: [Double], margin: Double = 0.005) throws -> String {
      let report = Self.report(
        Self.input(Self.record(fresh), Self.record(last), limits: GateLimits(margin: margin)))
      #expect(report.exitCode == 5)
      let detail = try Self.figure(report).detail
      return String(detail[try #require(detail.firstRange(of: "can't tell")).lowerBound...])
    }
    let few = Array(Self.windows.prefix(10))
    #expect(
      try detail(few.enumerated().map { $1 + 0.01 * Double($0 % 3) }, few)
        == "can't tell, nor how many windows would: their spread shows from 14 on; score 14 or more"
    )
    #expect(
      try detail(Self.moved(0.0001, noise: 0.6), Self.windows, margin: 0.0005)
        == "can't tell, and no number of windows up to 200\u{202F}000 would: they differ too unevenly for this margin"
    )
    let needed = try detail(Self.moved(0.001, noise: 0.05), Self.windows)
    #expect(needed.hasPrefix("can't tell; it takes "))
    #expect(needed.contains(" times the windows (") && needed.contains(" in place of 200)"))
  }

  @Test("An interval says how often it holds")
  func levels() throws {
    let last = Self.record(Self.windows)
    for (level, words) in [
      (0.00135, "(99.73 %)"), (0.025, "(95 %)"), (0.0125, "(97.5 %)"), (1e-6, "(99.99980 %)"),
    ] {
      let report = Self.report(
        Self.input(
          Self.record(Self.moved(0.0005, noise: 0.004)), last, limits: GateLimits(level: level)))
      let detail = try Self.figure(report).detail
      #expect(detail.contains(" \(words), 200 windows in blocks of 9"), "\(detail)")
    }
  }

  @Test("Where the first baseline can't be compared with, the way out is named")
  func firstOfOtherLength() throws {
    let last = Self.record(Self.windows)
    let first = Self.record(Array(Self.windows.prefix(100)))
    let report = Self.report(Self.input(last, last, first: first))
    #expect(report.exitCode == 4)
    #expect(
      report.cases[0].figures[1].detail
        == "100 windows became 200: they can't be compared one by one; 'zeroqat accept --new-first' makes the fresh "
        + "record the first baseline as well")
  }

  /// 0.3 % three times is 0.9 %, and each step alone is within the margin.
  @Test("A slow drift is held to the first baseline")
  func drift() throws {
    let step = logarithm(1.003)
    let first = Self.record(Self.windows)
    let last = Self.record(Self.moved(2 * step))
    let fresh = Self.record(Self.moved(3 * step))
    #expect(Self.report(Self.input(fresh, last)).exitCode == 0)
    let report = Self.report(Self.input(fresh, last, first: first))
    #expect(report.exitCode == 1)
    #expect(report.cases[0].figures.map(\.against) == [.last, .first])
    #expect(report.cases[0].figures.map(\.result) == [.pass, .regression])
    #expect(report.annotations.count == 1)
    #expect(report.annotations[0].contains("perplexity against the first baseline: +0.90 %25"))
  }

  @Test("Tier 2: other kernels widen the limit by the rounding floor, by name")
  func kernels() throws {
    var fresh = Self.record(Self.moved(0.0065, noise: 0.001), alternative: 0.001)
    fresh.cell.blasCore = "Haswell"
    let last = Self.record(Self.windows)
    let wide = Self.report(Self.input(fresh, last))
    #expect(wide.exitCode == 0)
    let figure = try Self.figure(wide)
    #expect(figure.tier == .otherKernels)
    #expect(
      figure.limit
        == "< +0.50 % perplexity, widened to +0.80 % by three rounding floors of 0.00100 nats "
        + "(4-bit activations, other kernels)")
    fresh.cell.blasCore = last.cell.blasCore
    #expect(Self.report(Self.input(fresh, last)).exitCode == 1)
    // Weights alone: nothing is widened.
    var weights = Self.record(Self.moved(0.0065, noise: 0.001), bits: "W2A16")
    weights.cell.blasCore = "Haswell"
    let plain = Self.report(Self.input(weights, Self.record(Self.windows, bits: "W2A16")))
    #expect(plain.exitCode == 1)
    #expect(try Self.figure(plain).limit == "< +0.50 % perplexity")
    fresh.cell.blasCore = "Haswell"
    let refused = Self.report(
      Self.input(fresh, last, limits: GateLimits(tiers: [.identical, .sameKernels])))
    #expect(refused.exitCode == 4)
    #expect(
      try Self.figure(refused).detail
        == "other kernels (SkylakeX became Haswell): tier 2 isn't among the policy's tiers")
  }

  @Test("A policy of tier 0 alone wants equal bits")
  func identityAlone() throws {
    let limits = GateLimits(tiers: [.identical])
    let last = Self.record(Self.windows)
    #expect(Self.report(Self.input(last, last, limits: limits)).exitCode == 0)
    let report = Self.report(Self.input(Self.record(Self.moved(-1)), last, limits: limits))
    #expect(report.exitCode == 1)
    #expect(
      try Self.figure(report).detail.hasPrefix(
        "not identical, which is all that the policy allows: digest weights.final: "))
  }

  @Test("Tasks are held example by example to points, and answers that changed are counted")
  func tasks() throws {
    let last = Self.task(1600, of: 2000)
    let same = Self.report(Self.input(Self.task(1600, of: 2000), last))
    #expect(same.exitCode == 0)
    #expect(
      try Self.figure(same).detail == "identical: final weights and every example, bit for bit")
    let few = Self.report(Self.input(Self.task(1598, of: 2000, weights: "b"), last))
    #expect(few.exitCode == 0)
    #expect(
      try Self.figure(few).detail.hasSuffix(
        ", 2 of 2\u{202F}000 answers changed: 0 better and 2 worse"))
    let many = Self.report(Self.input(Self.task(1500, of: 2000, weights: "b"), last))
    #expect(many.exitCode == 1)
    #expect(try Self.figure(many).limit == "< 1.00 points lost")
    #expect(try Self.figure(many).losses.first == UnitLoss(index: 1500, baseline: 100, fresh: 0))
    // No perplexity, nothing to plant.
    #expect(many.selfTest.planted == 0 && many.selfTest.isSound)
  }

  @Test("A shortened, stale, failed or empty result is never a pass")
  func neverAPass() throws {
    let last = Self.record(Self.windows)
    func detail(_ fresh: RunRecord?, obstacle: String? = nil, last: RunRecord? = last) throws
      -> String
    {
      let report = Self.report(Self.input(fresh, last, obstacle: obstacle))
      #expect(report.exitCode == 4)
      return try Self.figure(report).detail
    }
    #expect(GateReport(policy: "gate.json", []).exitCode == 4)
    #expect(try detail(nil) == "missing: there is no fresh record")
    #expect(try detail(last, obstacle: "stale: because") == "stale: because")
    #expect(
      try detail(last, last: nil)
        == "no baseline yet; 'zeroqat accept' keeps this record as the first")
    #expect(
      try detail(Self.record(Array(Self.windows.prefix(20))))
        == "200 windows became 20: a shortened result is never a pass")
    var tokens = last
    tokens.digests[0] = NamedText("tokens.test", Fixtures.hex("others"))
    #expect(try detail(tokens) == "stale: another test token stream")
    var model = last
    model.cell.model.digest = Fixtures.hex("another")
    #expect(try detail(model) == "stale: another model digest")
    var edited = last
    edited.scores[0].value = 1
    #expect(try detail(edited).contains("contradicts itself"))
    var without = last
    without.scores = []
    #expect(try detail(without) == "the fresh record has no test perplexity")
    #expect(try detail(last, last: without) == "the baseline has no test score")
    var failed = last
    failed.status = .failed
    failed.reason = "it broke"
    #expect(try detail(failed) == "the fresh cell failed: it broke")
    #expect(
      try detail(last, last: failed)
        == "the baseline failed, so that there is nothing to compare with; 'zeroqat accept' keeps the "
        + "fresh record")
    failed.status = .tooLarge
    #expect(try detail(failed) == "the fresh cell is too large: it broke")
    // Worse than anything is worse.
    failed.status = .diverged
    let diverged = Self.report(Self.input(failed, last))
    #expect(diverged.exitCode == 1)
    var infinite = last
    infinite.scores[0].windowNLL[3] = nil
    infinite.scores[0].value = nil
    infinite.scores[0].meanNLL = nil
    infinite.scores[0].standardErrorNLL = nil
    #expect(Self.report(Self.input(infinite, last)).exitCode == 1)
    // One missing cell beside a pass isn't one; a regression beside a missing cell is.
    #expect(Self.report(Self.input(last, last), Self.input(nil, last)).exitCode == 4)
    #expect(Self.report(Self.input(failed, last), Self.input(nil, last)).exitCode == 1)
    let unclear = Self.record(Self.moved(0.001, noise: 0.05))
    #expect(Self.report(Self.input(last, last), Self.input(unclear, last)).exitCode == 5)
  }

  @Test("A model of a folder of records may change, its text may not")
  func modelsThatChange() throws {
    let last = Self.record(Self.windows)
    var fresh = Self.record(Self.moved(0.0001, noise: 0.001))
    fresh.cell.model.digest = Fixtures.hex("another")
    let report = Self.report(
      Self.input(fresh, last, limits: GateLimits(modelMayChange: true)))
    #expect(report.exitCode == 0)
    #expect(try Self.figure(report).detail.hasSuffix("; another model than the baseline's"))
  }

  @Test("What is planted is caught, and a gate that can't is no gate")
  func selfTest() {
    let last = Self.record(Self.windows)
    let sound = Self.report(Self.input(Self.record(Self.moved(0.0005, noise: 0.004)), last))
    #expect(sound.selfTest.planted == 1 && sound.selfTest.caught == 1)
    #expect(
      sound.selfTest.line
        == "Self-test: +0.50 % perplexity planted into a copy of 1 fresh record, 1 caught.")
    // So small a rise that no double holds it.
    let blind = Self.report(Self.input(last, last, limits: GateLimits(margin: 1e-18)))
    #expect(blind.selfTest.caught == 0 && blind.exitCode == 3)
    #expect(blind.selfTest.line.hasPrefix("**Self-test: "))
    #expect(blind.junit.contains("<testsuite name=\"self-test\" tests=\"1\" failures=\"1\""))
    #expect(
      blind.annotations.first?.hasPrefix("::error file=gate.json,title=Gate%3A self-test::") == true
    )
    #expect(blind.markdown().hasPrefix("# Gate gate.json: it can't be trusted\n"))
    // What doesn't count isn't planted into.
    let stale = Self.report(Self.input(last, last, obstacle: "stale: because"))
    #expect(stale.selfTest.planted == 0 && stale.exitCode == 4)
  }

  @Test func everyKindOfResultInEveryForm() throws {
    let last = Self.record(Self.windows)
    let report = Self.report(
      Self.input(last, last, name: "same/ppl/seed 1"),
      Self.input(
        Self.record(Self.moved(0.0005, noise: 0.004)), last, first: Self.record(Self.moved(-0.002)),
        name: "near/ppl/seed 1"),
      Self.input(Self.record(Self.moved(0.01, noise: 0.004)), last, name: "worse/ppl/seed 1"),
      Self.input(
        Self.record(Self.moved(0.001, noise: 0.05)), last, name: "unclear/ppl/seed 1"),
      Self.input(nil, last, name: "missing, <gone>: 100 %/seed 1"))
    try expectSnapshot(
      report.markdown { _, window in window == 57 ? nil : "What stands in window \(window) | so" },
      "gate.md")
    try expectSnapshot(report.junit, "gate.xml")
    try expectSnapshot(report.annotations.joined(separator: "\n") + "\n", "gate-annotations.txt")
    try expectSnapshot(report.gitlab { "digest of \($0.count)" }, "gate-gitlab.json")
    #expect(report.exitCode == 1)
  }
}
