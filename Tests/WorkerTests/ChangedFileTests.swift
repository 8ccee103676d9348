import Digests
import Glibc
import JSONText
import Records
import System
import TestSupport
import Testing
import Vocabulary
import Worker

/// A cell measures the bytes that its digests stand for, or fails by the name of the file that has others.
@Suite("Files that aren't a cell's", .serialized)
struct ChangedFileTests {
  private let fixture: CellFixture
  private var folder: TemporaryFolder { fixture.folder }

  init() throws { fixture = try CellFixture() }

  private func path(_ name: String) -> String { folder.path(name) }

  /// Runs the cell as it is in `cell.json`.
  private func run(planned: [DigestedFile]? = nil) throws -> RunRecord {
    let list = try planned.map {
      try folder.write(jsonText(of: $0, style: .pretty), to: "files.json")
    }
    try runCell(
      specification: path("cell.json"), output: path("record.json"), threads: 1,
      workFolder: path("work"), plannedFiles: list)
    return try JSONDocument(contentsOf: path("record.json")).decode(RunRecord.self)
  }

  private func planned(_ names: String...) throws -> [DigestedFile] {
    try names.map { try DigestedFile(reading: path($0)) }
  }

  /// Changes the last byte, and leaves size and time of modification as they were.
  private func edit(_ name: String) throws {
    var (status, times) = (stat(), [timespec(), timespec()])
    #expect(stat(path(name), &status) == 0)
    times = [status.st_atim, status.st_mtim]
    var bytes = try TemporaryFolder.bytes(of: path(name))
    bytes[bytes.count - 1] ^= 1
    try folder.write(bytes, to: name)
    #expect(utimensat(AT_FDCWD, path(name), times, 0) == 0)
  }

  private func task() throws -> String {
    let rows = (0..<7).map {
      #"{"goal": "one tree", "sol1": "of water", "sol2": "one", "label": \#($0 % 2)}"# + "\n"
    }
    try folder.write(rows.joined(), to: "piqa.jsonl")
    return """
      { "name": "suite-piqa", "format": "piqa", "use": "zero-shot", "train": [], "test": [
          { "path": "\(path("piqa.jsonl"))", "digest": "\(fixture.digest(of: path("piqa.jsonl")))",
            "from": 0, "to": null }],
        "examples": {}, "sampleSeed": 0 }
      """
  }

  @Test("A cell that was written by hand may name no bytes: zeros")
  func unnamed() throws {
    let text = fixture.cell(.init("full-precision", bits: "FP"))
    let digest = /"[0-9a-f]{64}"/
    let zeros = "\"" + String(repeating: "0", count: 64) + "\""
    try folder.write(
      text.split(separator: digest, omittingEmptySubsequences: false).joined(separator: zeros),
      to: "cell.json")
    #expect(try run().status == .finished)
  }

  @Test("A model that is digested meanwhile is held to the facts of its files, and to their names")
  func pending() throws {
    let text = fixture.cell(.init("full-precision", bits: "FP"))
    let digest = fixture.modelDigest(ModelReference.holdsWeights)
    try folder.write(
      text.split(separator: digest, omittingEmptySubsequences: false)
        .joined(separator: ModelReference.unnamedDigest), to: "cell.json")
    let others = try planned("model/vocab.json", "model/merges.txt", "text.txt")
    let weights = try planned("model/model.safetensors", "model/config.json").map { file in
      DigestedFile(path: file.path, digest: ModelReference.unnamedDigest, facts: file.facts)
    }
    #expect(try run(planned: others + weights).status == .finished)
    // The same bytes in a file that was written since: nobody knows which of both were digested.
    try folder.write(
      TemporaryFolder.bytes(of: path("model/model.safetensors")), to: "model/model.safetensors")
    #expect(
      try run(planned: others + weights).reason?
        .hasPrefix("'\(path("model/model.safetensors"))' was written") == true)
    let again = try planned("model/model.safetensors", "model/config.json").map { file in
      DigestedFile(path: file.path, digest: ModelReference.unnamedDigest, facts: file.facts)
    }
    try folder.write("{}", to: "model/model.safetensors.index.json")
    #expect(
      try run(planned: others + again).reason
        == "'\(path("model/model.safetensors.index.json"))' wasn't there when the cell was planned; "
        + "remove it or run the table again")
    unlink(path("model/model.safetensors.index.json"))
    #expect(try run(planned: others + again).status == .finished)
  }

  @Test(
    "Weights, configuration, tokenizer, text and task file: each by name, before it is read",
    arguments: [
      "model/model.safetensors", "model/config.json", "model/vocab.json", "model/merges.txt",
      "text.txt", "piqa.jsonl",
    ])
  func otherBytes(name: String) throws {
    var settings = CellFixture.Settings("rtn")
    settings.tasks = "[\(try task())]"
    try folder.write(fixture.cell(settings), to: "cell.json")
    let files = try planned(
      "model/model.safetensors", "model/config.json", "model/vocab.json", "model/merges.txt",
      "text.txt", "piqa.jsonl")
    #expect(try run(planned: files).status == .finished)
    let expected = fixture.digest(of: path(name))
    try edit(name)
    let record = try run(planned: files)
    #expect(record.status == .failed && record.scores.isEmpty)
    #expect(
      record.reason
        == "'\(path(name))' hasn't the bytes that the cell stands for: expected SHA-256 "
        + "\(expected), found \(fixture.digest(of: path(name))); it changed after the cell was "
        + "planned, so run the table again")
    // Without a plan to tell the files of a folder apart, the folder is named.
    let alone = try run()
    #expect(alone.status == .failed)
    let named = name.hasPrefix("model/") ? path("model") : path(name)
    #expect(alone.reason?.hasPrefix("'\(named)' hasn't the bytes that the cell stands for") == true)
  }

  @Test("A file that came or went since the plan, and a manifest that changed, are named")
  func otherFiles() throws {
    try folder.write(fixture.cell(CellFixture.Settings("rtn")), to: "cell.json")
    try folder.write("{}", to: "manifest.json")
    let names = [
      "model/model.safetensors", "model/config.json", "model/vocab.json", "model/merges.txt",
      "text.txt", "manifest.json",
    ]
    let files = try names.map { try DigestedFile(reading: path($0)) }
    #expect(try run(planned: files).status == .finished)
    try folder.write("{}", to: "model/added_tokens.json")
    #expect(
      try run(planned: files).reason
        == "'\(path("model/added_tokens.json"))' wasn't there when the "
        + "cell was planned; remove it or run the table again")
    unlink(path("model/added_tokens.json"))
    try folder.write("{ }", to: "manifest.json")
    #expect(
      try run(planned: files).reason?.hasPrefix(
        "'\(path("manifest.json"))' hasn't the bytes that the cell stands for") == true)
    // Touched, with the same bytes, it is the planned one.
    try folder.write("{}", to: "manifest.json")
    #expect(try run(planned: files).status == .finished)
    unlink(path("manifest.json"))
    #expect(
      try run(planned: files).reason == "'\(path("manifest.json"))' is gone since the cell was "
        + "planned; bring it back or run the table again")
    try folder.write("{}", to: "manifest.json")
    unlink(path("model/merges.txt"))
    #expect(
      try run(planned: files).reason == "'\(path("model/merges.txt"))' is gone since the cell was "
        + "planned; bring it back or run the table again")
  }

  @Test("A plan's facts only spare the digesting: false ones are seen through")
  func facts() throws {
    try folder.write(fixture.cell(CellFixture.Settings("rtn")), to: "cell.json")
    var files = try planned(
      "model/model.safetensors", "model/config.json", "model/vocab.json", "model/merges.txt",
      "text.txt")
    // Facts of other bytes: digested again, and right.
    files[0].facts.inode += 1
    #expect(try run(planned: files).status == .finished)
    // Today's facts under another digest: taken at their word, which isn't the cell's.
    files[0].facts.inode -= 1
    files[0].digest = String(repeating: "0", count: 64)
    let record = try run(planned: files)
    #expect(record.status == .failed)
    let found = ModelReference.digest(of: [
      ("config.json", files[1].digest), ("model.safetensors", files[0].digest),
    ])
    #expect(record.reason?.contains("found \(found)") == true, "\(record.reason ?? "")")
  }
}
