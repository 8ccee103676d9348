import Harness
import JSONText
import Records
import System
import TestSupport
import Testing

/// `zeroqat certify` as a user has it: over records that an older program made.
@Suite struct CertifyTests {
  /// A sample whose table was run and published, with records of a science that isn't today's.
  private static func aged() throws -> BuiltProgram {
    let program = try BuiltProgram()
    _ = try program(program.run)
    #expect(
      try program(["publish", "sample", "--blas-core", "haswell"] + program.place).status == 0)
    let committed = CommittedRecords(root: program.sample.root, table: "sample", scale: .tiny)
    try committed.replace(
      by: committed.read().map { record in
        var record = record
        record.cell.science = ScienceDigests(
          shared: String(repeating: "a", count: 64), method: String(repeating: "b", count: 64))
        record.cell.id = try record.cell.computedID
        return record
      })
    return program
  }

  private func certify(_ program: BuiltProgram, _ options: [String] = []) throws -> (
    status: Int32, output: String
  ) {
    let own = options.contains("--check") ? [] : ["--worker", program.sample.worker]
    return try program(["certify", "--blas-core", "haswell"] + options + own + program.place)
  }

  private func forgetResults(_ program: BuiltProgram) throws {
    try removeTree(program.sample.results)
    try removeTree(program.sample.folder.path("runs"))
  }

  @Test func recordsOfThisProgramNeedNoCertificate() throws {
    let program = try BuiltProgram()
    _ = try program(program.run)
    _ = try program(["publish", "sample", "--blas-core", "haswell"] + program.place)
    let result = try certify(program, ["--check"])
    #expect(result.status == 0)
    #expect(
      result.output == "5 committed records: 5 of today's program, 0 certified for it, 0 stale\n")
  }

  @Test func staleRecordsAreNamed() throws {
    let result = try certify(try Self.aged(), ["--check"])
    #expect(result.status == 1)
    #expect(
      result.output.hasPrefix(
        "stale: method 'full-precision' on llama (text), science aaaaaaaa+bbbbbbbb: "
          + "sample/tiny/fp.ppl-w8a8.seed1\n"))
    #expect(
      result.output.hasSuffix(
        "5 committed records: 0 of today's program, 0 certified for it, 5 stale\n"))
  }

  @Test func freshResultsCountAsRuns() throws {
    let program = try Self.aged()
    let runs = program.sample.runs().count
    let result = try certify(program, ["sample"])
    #expect(result.status == 0, "\(result.output)")
    #expect(program.sample.runs().count == runs)
    #expect(try certify(program, ["--check"]).status == 0)
    let page = try program(
      ["render", "sample", "--committed", "--blas-core", "haswell"] + program.place)
    #expect(page.output.contains("certified for `"))
    #expect(
      page.output.contains(
        "by [5 cells](../certificates.json), such as `sample/tiny/fp.ppl-w8a8.seed1`, "),
      "\(page.output)")
  }

  @Test func oneCellOfEachMethodRunsAgain() throws {
    let program = try Self.aged()
    try forgetResults(program)
    let result = try certify(program)
    #expect(result.status == 0, "\(result.output)")
    #expect(program.sample.runs().count == 3)
    #expect(
      result.output.hasSuffix(
        "5 committed records: 0 of today's program, 5 certified for it, 0 stale\n"))
    // What was run is kept as a result of today.
    #expect(try program.records().count == 3)
  }

  @Test func lastDigitsOfALossFailByTheMethodsName() throws {
    let program = try Self.aged()
    try forgetResults(program)
    // exp of the loss of each window: a few units in its last places.
    try program.sample.folder.write("29.96410004739705", to: "value")
    let result = try certify(program)
    #expect(result.status == 1)
    for method in ["full-precision", "rtn", "smoothquant"] {
      #expect(result.output.contains("method '\(method)' on llama (text) changed: sample/tiny/"))
    }
    #expect(result.output.contains(": test window 0: "))
    #expect(try certify(program, ["--check"]).status == 1)
  }

  @Test func aCellThatFailsIsNoProof() throws {
    let program = try Self.aged()
    try forgetResults(program)
    try program.sample.folder.write(#""behave": "refuse""#, to: "behave")
    #expect(try certify(program).status == 3)
  }

  @Test func withoutFilesThereIsNothingToCertifyWith() throws {
    let program = try Self.aged()
    try forgetResults(program)
    try removeTree(program.sample.folder.path("cache/zeroqat/models/toy/toy.gguf"))
    let result = try certify(program)
    #expect(result.status == 4)
    #expect(
      result.output.contains("not run: sample/tiny/fp.ppl-w8a8.seed1: '")
        && result.output.contains("/cache/zeroqat/models/toy/toy.gguf' isn't there\n"))
    #expect(program.sample.runs().isEmpty)
  }

  @Test func aCellThatIsAnotherOneTodayProvesNothingAndSaysWhy() throws {
    let program = try Self.aged()
    try forgetResults(program)
    let committed = CommittedRecords(root: program.sample.root, table: "sample", scale: .tiny)
    try committed.replace(
      by: committed.read().map { record in
        var record = record
        record.cell.blasCore = "SkylakeX"
        record.cell.id = try record.cell.computedID
        return record
      })
    let result = try certify(program)
    #expect(result.status == 4)
    #expect(
      result.output.contains(
        "not run: sample/tiny/fp.ppl-w8a8.seed1: the grid's cell differs in /blasCore\n"))
    #expect(program.sample.runs().isEmpty)
  }

  @Test func aSampleComparesAndWritesNothing() throws {
    let program = try Self.aged()
    try forgetResults(program)
    let result = try certify(program, ["--sample", "2"])
    #expect(result.status == 0, "\(result.output)")
    #expect(program.sample.runs().count == 2)
    #expect(result.output.contains("sample/tiny/fp.ppl-w8a8.seed1 equal to the last bit\n"))
    #expect(FileStatus(of: program.sample.root + "/tables/certificates.json") == nil)
    try forgetResults(program)
    try program.sample.folder.write("29.97", to: "value")
    #expect(try certify(program, ["--sample", "2"]).status == 1)
  }

  /// What came out the same stays, with the day and the program that measured it.
  @Test func onlyNumbersThatDifferArePublished() throws {
    let program = try Self.aged()
    let committed = CommittedRecords(root: program.sample.root, table: "sample", scale: .tiny)
    var records = try committed.read()
    let place = records[0].cell.address
    records[0].scores[0].value = records[0].scores[0].value?.nextUp
    try committed.replace(by: records)
    let result = try program(
      ["publish", "sample", "--differing", "--blas-core", "haswell"] + program.place)
    #expect(result.status == 0)
    #expect(
      result.output.contains(
        "sample at scale tiny: 1 of 5 fresh records differ from the committed ones or are new\n"))
    for record in try committed.read() {
      let isOfToday = record.cell.science.shared != String(repeating: "a", count: 64)
      #expect(isOfToday == (record.cell.address == place))
    }
  }

  @Test func anotherProgramsResultsAreEvidence() throws {
    let program = try Self.aged()
    let elsewhere = program.sample.folder.path("elsewhere")
    try moveFile(program.sample.results, to: elsewhere)
    try removeTree(program.sample.folder.path("runs"))
    let result = try certify(program, ["--evidence", elsewhere])
    #expect(result.status == 0, "\(result.output)")
    #expect(program.sample.runs().isEmpty)
  }

  @Test func versionSaysWhatANumberDependsOn() throws {
    let program = try BuiltProgram()
    let result = try program(["--version"])
    #expect(result.status == 0)
    let lines = result.output.split(separator: "\n")
    #expect(lines.first?.hasPrefix("zeroqat ") == true)
    #expect(lines.contains { $0.hasPrefix("BLAS: OpenBLAS ") })
    #expect(lines.contains { $0.hasPrefix("kernels of our own: ") })
    let shared = try #require(lines.first { $0.hasPrefix("science that all methods share: ") })
    #expect(shared.suffix(64).allSatisfy { $0.isHexDigit })
    #expect(lines.contains { $0.hasPrefix("  zeroqat-light ") })
  }
}
