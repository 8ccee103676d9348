import Harness
import JSONText
import Records
import System
import TestSupport
import Testing
import Vocabulary

@Suite("Records as they are committed")
struct CommittedRecordsTests {
  private let folder = try? TemporaryFolder()

  private func root() throws -> String { try #require(folder).path("") + "checkout" }

  private func record(
    row: String = "rtn", column: String = "ppl-w4a4", seed: UInt64 = 1, task: String? = nil,
    protocolID: String = "verse-8"
  ) throws -> RunRecord {
    let source = TextSource(
      parts: [TextPart(path: "/home/someone/verse.txt", digest: "d1", from: 0, to: 9)],
      join: .plain)
    var cell = Cell(
      id: "",
      address: CellAddress(
        table: "sample", scale: "tiny", row: row, column: column, seed: seed, task: task),
      model: ModelReference(
        name: "toy", path: "/home/someone/toy", digest: "d2", tokenizerDigest: "d3"),
      method: MethodReference(name: row, options: .object([])), bits: "W4A4",
      protocolSettings: EvaluationProtocol(
        id: protocolID, train: source, development: source, test: source, windowTokens: 8,
        testWindows: nil, developmentWindows: nil, bos: .none),
      seed: seed, blasCore: "Haswell", science: ScienceDigests(shared: "s", method: "m"))
    cell.id = try cell.computedID
    return RunRecord(cell: cell, status: .failed, reason: "of no interest")
  }

  private func committed() throws -> CommittedRecords {
    CommittedRecords(root: try root(), table: "sample", scale: .tiny)
  }

  @Test("A file is named by its place, and two cells of one protocol share it")
  func names() throws {
    let records = try [record(), record(seed: 2), record(row: "zo", task: "sst2")]
    try committed().replace(by: records)
    #expect(
      try listFolder(committed().folder) == [
        "rtn.ppl-w4a4.seed1.json", "rtn.ppl-w4a4.seed2.json", "zo.ppl-w4a4.seed1.sst2.json",
      ])
    let protocols = try listFolder(root() + "/tables/protocols")
    #expect(protocols.count == 1)
    let text = String(
      decoding: try readFile(committed().folder + "/rtn.ppl-w4a4.seed1.json"), as: UTF8.self)
    #expect(text.contains("\"protocol\": \"\(try #require(protocols.first).dropLast(5))\","))
    #expect(!text.contains("/home"))
    // All but the folders comes back.
    #expect(try committed().read() == records.map(\.withoutFolders))
    #expect(try committed().addresses() == Set(records.map(\.cell.address)))
  }

  @Test("What no record refers to any more goes")
  func unusedProtocols() throws {
    try committed().replace(by: [record(), record(seed: 2, protocolID: "verse-16")])
    #expect(try listFolder(root() + "/tables/protocols").count == 2)
    try committed().replace(by: [record(seed: 2, protocolID: "verse-16")])
    #expect(
      try listFolder(root() + "/tables/protocols").map { String($0.prefix(9)) } == ["verse-16."])
    #expect(try listFolder(committed().folder) == ["rtn.ppl-w4a4.seed2.json"])
  }

  @Test("Of two places that one cell serves, the last has the record")
  func sharedCells() throws {
    var other = try record()
    other.cell.address.column = "acc-w4a4"
    try committed().replace(by: [record(), other])
    #expect(try listFolder(committed().folder) == ["rtn.acc-w4a4.seed1.json"])
  }

  @Test("A protocol that was edited is refused by its name, as is one that is gone")
  func editedProtocol() throws {
    try committed().replace(by: [record()])
    let folder = try root() + "/tables/protocols"
    let path = "\(folder)/\(try #require(listFolder(folder).first))"
    let text = String(decoding: try readFile(path), as: UTF8.self)
    let edited = text.replacing("\"windowTokens\": 8", with: "\"windowTokens\": 9")
    try writeDurably(Array(edited.utf8), to: path)
    let error = #expect(throws: HarnessError.self) { try committed().read() }
    let words = "\(try #require(error))"
    #expect(words.hasPrefix("\(path): expected the protocol verse-8."), "\(words)")
    #expect(words.contains("; it was edited or renamed; restore the committed record"), "\(words)")
    try removeTree(path)
    let gone = #expect(throws: HarnessError.self) { try committed().read() }
    #expect(
      "\(try #require(gone))".hasPrefix(
        "\(path): expected the protocol that a record refers to, found no file"))
  }

  @Test("A record of schema 1 is refused with the way to rewrite it")
  func olderSchema() throws {
    try committed().replace(by: [record()])
    let path = try committed().folder + "/rtn.ppl-w4a4.seed1.json"
    let text = String(decoding: try readFile(path), as: UTF8.self)
    try writeDurably(
      Array(text.replacing("{\n  \"schema\": 2,", with: "{\n  \"schema\": 1,").utf8), to: path)
    let error = #expect(throws: HarnessError.self) { try committed().read() }
    #expect(
      "\(try #require(error))".contains(
        "schema 1 isn't supported; this build reads schema 2; "
          + "'zeroqat migrate' rewrites committed records of older schemas"))
  }
}
