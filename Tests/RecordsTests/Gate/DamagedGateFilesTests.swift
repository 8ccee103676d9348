import JSONText
import Records
import TestSupport
import Testing

/// Policies and ledgers that were cut short or damaged: each is read, or refused with its place; none ends the program.
@Suite struct DamagedGateFilesTests {
  private static let policy = """
    { "schema": 1, "margin": 0.01, "points": 2, "level": 0.01, "tiers": [1], "baseline": "b",
      "gates": [
        { "name": "a", "records": "results", "elsewhere": true, "margin": 0.02, "tiers": [0, 2] },
        { "name": "b", "table": "table5", "scale": "tiny", "filter": "row=rtn", "points": 3 }
      ] }
    """

  /// How many copies were read; every other one must be refused in words, with a place.
  private static func readable(
    _ text: String, _ read: (JSONDocument) throws -> Void
  ) throws -> Int {
    var count = 0
    for bytes in Mutations(of: Array(text.utf8), mutations: 500, seed: 13) {
      do {
        try read(JSONDocument(text: bytes, file: "damaged.json"))
        count += 1
      } catch let error as JSONError {
        #expect(error.line > 0 && error.column > 0 && !error.reason.isEmpty)
      }
    }
    return count
  }

  @Test func policies() throws {
    let count = try Self.readable(Self.policy) { document in
      let policy = try GatePolicy(document: document)
      // Whatever is read has limits that a comparison can go by.
      for gate in policy.gates {
        let limits = policy.limits(of: gate)
        #expect(limits.margin > 0 && limits.margin < 1 && limits.points > 0)
        #expect(limits.level > 0 && !limits.tiers.isEmpty)
      }
    }
    // A blank more or another digit does no harm; no beginning is a policy.
    #expect((1..<200).contains(count), "\(count)")
  }

  @Test("No ledger that was damaged is taken for whole, but for what is no part of its words")
  func ledgers() throws {
    let whole = try AcceptanceLedgerTests.sample()
    let text = try jsonText(of: whole, style: .pretty)
    var (sound, broken) = (0, 0)
    let count = try Self.readable(text) { document in
      let ledger = try AcceptanceLedger(document: document)
      if try ledger.brokenSeal(in: document) != nil {
        broken += 1
      } else {
        sound += 1
        #expect(ledger == whole)
      }
    }
    #expect(count == sound + broken)
    #expect(sound > 0 && broken > 0, "\(sound) sound, \(broken) broken")
  }
}
