import Harness
import JSONText
import Records
import System
import TestSupport
import Testing

/// `zeroqat export` as a user has it: over records of a checkout, committed or just made.
@Suite("A record's model is taken away", .serialized)
struct ExportTests {
  private let checkout: RealCheckout

  init() throws {
    checkout = try RealCheckout()
    #expect(try checkout("run", "mini").status == 0)
  }

  private func export(_ record: String, _ options: String...) throws -> (
    status: Int32, output: String
  ) {
    try checkout("export", [record] + options)
  }

  private var out: String { checkout.root + "/out" }

  /// The id of the record of a row's perplexity.
  private func id(_ row: String) throws -> String {
    try checkout.record(at: checkout.path(row: row, column: "ppl")).cell.id
  }

  private let warning =
    "warning: the record's activations had 4 bits; what is written computes with full ones, and isn't the model that was "
    + "measured"

  @Test func aRecordByItsIdItsFileAndItsPlace() throws {
    let id = try id("zo")
    let byID = try export(id, "--to", "hf", "--into", out, "--weights-only")
    #expect(byID.status == 0, "\(byID.output)")
    let lines = byID.output.split(separator: "\n").map(String.init)
    #expect(lines.contains(warning) && lines.contains("3 updates are replayed from their log"))
    let last =
      "out: fixture, W4A4 by zeroqat, as hf; the run left the record again, to the last bit"
    #expect(lines.contains(last))
    #expect(FileStatus(of: checkout.root + "/results/export/\(id).work") == nil)
    let weights = try readFile(out + "/model.safetensors")
    let byFile = try export(
      try checkout.path(row: "zo", column: "ppl"), "--to", "hf", "--into", out, "--weights-only")
    #expect(byFile.status == 0 && byFile.output.contains(last), "\(byFile.output)")
    #expect(byFile.output.contains("an earlier export of this record was replaced"))
    #expect(try readFile(out + "/model.safetensors") == weights)
    // Committed, a record has no paths, and its log lies with the table.
    #expect(try checkout("publish", "mini").status == 0)
    for name in ["mini/tiny/zo.ppl.seed1", checkout.table + "/records/tiny/zo.ppl.seed1.json"] {
      try removeTree(out)
      let committed = try export(name, "--to", "hf", "--into", out, "--weights-only")
      #expect(committed.status == 0 && committed.output.contains(last), "\(committed.output)")
      #expect(committed.output.contains("3 updates are replayed from their log"))
      #expect(try readFile(out + "/model.safetensors") == weights)
    }
  }

  @Test func whatIsRefusedAndWithWhichStatus() throws {
    let id = try id("rtn")
    let activations = try export(id, "--to", "gguf", "--into", out)
    #expect(
      activations.status == 2
        && activations.output.hasPrefix(
          "error: the record is of W4A4, and a checkpoint holds weights alone: "),
      "\(activations.output)")
    #expect(FileStatus(of: out) == nil)
    let unknown = try export("mini/tiny/rtn.ppl.seed2", "--to", "hf", "--into", out)
    #expect(unknown.status == 2)
    // Nothing is committed yet, so that nothing is near.
    #expect(
      unknown.output
        == "error: there is no record 'mini/tiny/rtn.ppl.seed2'; expected a record's file, a place such as "
        + "'table2/tiny/rtn.ppl-w2a16.seed1', or the id of a record in 'results'\n")
    #expect(try checkout("publish", "mini").status == 0)
    #expect(
      try export("mini/tiny/rtn.ppl.seed2", "--to", "hf", "--into", out).output
        == "error: there is no record 'mini/tiny/rtn.ppl.seed2'; did you mean 'mini/tiny/rtn.ppl.seed1'?\n"
    )
    let type = try export(id, "--to", "hf", "--into", out, "--type", "q4_1")
    #expect(
      type.status == 2
        && type.output.hasPrefix("Error: --type is for --to gguf; --to hf has one\n"),
      "\(type.output)")
    let form = try export(id, "--to", "onnx", "--into", out)
    #expect(form.status == 2 && form.output.contains("The value 'onnx' is invalid for '--to <to>'"))
    let full = try export(id, "--to", "hf", "--into", checkout.root, "--weights-only")
    #expect(
      full.status == 2
        && full.output.hasPrefix(
          "error: '\(checkout.root)' isn't empty: it holds 'cache' and more; name a folder that isn't there yet, or is "
            + "empty\n"),
      "\(full.output)")
  }

  @Test func aRunThatLeavesAnotherRecordWritesNothing() throws {
    let undo = try checkout.change(row: "rtn", column: "ppl") { record in
      let index = try #require(record.digests.firstIndex { $0.name == "weights.final" })
      record.digests[index].text = String(repeating: "0", count: 64)
    }
    let id = try id("rtn")
    let other = try export(id, "--to", "hf", "--into", out, "--weights-only")
    #expect(other.status == 1)
    let line = other.output.split(separator: "\n").first { $0.hasPrefix("error: ") } ?? ""
    #expect(
      line.wholeMatch(
        of:
          /error: the model that was rebuilt isn't the one of mini\/tiny\/rtn\.ppl\.seed1: digest weights\.final: 00000000 became [0-9a-f]{8}; nothing was written/
      ) != nil, "\(other.output)")
    #expect(FileStatus(of: out) == nil)
    try undo()
    let model = checkout.root + "/cache/zeroqat/models/fixture/config.json"
    try writeDurably(readFile(model) + Array("\n".utf8), to: model)
    let changed = try export(id, "--to", "hf", "--into", out, "--weights-only")
    #expect(changed.status == 3 && FileStatus(of: out) == nil)
    #expect(
      changed.output.contains(
        "error: mini/tiny/rtn.ppl.seed1 can't be rebuilt: '\(checkout.root)/cache/zeroqat/models/fixture' hasn't the "
          + "bytes that the cell stands for: expected SHA-256 "), "\(changed.output)")
  }

  /// What `eval` measured leaves its log as well.
  @Test func anEvaluationsTrainingIsReplayed() throws {
    let done = try checkout(
      "eval",
      [
        "fixture", "--text", "text", "--window", "32", "--windows", "4", "--bits", "W4A16g32",
        "--method", "zeroqat", "--option", "steps=3", "--option", "learningRate=1e-4", "--option",
        "epsilon=1e-3", "--option", "batchWindows=1", "--option", "calibrationWindows=2",
        "--option", "checkpointEvery=1",
      ])
    #expect(done.status == 0, "\(done.output)")
    let folder = checkout.root + "/results/eval/own"
    let name = try #require(try listFolder(folder).first { $0.hasSuffix(".json") })
    #expect(try listFolder(folder).contains("\(name.dropLast(5)).replay.log"))
    for form in ["hf", "gptq", "compressed-tensors", "gguf"] {
      let done = try export("\(folder)/\(name)", "--to", form, "--into", "\(out)-\(form)")
      #expect(
        done.status == 0 && done.output.contains("3 updates are replayed from their log"),
        "\(done.output)")
    }
  }
}
