import Foundation
import Harness
import JSONText
import Records
import System
import TestSupport
import Testing

/// Folders of accepted baselines: who may write, what is kept, and what was edited in them.
@Suite struct GateBaselinesTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var place: String { folder.path("baseline") }
  private var ledger: String { place + "/accepted.json" }

  /// A record of one's own model.
  static func record(_ windows: [Double], model: String = "m", text: String = "verse-8") throws
    -> RunRecord
  {
    var cell = CellIdentityTests.sample
    cell.address = CellAddress(table: "eval", scale: "own", row: "rtn", column: "w4a4", seed: 1)
    cell.model.name = model
    cell.protocolSettings.id = text
    cell.id = try cell.computedID
    let n = Double(windows.count)
    let mean = windows.reduce(0, +) / n
    let squares = windows.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return RunRecord(
      cell: cell, status: .finished,
      scores: [
        Score(
          split: "test", metric: "perplexity", value: exp(mean), meanNLL: mean,
          standardErrorNLL: n > 1 ? (squares / (n - 1) / n).squareRoot() : nil, windowNLL: windows,
          scoredTokens: windows.count * 7)
      ])
  }

  private func candidate(
    _ windows: [Double], gate: String = "own", model: String = "m", earlier: RunRecord? = nil
  ) throws -> GateBaselines.Candidate {
    let record = try Self.record(windows, model: model)
    return GateBaselines.Candidate(
      gate: gate, file: record.cell.baselineFile, record: record, earlier: earlier)
  }

  @discardableResult
  private func accept(
    _ windows: [Double], _ reason: String = "because", model: String = "m",
    permission: GateBaselines.Permission = []
  ) throws -> Acceptance? {
    var baselines = try GateBaselines(folder: place)
    return try baselines.accept(
      [candidate(windows, model: model)], reason: reason, at: "2026-11-29T00:00:00Z",
      permission: permission)
  }

  /// The words with which the folder is refused.
  private func refusal(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch { return "\(error)".replacing(place, with: "BASELINE") }
  }

  private func refusal() -> String? { refusal { _ = try GateBaselines(folder: place) } }

  @Test("Who comes while another accepts waits, and counts what that one left")
  func concurrency() async throws {
    let place = place
    let candidates = try (0..<8).map { index in
      try candidate([2, 3, 2.5], model: "m\(index)")
    }
    // All begin from what was there before any of them.
    let before = try GateBaselines(folder: place)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, candidate) in candidates.enumerated() {
        group.addTask {
          var own = before
          _ = try own.accept([candidate], reason: "number \(index)", at: "t")
        }
      }
      try await group.waitForAll()
    }
    let after = try GateBaselines(folder: place)
    #expect(Set(after.ledger.accepted.map(\.reason)) == Set((0..<8).map { "number \($0)" }))
    #expect(after.files(of: "own").count == 8)
    // Nothing but baselines is left in a folder that is committed.
    #expect(try listFolder(place) == ["accepted.json", "own"])
  }

  @Test func whoWaitsTooLongSaysSo() throws {
    try makeFolder(place)
    let lock = try BaselineLock(folder: place)
    do {
      _ = try BaselineLock(folder: place, patience: 0.05)
      Issue.record("two have the lock")
    } catch let error as GateBaselineError {
      #expect(
        error.description
          == "'\(place)' has been changed by another process for 0 s; wait for it, or end it")
    }
    _ = lock.isHeld
  }

  @Test("Fewer windows than before are refused by number, unless they are asked for, which is kept")
  func fewerWindows() throws {
    try accept([2, 3, 2.5], "the start")
    #expect(
      refusal { try accept([2, 3]) }
        == "later results would be held to less than so far, and nothing was accepted: "
        + "own/m.verse-8.rtn.w4a4.seed1.json: perplexity of 2 windows in place of 3; --fewer-windows accepts that, "
        + "and is kept")
    #expect(try GateBaselines(folder: place).ledger.accepted.count == 1)
    let entry = try #require(try accept([2, 3], permission: .fewerWindows))
    #expect(entry.fewerWindows == true && entry.cells[0].figures[0].units == 2)
    // Allowed and not needed isn't kept.
    #expect(try accept([2, 3.5], permission: .fewerWindows)?.fewerWindows == nil)
    #expect(try accept([2, 3, 4])?.fewerWindows == nil)
    // A score that is gone is less, too; and so it is against a table's record.
    var baselines = try GateBaselines(folder: place)
    var bare = try Self.record([2, 3, 4])
    bare.scores = []
    let file = bare.cell.baselineFile
    #expect(
      refusal {
        _ = try baselines.accept(
          [
            GateBaselines.Candidate(
              gate: "other", file: file, record: bare, earlier: Self.record([2, 3]))
          ], reason: "r", at: "t")
      }?.contains("other/\(file): no perplexity any more") == true)
  }

  @Test("The first baseline stays until a new one is asked for, and then it says so")
  func newFirst() throws {
    try accept([2, 3, 2.5], "the start")
    try accept([2, 3, 2.6], "more")
    let file = try Self.record([1]).cell.baselineFile
    var pair = try #require(try GateBaselines(folder: place).pair(gate: "own", file: file))
    #expect(
      pair.first.scores[0].windowNLL == [2, 3, 2.5] && pair.last.scores[0].windowNLL[2] == 2.6)
    // The record is the last one already, and becomes the first.
    #expect(try accept([2, 3, 2.6]) == nil)
    let entry = try #require(try accept([2, 3, 2.6], "anew", permission: .newFirst))
    #expect(entry.newFirst == true && entry.cells[0].figures[0].first == nil)
    #expect(entry.cells[0].figures[0].before == entry.cells[0].figures[0].after)
    pair = try #require(try GateBaselines(folder: place).pair(gate: "own", file: file))
    #expect(pair.first == pair.last)
    #expect(try accept([2, 3, 2.6], permission: .newFirst) == nil)
    #expect(try accept([2, 3, 2.7])?.cells[0].figures[0].first == exp((2 + 3 + 2.6) / 3))
    #expect(try GateBaselines(folder: place).ledger.accepted.count == 4)
  }

  @Test func whatIsTakenOutLeavesItsEntries() throws {
    try accept([2, 3], model: "a")
    try accept([2, 3], model: "b")
    var baselines = try GateBaselines(folder: place)
    #expect(
      refusal { _ = try baselines.retire(["won"], reason: "r", at: "t") }
        == "there is no baseline of 'won'; did you mean 'own'?")
    let entry = try baselines.retire(
      ["own/a.verse-8.rtn.w4a4.seed1.json"], reason: "not shipped", at: "t")
    #expect(entry.retired?.map(\.file) == ["a.verse-8.rtn.w4a4.seed1.json"])
    let after = try GateBaselines(folder: place)
    #expect(after.files(of: "own") == ["b.verse-8.rtn.w4a4.seed1.json"])
    #expect(after.ledger.accepted.count == 3)
    _ = try baselines.retire(["own"], reason: "all", at: "t")
    #expect(try GateBaselines(folder: place).gates == [])
    // It may come back, as a first baseline.
    #expect(try accept([2, 3], model: "a")?.cells[0].figures[0].before == nil)
  }

  @Test(
    "An edited figure is named, an edited word's entry is, and so is a record that nobody accepted")
  func edits() throws {
    try accept([2, 3, 2.5], "the start")
    try accept([2, 3, 2.6], "more")
    let text = String(decoding: try readFile(ledger), as: UTF8.self)
    let (start, more) = (exp(7.5 / 3), exp(7.6 / 3))
    func edited(_ old: String, _ new: String) throws -> String? {
      try writeDurably(Array(text.replacing(old, with: new, maxReplacements: 1).utf8), to: ledger)
      defer { try? writeDurably(Array(text.utf8), to: ledger) }
      return refusal()
    }
    func figure(_ line: String, _ pointer: String, _ expected: Double, _ source: String) -> Bool {
      line.contains("BASELINE/accepted.json:")
        && line.contains(
          "error: expected \(expected) as \(source) has it, found 9.0; the figure was edited, so restore the file as "
            + "it was committed")
        && line.contains(pointer)
    }
    #expect(refusal() == nil)
    let last = try #require(try edited("\"after\": \(more)", "\"after\": 9.0"))
    #expect(figure(last, "/accepted/1/cells/0/figures/0/after", more, "the record"), "\(last)")
    let first = try #require(try edited("\"first\": \(start)", "\"first\": 9.0"))
    #expect(
      figure(first, "/accepted/1/cells/0/figures/0/first", start, "the first baseline"), "\(first)")
    let before = try #require(try edited("\"before\": \(start)", "\"before\": 9.0"))
    #expect(
      figure(before, "/accepted/1/cells/0/figures/0/before", start, "the entry before it"),
      "\(before)")
    let word = try #require(try edited("the start", "a start"))
    #expect(word.contains("by the words and figures of the entry of 2026-11-29T00:00:00Z"))
    #expect(word.contains("/accepted/0/digest"))
    // An edited digest of a record is the ledger's fault, not the record's.
    let cells = try GateBaselines(folder: place).ledger.accepted[1].cells
    let digest = try #require(
      try edited(cells[0].digest, String(cells[0].digest.reversed())))
    #expect(digest.contains("/accepted/1/digest"), "\(digest)")
    try folder.write("{}", to: "baseline/own/last/x.json")
    #expect(
      refusal()
        == "BASELINE/own/last/x.json: error: expected no record here, as accepted.json names none; a baseline comes by "
        + "'zeroqat accept --reason' alone, so restore the folder as it was committed")
  }

  @Test("A folder from before there were digests is read, and the next acceptance seals all of it")
  func earlierLayout() throws {
    try accept([2, 3, 2.5], "the start")
    var old = try GateBaselines(folder: place).ledger
    old.schema = 1
    old.accepted[0].digest = nil
    old.accepted[0].cells[0].figures[0].units = nil
    try writeDurably(Array(try jsonText(of: old, style: .pretty).utf8), to: ledger)
    #expect(try !GateBaselines(folder: place).ledger.isSealed)
    // What the records say is held against it all the same.
    let text = try jsonText(of: old, style: .pretty)
    try writeDurably(
      Array(text.replacing("\(exp(7.5 / 3))", with: "9.0").utf8), to: ledger)
    #expect(refusal()?.contains("found 9.0; the figure was edited") == true)
    try writeDurably(Array(text.utf8), to: ledger)
    try accept([2, 3, 2.6], "more")
    let sealed = try GateBaselines(folder: place).ledger
    #expect(sealed.isSealed && sealed.accepted.allSatisfy { $0.digest?.count == 64 })
  }
}

/// What files of baselines are called.
@Suite struct BaselineNameTests {
  @Test("Names that differ have files that differ, and plain ones are what they were")
  func injective() throws {
    func file(_ model: String, _ text: String = "verse-8") throws -> String {
      try GateBaselinesTests.record([2], model: model, text: text).cell.baselineFile
    }
    #expect(try file("Llama-3.2-1B") == "Llama-3.2-1B.verse-8.rtn.w4a4.seed1.json")
    #expect(try file("a=b") == "a%3Db.verse-8.rtn.w4a4.seed1.json")
    #expect(try file("a", "my.text-8") == "a.my%2Etext-8.rtn.w4a4.seed1.json")
    #expect(try file("é") == "%C3%A9.verse-8.rtn.w4a4.seed1.json")
    #expect(try file("..") == "%2E..verse-8.rtn.w4a4.seed1.json")
    let names = ["a=b", "a+b", "a-b", "a b", "a%3Db", "a/b", "a.b", "é", "e\u{301}", "A-b", ""]
    #expect(Set(try names.map { try file($0) }).count == names.count)
    #expect(try file("a.b", "c-8") != file("a", "b.c-8"))
    let long = String(repeating: "m", count: 255)
    let names255 = [try file(long), try file(long + "n")]
    #expect(names255[0] != names255[1] && names255.allSatisfy { $0.utf8.count < 200 })
  }

  @Test func aBaselineFromBeforeNamesWereEscapedIsFound() throws {
    let folder = try TemporaryFolder()
    var baselines = try GateBaselines(folder: folder.path("baseline"))
    let record = try GateBaselinesTests.record([2, 3], model: "a=b")
    let other = try GateBaselinesTests.record([2, 3], model: "a+b")
    #expect(record.cell.unescapedBaselineFile == other.cell.unescapedBaselineFile)
    let earlier = record.cell.unescapedBaselineFile
    _ = try baselines.accept(
      [GateBaselines.Candidate(gate: "g", file: earlier, record: record, earlier: nil)],
      reason: "r", at: "t")
    #expect(baselines.file(of: record, gate: "g") == "a-b.verse-8.rtn.w4a4.seed1.json")
    // It is of that cell alone.
    #expect(baselines.file(of: other, gate: "g") == "a%2Bb.verse-8.rtn.w4a4.seed1.json")
    #expect(baselines.file(of: record, gate: "h") == "a%3Db.verse-8.rtn.w4a4.seed1.json")
  }
}
