import Records
import Reporting
import TestSupport
import Testing
import Vocabulary

/// What may not stand in one table, each with its exact message.
@Suite struct RefusalTests {
  static func message(
    grid: Grid = Fixtures.grid, scale: Scale = .small, paper: PaperTable? = nil,
    _ change: (inout [RunRecord]) -> Void
  ) -> String? {
    var records = Fixtures.records
    change(&records)
    do {
      _ = try TableContents(grid: grid, scale: scale, paper: paper, records: records)
      return nil
    } catch {
      return error.description
    }
  }

  static let first = "table2 (small) row 'full-precision', column 'ppl-w6a6', seed 1"
  static let second = "table2 (small) row 'rtn', column 'ppl-w2a16', seed 1"

  @Test func twoProtocols() {
    #expect(
      Self.message { $0[2].cell.protocolSettings.id = "books-2048" }
        == "one table can't mix two values of 'protocol': \(Self.first) has books-512, "
        + "\(Self.second) has books-2048")
  }

  @Test func twoWindowSettings() {
    #expect(
      Self.message { $0[2].cell.protocolSettings.testWindows = nil }
        == "one table can't mix two values of 'windows': \(Self.first) has 512 tokens × 10, BOS "
        + "none, \(Self.second) has 512 tokens × all, BOS none")
  }

  @Test func twoTokenStreams() {
    let (a, b) = (Fixtures.hex("tokens"), Fixtures.hex("other tokens"))
    #expect(
      Self.message { $0[2].digests = [NamedText("tokens.test", b)] }
        == "one table can't mix two values of 'test token stream': \(Self.first) has \(a), "
        + "\(Self.second) has \(b)")
  }

  @Test func twoModels() {
    let (a, b) = (Fixtures.hex("model"), Fixtures.hex("another"))
    #expect(
      Self.message { $0[2].cell.model.digest = b }
        == "one table can't mix two values of 'model': \(Self.first) has \(a), "
        + "\(Self.second) has \(b)")
    #expect(
      Self.message { $0[2].cell.model.tokenizerDigest = b }?
        .hasPrefix("one table can't mix two values of 'tokenizer': ") == true)
  }

  @Test func aShortenedRun() {
    #expect(
      Self.message { $0[2].scores = [Fixtures.score(Array(Fixtures.shifted(9.5).prefix(9)))] }
        == "one table can't mix two values of 'number of scored windows': \(Self.first) has 10, "
        + "\(Self.second) has 9")
  }

  @Test func aFinishedRecordWithoutTokenDigest() {
    #expect(
      Self.message { $0[2].digests = [] }
        == "record a5acf776fe60 of \(Self.second) is finished but lacks the digest "
        + "'tokens.test'; run the cell again")
  }

  @Test func aRecordThatContradictsItself() {
    #expect(
      Self.message { $0[0].scores[0].value = 27.5 }
        == "record ea389292ae32 of \(Self.first) contradicts itself: value: expected "
        + "27.605085141238803 by its windows, found 27.5; it was edited or damaged, run the cell again"
    )
    #expect(Self.message { $0[0].scores[0].windowNLL[3] = 3.45 } != nil)
    #expect(Self.message { $0[0].scores[0].standardErrorNLL = 0.05 } != nil)
  }

  @Test func anAddressOutsideTheGrid() {
    #expect(
      Self.message { $0[2].cell.address.column = "ppl-w3a16" }
        == "record a5acf776fe60 is for table2 (small) row 'rtn', column 'ppl-w3a16', seed 1, which "
        + "the grid doesn't have; remove the record or render the grid that it was made for")
    // A number of one scale never stands under a header of another.
    #expect(Self.message { $0[2].cell.address.scale = "tiny" }?.contains("(tiny)") == true)
  }

  @Test func twoRecordsForOneAddress() {
    #expect(
      Self.message { $0.append($0[2]) }
        == "\(Self.second) has 2 records (a5acf776fe60, a5acf776fe60); expected one")
  }

  @Test func aScaleOrPaperThatIsNotThere() {
    #expect(
      Self.message(scale: .tiny) { _ in }
        == "table2 has no scale 'tiny'; see \"scales\" in tables/table2/grid.json")
    var paper = Fixtures.paper
    paper.table = "table3"
    #expect(
      Self.message(paper: paper) { _ in } == "the paper's numbers are for 'table3', expected "
        + "'table2'")
    paper = Fixtures.paper
    paper.cells[2].row = "smothquant"
    #expect(
      Self.message(paper: paper) { _ in }
        == "the paper's numbers name the row 'smothquant', which the grid doesn't have; did you "
        + "mean 'smoothquant'?")
  }

  @Test func scoresThatContradictTheirWindows() {
    let start = "record ea389292ae32 of \(Self.first) contradicts itself: "
    let end = "; it was edited or damaged, run the cell again"
    #expect(
      Self.message { $0[0].scores[0].value = nil }
        == start + "value: expected 27.605085141238803 by its windows, found none" + end)
    #expect(
      Self.message { $0[0].scores[0].scoredTokens = 5 }
        == start + "scoredTokens: expected 5110 by its windows, found 5" + end)
    #expect(
      Self.message { records in
        for index in records.indices where !records[index].trajectory.isEmpty {
          records[index].trajectory[2].testWindowNLL[0] = 1
        }
      }?.contains(
        " contradicts itself: windowNLL: expected those of step 100 by its windows, found others; ")
        == true)
  }

  @Test func aRecordInAnothersPlace() {
    #expect(
      Self.message { $0[2].cell.method.name = "zeroqat" }
        == "record \(Fixtures.records[2].cell.id.prefix(12)) of \(Self.second) is of "
        + "zeroqat at W2A16, the grid has rtn at W2A16 there; it was edited or moved, run the "
        + "cell again")
    #expect(
      Self.message { $0[2].cell.bits = "W4A4" }?
        .contains("is of rtn at W4A4, the grid has rtn at W2A16 there") == true)
  }
}
