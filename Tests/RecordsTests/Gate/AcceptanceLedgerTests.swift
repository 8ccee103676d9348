import JSONText
import Records
import TestSupport
import Testing

/// Ledgers of accepted baselines: what is read, what was edited, and every refusal literally.
@Suite struct AcceptanceLedgerTests {
  static func cell(_ file: String = "b.json", after: Double = 50.25) -> Acceptance.Cell {
    Acceptance.Cell(
      gate: "a", file: file, id: "1", digest: "2", first: "3",
      figures: [
        Acceptance.Figure(name: "perplexity", first: nil, before: nil, after: after, units: 177)
      ])
  }

  /// Three entries, the last of which takes a baseline out.
  static func sample() throws -> AcceptanceLedger {
    var ledger = AcceptanceLedger()
    ledger.accepted = [
      Acceptance(at: "t1", reason: "the start", commit: "c", cells: [cell(), cell("c.json")]),
      Acceptance(
        at: "t2", reason: "smaller", commit: nil, cells: [cell(after: 50.5)], fewerWindows: true),
      Acceptance(
        at: "t3", reason: "gone", commit: nil, cells: [],
        retired: [Acceptance.Place(gate: "a", file: "c.json")]),
    ]
    try ledger.seal()
    return ledger
  }

  private static func read(_ text: String) throws -> (AcceptanceLedger, JSONDocument) {
    let document = try JSONDocument(text: Array(text.utf8), file: "accepted.json")
    return (try AcceptanceLedger(document: document), document)
  }

  /// Place and reason of what is refused.
  private static func refusal(_ accepted: String, schema: Int = 1) -> String? {
    do {
      _ = try read(#"{ "schema": \#(schema), "accepted": [\#(accepted)] }"#)
      return nil
    } catch let error as JSONError { return "\(error.pointer): \(error.reason)" } catch {
      return "\(error)"
    }
  }

  private static let member =
    #"{ "gate": "a", "file": "b.json", "id": "1", "digest": "2", "first": "3", "figures": [] }"#

  @Test func anAcceptanceHasAReasonAndCells() {
    let cell = Self.member
    #expect(Self.refusal("") == nil)
    #expect(Self.refusal(#"{ "at": "t", "reason": "faster", "cells": [\#(cell)] }"#) == nil)
    #expect(
      Self.refusal(#"{ "at": "t", "reason": " ", "cells": [\#(cell)] }"#)
        == "/accepted/0/reason: expected why the baseline was accepted, found nothing")
    #expect(
      Self.refusal(#"{ "at": "t", "reason": "faster", "cells": [] }"#)
        == "/accepted/0/cells: expected at least one cell whose baseline was accepted")
    #expect(
      Self.refusal(#"{ "at": "t", "reason": "faster", "cells": [\#(cell)], "by": "me" }"#)
        == "/accepted/0/by: unknown member 'by'; known: 'at', 'reason', 'commit', 'cells', 'fewerWindows', "
        + "'newFirst', 'retired', 'digest'")
    #expect(
      Self.refusal("", schema: 3)
        == "/schema: schema 3 isn't supported; this build reads schemas 1 and 2")
  }

  @Test func namesStayInTheirFolders() {
    func named(_ gate: String, _ file: String) -> String? {
      let cell = Self.member.replacing("\"a\"", with: "\"\(gate)\"")
        .replacing("b.json", with: file)
      return Self.refusal(#"{ "at": "t", "reason": "faster", "cells": [\#(cell)] }"#)
    }
    #expect(
      named("..", "b.json")
        == "/accepted/0/cells/0/gate: expected a name without folders, found '..'")
    #expect(
      named("a", "../b.json")
        == "/accepted/0/cells/0/file: expected a name without folders, found '../b.json'")
    #expect(
      Self.refusal(
        #"{ "at": "t", "reason": "faster", "cells": [\#(Self.member), \#(Self.member)] }"#)
        == "/accepted/0/cells/1: 'a/b.json' is named twice in one entry")
    #expect(
      Self.refusal(
        #"{ "at": "t", "reason": "r", "cells": [], "retired": [{ "gate": "a/b", "file": "c" }] }"#)
        == "/accepted/0/retired/0/gate: expected a name without folders, found 'a/b'")
  }

  @Test func entriesOfEachLayoutHaveADigestOrNone() {
    let entry = #"{ "at": "t", "reason": "faster", "cells": [\#(Self.member)] }"#
    #expect(
      Self.refusal(entry, schema: 2)
        == "/accepted/0: expected the entry's 'digest', found none; restore the file as it was committed"
    )
    let sealed = entry.replacing("\"at\"", with: "\"digest\": \"d\", \"at\"")
    #expect(
      Self.refusal(sealed)
        == "/accepted/0/digest: entries of schema 1 have no digest; restore the file as it was committed"
    )
  }

  @Test("A word, a figure or an entry that was edited or taken out is found, with its place")
  func seals() throws {
    let text = try jsonText(of: Self.sample(), style: .pretty)
    let (ledger, document) = try Self.read(text)
    #expect(try ledger == Self.sample())
    #expect(try ledger.brokenSeal(in: document) == nil)
    // Layout isn't part of it.
    let (compact, other) = try Self.read(jsonText(of: Self.sample(), style: .compact))
    #expect(try compact.brokenSeal(in: other) == nil)
    for (old, new, entry) in [
      ("the start", "the begin", 0), ("50.25", "50.26", 0), ("smaller", "faster", 1),
      ("50.5", "50.4", 1), ("\"fewerWindows\": true", "\"fewerWindows\": false", 1),
      ("\"t3\"", "\"t4\"", 2), ("\"c\"", "\"d\"", 0), ("177", "178", 0),
    ] {
      let (edited, document) = try Self.read(text.replacing(old, with: new, maxReplacements: 1))
      let error = try #require(try edited.brokenSeal(in: document), "\(old)")
      #expect(error.pointer == "/accepted/\(entry)/digest", "\(old)")
    }
    var (shorter, _) = (ledger, document)
    shorter.accepted.remove(at: 1)
    let (cut, place) = try Self.read(jsonText(of: shorter, style: .pretty))
    let error = try #require(try cut.brokenSeal(in: place))
    let found = try #require(ledger.accepted[2].digest).prefix(12)
    let words = error.reason.split(separator: " ")
    #expect(
      error.reason
        == "expected \(words[1]) by the words and figures of the entry of t3 and the entries before it, found \(found)…; "
        + "one of them was edited or taken out, so restore the file as it was committed")
    #expect(error.line > 1)
  }

  @Test func entriesOfTheFirstLayoutGetTheirDigests() throws {
    let entry = #"{ "at": "t", "reason": "faster", "cells": [\#(Self.member)] }"#
    var (ledger, document) = try Self.read(#"{ "schema": 1, "accepted": [\#(entry)] }"#)
    #expect(!ledger.isSealed)
    #expect(try ledger.brokenSeal(in: document) == nil)
    try ledger.seal()
    #expect(ledger.isSealed && ledger.accepted[0].digest?.count == 64)
  }
}
