import JSONText
import System
import TestSupport
import Testing

/// `zeroqat inspect record`, `log` and `grid` over what is committed, and over a run's own journal.
@Suite struct InspectMadeTests {
  private static let root = parent(of: parent(of: parent(of: #filePath)))
  private static let cell = "zeroqat.ppl-w2a16.seed1"
  private static let record = "\(root)/tables/table2/records/tiny/\(cell).json"
  private static let log = "\(root)/tables/table2/replay/tiny/\(cell).replay"

  private func inspect(_ arguments: String...) throws -> (status: Int32, output: String) {
    var output: [UInt8] = []
    let child = ChildProcess(
      executable: try BuiltProgram.path, arguments: ["inspect"] + arguments,
      environment: ["PATH": "/usr/bin:/bin", "HOME": "/nowhere"])
    let ending = try child.run(interruption: { (0, 0) }) { output += $0 }
    guard case .status(let status) = ending.exit else { return (-1, "") }
    return (status, String(decoding: output, as: UTF8.self))
  }

  private func object(_ arguments: String...) throws -> JSON {
    var output: [UInt8] = []
    let child = ChildProcess(
      executable: try BuiltProgram.path, arguments: ["inspect"] + arguments + ["--format", "json"],
      environment: ["PATH": "/usr/bin:/bin", "HOME": "/nowhere"])
    #expect(try child.run(interruption: { (0, 0) }) { output += $0 }.exit == .status(0))
    return try JSONDocument(text: output, file: "out").root
  }

  @Test func aCommittedRecord() throws {
    let found = try inspect("record", Self.record)
    #expect(found.status == 0)
    for text in [
      "place", "table2 at scale tiny: row zeroqat, column ppl-w2a16, seed 1", "finished",
      "\n  learningRate ", "\n  steps ", "W2A16: 2 a weight, and a scale a row", "test perplexity",
      " ± ", "over 177 windows", "1\u{202F}000 updates", "clipped", "chosen", "MiB at the peak",
      "kernels ",
    ] { #expect(found.output.contains(text), "\(text): \(found.output)") }
    let root = try object("record", Self.record)
    #expect(root["effectiveBitsPerWeight"] == .null && root["bits"] == .string("W2A16"))
    #expect(root["method"]?["options"]?["steps"] == .integer(1000))
    let grouped = try object(
      "record",
      Self.record.replacing(Self.cell, with: "zeroqat.acc-w2a16g128.seed1.sst2"))
    #expect(grouped["effectiveBitsPerWeight"] == .number(2.375, text: "2.375"))
  }

  @Test func aCommittedLog() throws {
    let found = try inspect("log", Self.log)
    #expect(found.status == 0)
    #expect(
      found.output.contains("\nsteps                1\u{202F}000, of 1 direction\n"),
      "\(found.output)")
    let (log, record) = (try object("log", Self.log), try object("record", Self.record))
    let training = try #require(record["zerothOrder"])
    // Log and record were written by different parts of the program.
    #expect(number(log["clippedShare"]) == number(training["clippedShare"]))
    let means = (number(log["meanAbsoluteDifference"]), number(training["meanAbsoluteDifference"]))
    #expect(abs((means.0 ?? 0) / (means.1 ?? 1) - 1) < 1e-12)
  }

  private func number(_ value: JSON?) -> Double? {
    switch value {
    case .integer(let whole)?: Double(whole)
    case .number(let double, text: _)?: double
    default: nil
    }
  }

  @Test func aGrid() throws {
    let found = try inspect(
      "grid", "\(Self.root)/tables/table2/grid.json", "--scale", "tiny", "--filter", "row=rtn ")
    #expect(found.status == 0)
    #expect(found.output.hasPrefix("table2 at scale tiny, budget quick: "), "\(found.output)")
    #expect(found.output.contains("\n  method"))
    let root = try object(
      "grid", "\(Self.root)/tables/table2", "--scale", "tiny", "--budget", "full")
    guard case .array(let cells)? = root["cells"] else {
      Issue.record("no cells")
      return
    }
    #expect(cells.count > 50)
    #expect(cells.allSatisfy { $0["options"] != nil && $0["place"]?["row"] != nil })
    #expect(cells.contains { $0["minutes"] != .null })
  }

  @Test func whatIsNone() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("nothing of the kind", to: "x.log")
    let log = try inspect("log", path)
    #expect(log.status == 2)
    #expect(
      log.output
        == "\(path): error: expected a replay file, which begins with 'zeroqat replay 1', or the replay.log of a run\n"
    )
    #expect(try inspect("log", path + "y").output.contains("No such file"))
    let record = try inspect("record", folder.path)
    #expect(
      record.status == 2 && record.output.contains("is a folder; name one record's file in it"))
    #expect(try inspect("record", path).status == 2)
    #expect(try inspect("grid", "\(Self.root)/tables/table99").status == 2)
  }
}
