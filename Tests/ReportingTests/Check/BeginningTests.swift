import JSONText
import Records
import Reporting
import TestSupport
import Testing
import Vocabulary

@Suite("A quick run is held to the full one")
struct BeginningTests {
  /// The committed training: 150 updates, ten test windows.
  private static let committed: RunRecord = {
    var record = Fixtures.trained(
      "ppl-w4a4", bits: "W4A4", start: Fixtures.shifted(1.5), chosen: Fixtures.shifted(1.2))
    record.cell.method.options = .object([
      JSON.Member("steps", .integer(150)), JSON.Member("schedule", .string("linear")),
      JSON.Member("scheduleSteps", .integer(150)),
    ])
    record.zerothOrder?.probeLosses = (0..<150).map { 3 - 0.001 * Double($0) }
    return record
  }()

  /// Its first 40 updates, scored on four windows.
  private static var begun: RunRecord {
    var record = committed
    record.cell.method.options = .object([
      JSON.Member("steps", .integer(40)), JSON.Member("schedule", .string("linear")),
      JSON.Member("scheduleSteps", .integer(150)),
    ])
    record.cell.protocolSettings.testWindows = 4
    record.zerothOrder?.steps = 40
    record.zerothOrder?.probeLosses = Array((committed.zerothOrder?.probeLosses ?? []).prefix(40))
    record.trajectory = Array(record.trajectory.prefix(1))
    record.scores = [Fixtures.score(Array(Fixtures.shifted(1.5).prefix(4)))]
    return record
  }

  private func check(
    _ fresh: RunRecord, _ committed: RunRecord = Self.committed, beginnings: Bool = true
  ) -> CheckCase {
    checkRecords(
      table: "table2", scale: .small,
      cells: [CheckedCell(committed.cell.address, metrics: [.perplexity])], fresh: [fresh],
      committed: [committed], beginnings: beginnings
    ).cases[0]
  }

  @Test("The first updates and the start agree, figure by figure")
  func updates() {
    let agreed = check(Self.begun)
    #expect(agreed.result == .pass)
    #expect(
      agreed.figures.map(\.name) == [
        "first 40 of 150 updates, mean loss of the probes",
        "perplexity of development text before the first update", "perplexity",
      ])
    #expect(
      agreed.figures.map(\.detail) == [
        "identical, update by update", "identical",
        "after 40 updates here, after 150 there: not compared",
      ])
    // Where no beginning is expected, other options are another cell.
    #expect(
      check(Self.begun, beginnings: false).detail == "stale: the method's options changed")
  }

  @Test("Where they part is said, and a rise beyond rounding fails")
  func parting() {
    var other = Self.begun
    other.zerothOrder?.probeLosses[7] += 1e-9
    let close = check(other)
    #expect(close.result == .pass)
    #expect(close.figures[0].detail.hasPrefix("they part at update 7; "))
    for step in 7..<40 { other.zerothOrder?.probeLosses[step] += 0.2 }
    #expect(check(other).result == .failure)
    other = Self.begun
    other.zerothOrder?.probeLosses.removeLast()
    #expect(
      check(other).detail.contains("expected a loss for every update, found 39 and 40"))
    other = Self.begun
    other.trajectory[0].developmentWindowNLL = Fixtures.shifted(2.5)
    #expect(check(other).result == .failure)
  }

  @Test("Nothing but how far it goes may differ")
  func strangers() {
    var other = Self.begun
    other.cell.method.options = .object([
      JSON.Member("steps", .integer(40)), JSON.Member("schedule", .string("linear")),
      JSON.Member("scheduleSteps", .integer(40)),
    ])
    #expect(check(other).detail == "stale: the method's options changed")
    other = Self.begun
    other.cell.method.options = .object([
      JSON.Member("steps", .integer(160)), JSON.Member("schedule", .string("linear")),
      JSON.Member("scheduleSteps", .integer(150)),
    ])
    #expect(check(other).detail == "stale: the method's options changed")
    other = Self.begun
    other.cell.protocolSettings.developmentWindows = 4
    #expect(check(other).result == .error)
  }

  @Test("What isn't trained is compared on the windows that both have")
  func windows() {
    var committed = Fixtures.record(
      "rtn", "ppl-w2a16", bits: "W2A16", windows: Fixtures.shifted(0.2))
    committed.cell.protocolSettings.testWindows = nil
    var fresh = committed
    fresh.cell.protocolSettings.testWindows = 4
    // Of ten windows four are 0, ⌊10/4⌋, ⌊20/4⌋ and ⌊30/4⌋.
    func four(_ shift: Double) -> Score {
      Fixtures.score([0, 2, 5, 7].map { Fixtures.shifted(shift)[$0] })
    }
    fresh.scores = [four(0.2)]
    let agreed = check(fresh, committed)
    #expect(agreed.result == .pass && agreed.detail == "identical")
    #expect(agreed.figures[0].committed == fresh.scores[0].value)
    fresh.scores = [four(0.206)]
    #expect(check(fresh, committed).result == .failure)
    fresh.scores = [four(0.2)]
    // WikiText's are the first ones.
    var (first, wiki) = (fresh, committed)
    wiki.cell.protocolSettings.test.join = .wikitext2
    first.cell.protocolSettings.test.join = .wikitext2
    first.scores = [Fixtures.score(Array(Fixtures.shifted(0.2).prefix(4)))]
    #expect(check(first, wiki).detail == "identical")
    // Of a part of a text nobody knows which windows it is.
    var part = committed
    part.cell.protocolSettings.testWindows = 10
    #expect(check(fresh, part).result == .error)
    #expect(check(fresh, part).detail.contains("are a part of their text"))
    fresh.scores = [Fixtures.score(Fixtures.shifted(0.2) + [3])]
    #expect(check(fresh, committed).result == .error)
  }

  @Test("Examples of a task are compared from the first")
  func examples() {
    func score(_ outcomes: [Double]) -> Score {
      let mean = outcomes.reduce(0, +) / Double(outcomes.count)
      return Score(
        split: "test", task: "quiz", metric: "accuracy", value: mean, standardError: nil,
        outcomes: outcomes, scoredTokens: outcomes.count)
    }
    var committed = Fixtures.record("rtn", "acc-w4a4", bits: "W2A16", windows: [3])
    committed.scores = [score([1, 0, 1, 1, 0, 1])]
    committed.digests.append(NamedText("examples.quiz.test", "six"))
    var fresh = committed
    fresh.cell.protocolSettings.testWindows = 4
    fresh.digests[1].text = "four"
    fresh.scores = [score([1, 0, 1, 1])]
    #expect(check(fresh, committed).detail == "identical")
    fresh.scores = [score([1, 0, 0, 0])]
    #expect(check(fresh, committed).result == .failure)
    fresh.digests.append(NamedText("examples.quiz.train", "others"))
    committed.digests.append(NamedText("examples.quiz.train", "some"))
    #expect(check(fresh, committed).detail == "stale: other examples: quiz.train")
  }
}
