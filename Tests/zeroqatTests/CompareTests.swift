import Harness
import JSONText
import Records
import System
import TestSupport
import Testing

/// `compare` and `records` as a user has them: files, folders and commits.
@Suite struct CompareTests {
  private static let root = CommittedPagesTests.root
  private static let tiny = root + "/tables/table2/records/tiny"

  private func run(_ arguments: String...) throws -> (status: Int32, output: String) {
    try BuiltProgram()(arguments + ["--root", Self.root])
  }

  @Test func twoRecords() throws {
    let record = Self.tiny + "/rtn.ppl-w4a4.seed1.json"
    let same = try run("compare", record, record)
    #expect(same.status == 0, "\(same.output)")
    #expect(same.output.contains("1 cell is equal to the last bit, 0 differ."))
    let seeds = try run(
      "compare", Self.tiny + "/zeroqat.ppl-w4a4.seed1.json",
      Self.tiny + "/zeroqat.ppl-w4a4.seed2.json")
    #expect(seeds.status == 1)
    for line in [
      "| /seed | 1 | 2 |", "| mean loss of the probes | update 0 |", "| development loss | step ",
    ] {
      #expect(seeds.output.contains(line), "\(line)")
    }
  }

  @Test func twoFolders() throws {
    let copy = try TemporaryFolder()
    for folder in ["records", "protocols"] { try makeFolder(copy.path(folder)) }
    for name in try listFolder(Self.tiny).prefix(5) {
      try copy.write(
        String(decoding: try readFile("\(Self.tiny)/\(name)"), as: UTF8.self), to: "records/\(name)"
      )
    }
    for name in try listFolder(Self.root + "/tables/protocols") {
      try copy.write(
        String(decoding: try readFile("\(Self.root)/tables/protocols/\(name)"), as: UTF8.self),
        to: "protocols/\(name)")
    }
    let result = try run("compare", Self.tiny, copy.path("records"), "--format", "json")
    #expect(result.status == 1, "\(result.output.prefix(300))")
    let root = try JSONDocument(text: Array(result.output.utf8), file: "compare").root
    #expect(root["identical"] == .integer(5) && root["differing"] == .array([]))
    #expect(root["onlyInB"] == .array([]))
    let page = copy.path("pages/compare.html")
    let html = try run(
      "compare", Self.tiny, copy.path("records"), "--format", "html", "--output", page)
    #expect(html.status == 1 && html.output.isEmpty)
    #expect(String(decoding: try readFile(page), as: UTF8.self).hasPrefix("<!DOCTYPE html>"))
    try copy.write("{ \"cell\": {}, \"status\": \"finished\" }", to: "records/broken.json")
    let broken = try run("compare", Self.tiny, copy.path("records"))
    #expect(broken.status == 2 && broken.output.contains("broken.json"), "\(broken.output)")
  }

  @Test func twoCommits() throws {
    let repository = try TemporaryFolder()
    let record = "tables/table2/records/tiny/rtn.ppl-w4a4.seed1.json"
    let reference = try #require(
      try CommittedFile.reference(in: "\(Self.root)/\(record)"))
    let text = String(decoding: try readFile("\(Self.root)/\(record)"), as: UTF8.self)
    for folder in ["tables/table2/records/tiny", "tables/protocols"] {
      try makeFolder(repository.path(folder))
    }
    try repository.write(text, to: record)
    try repository.write(
      String(
        decoding: try readFile("\(Self.root)/tables/protocols/\(reference).json"), as: UTF8.self),
      to: "tables/protocols/\(reference).json")
    func git(_ command: String) throws {
      let child = ChildProcess(
        executable: "/bin/sh",
        arguments: [
          "-c",
          "cd '\(repository.path)' && git -c user.name=a -c user.email=a@example.org -c init.defaultBranch=main "
            + command,
        ], environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": repository.path])
      var output: [UInt8] = []
      let ending = try child.run(interruption: { (0, 0) }) { output += $0 }
      #expect(ending.exit == .status(0), "\(String(decoding: output, as: UTF8.self))")
    }
    try git("init -q")
    try git("add .")
    try git("commit -qm one")
    try repository.write(text.replacing("\"threads\": 2", with: "\"threads\": 3"), to: record)
    try git("commit -qam two")
    func compare(_ a: String, _ b: String) throws -> (status: Int32, output: String) {
      try BuiltProgram()(["compare", a, b, "--root", repository.path])
    }
    let other = try compare("HEAD~1", "HEAD")
    #expect(other.status == 0, "\(other.output)")
    #expect(other.output.contains("| threads | 2 | 3 | 1 |"))
    let same = try compare("HEAD", "HEAD")
    #expect(same.status == 0 && same.output.contains("1 cell is equal to the last bit"))
    let folder = try compare("HEAD", repository.path("tables/table2/records/tiny"))
    #expect(folder.status == 0, "\(folder.output)")
    let none = try compare("HEAD~9", "HEAD")
    #expect(none.status == 2)
    #expect(
      none.output
        == "error: 'HEAD~9' is neither a file, nor a folder, nor a commit of this checkout\n")
  }

  @Test func recordsInEveryForm() throws {
    let folder = try TemporaryFolder()
    let csv = try run("records", Self.tiny, "--to", "csv")
    #expect(csv.status == 0 && csv.output.hasPrefix("table,scale,row,column,"))
    let lines = try run("records", Self.tiny, "--to", "jsonl")
    #expect(
      lines.output.split(separator: "\n").count
        == (try listFolder(Self.tiny).filter { $0.hasSuffix(".json") }.count))
    let one = try run(
      "records", Self.tiny + "/rtn.ppl-w4a4.seed1.json", "--to", "every-eval-ever",
      "--organization", "somebody")
    #expect(one.status == 0 && one.output.contains("\"source_organization_name\": \"somebody\""))
    let many = try run("records", Self.tiny, "--to", "lm-eval")
    #expect(many.status == 2 && many.output.contains("name their folder with --output"))
    let written = try run(
      "records", Self.tiny, "--to", "lm-eval", "--output", folder.path("out"))
    #expect(written.status == 0, "\(written.output)")
    let file = folder.path("out/table2.tiny.smoothquant.acc-w4a4.seed1.sst2.json")
    let beside = try run("render", "table2", "--scale", "tiny", "--committed", "--external", file)
    #expect(beside.status == 0, "\(beside.output.suffix(300))")
    #expect(beside.output.contains("## Beside these: tiny-llama-outliers-W4A4-mezo-ptq\n"))
    let text = folder.path("out/table2.tiny.rtn.ppl-w4a4.seed1.json")
    let unfit = try run("render", "table2", "--scale", "tiny", "--committed", "--external", text)
    #expect(unfit.status == 2)
    #expect(
      unfit.output.contains(
        "error: expected acc, acc_norm, f1 or exact_match of a task, found none"))
    let empty = try run("records", folder.path("nothing"), "--to", "csv")
    #expect(empty.status == 2)
    try makeFolder(folder.path("empty"))
    #expect(try run("records", folder.path("empty"), "--to", "csv").status == 4)
  }
}
