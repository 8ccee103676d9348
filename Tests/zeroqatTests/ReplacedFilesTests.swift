import Digests
import Glibc
import Harness
import JSONText
import Records
import System
import TestSupport
import Testing

/// Files that are replaced while the program works with them, by others of the same size and time.
@Suite("Files replaced under a run", .serialized)
struct ReplacedFilesTests {
  private let table: RealTable

  init() throws { table = try RealTable() }

  @Test("Weights of the same size and time of change are other weights: a second run measures them")
  func secondRun() throws {
    let first = try table.run(["--filter", "row=fp column=one"])
    #expect(first.status == 0, "\(first.output)")
    let before = try table.record("fp", "one")
    try table.replaceWeights(of: "one")
    let second = try table.run(["--filter", "row=fp column=one"])
    #expect(second.status == 0 && second.output.contains("1 cell to run"), "\(second.output)")
    let after = try table.record("fp", "one")
    #expect(after.cell.model.digest != before.cell.model.digest)
    #expect(after.scores[0].value != before.scores[0].value)
  }

  @Test(
    "The same for a text, a tokenizer's file and a manifest",
    arguments: ["text", "merges", "manifest"])
  func otherInputs(kind: String) throws {
    #expect(try table.run(["--filter", "row=fp column=one"]).status == 0)
    let before = try table.record("fp", "one")
    let path: String
    switch kind {
    case "text": path = table.text
    case "merges": path = table.model("one") + "/merges.txt"
    default: path = table.folder.path("datasets/words/manifest.json")
    }
    try table.replace(path) { bytes in
      // A last line end, a version, the end of the training part: each as long as what it was.
      switch kind {
      case "text": bytes[bytes.count - 1] = UInt8(ascii: "!")
      case "merges": bytes[bytes.count - 2] = UInt8(ascii: "3")
      default:
        let text = String(decoding: bytes, as: UTF8.self)
        bytes = Array(text.replacing("3000", with: "3100").utf8)
      }
    }
    let second = try table.run(["--filter", "row=fp column=one"])
    #expect(second.status == 0 && second.output.contains("1 cell to run"), "\(second.output)")
    #expect(try table.record("fp", "one").cell.id != before.cell.id)
  }

  @Test(
    "Replaced while a table runs: its cells fail by file name, exit status 3, others are unharmed")
  func whileATableRuns() throws {
    var isReplaced = false
    let run = try table.run([]) {
      // The slow cell is at work once its worker has been given the cell.
      if !isReplaced, table.workSpecifications().contains(where: { $0.contains("\"dummy\"") }) {
        try table.replaceWeights(of: "one")
        isReplaced = true
      }
    }
    #expect(isReplaced && run.status == 3, "\(run.output)")
    let weights = table.model("one") + "/model.safetensors"
    for row in ["slow", "rtn"] {
      let failed = try table.record(row, "one")
      #expect(failed.status == .failed && failed.scores.isEmpty)
      #expect(failed.reason?.hasPrefix("'\(weights)' ") == true, "\(failed.reason ?? "-")")
      let other = try table.record(row, "two")
      #expect(other.status == .finished, "\(other.reason ?? "-")")
    }
    #expect(try table.record("fp", "one").status == .finished)
    #expect(run.output.contains(weights))
    // The next run measures the new weights; the other model's cells stand.
    let next = try table.run([])
    #expect(next.status == 0 && next.output.contains("3 cells to run"), "\(next.output)")
  }

  @Test(
    "Training that loses its weights fails by their name, and goes on from its log when they are back"
  )
  func training() throws {
    let options = """
      { "steps": 300, "learningRate": 1e-3, "epsilon": 1e-3, "batchWindows": 2, "directions": 2,
        "checkpointEvery": 100, "calibrationWindows": 4 }
      """
    let program = try CellProgram()
    let folder = program.fixture.folder
    try program.prepare(CellFixture.Settings("zeroqat", options))
    #expect(try program.run() == 0)
    let expected = try program.comparable()
    try program.prepare(CellFixture.Settings("zeroqat", options))
    let weights = folder.path("model/model.safetensors")
    let bytes = try TemporaryFolder.bytes(of: weights)
    var other = bytes
    other[other.count - 1] ^= 1
    var isReplaced = false
    var failure: (any Error)?
    let child = ChildProcess(
      executable: try BuiltProgram.path,
      arguments: [
        "cell", "--spec", folder.path("cell.json"), "--out", folder.path("record.json"),
        "--threads", "1", "--work", folder.path("work"),
      ], environment: processEnvironment())
    let ending = try child.run(
      interruption: {
        let log = FileStatus(of: folder.path("work/replay.log"))
        if !isReplaced, failure == nil, (log?.bytes ?? 0) > 400 {
          do { try folder.write(other, to: "model/model.safetensors") } catch { failure = error }
          isReplaced = true
        }
        return (0, 0)
      }, output: { _ in })
    #expect(failure == nil && isReplaced && ending.exit == .status(0))
    let failed = try program.record()
    #expect(failed.status == .failed && failed.scores.isEmpty)
    #expect(
      failed.reason == "'\(weights)' was replaced by another file while the cell ran; "
        + "run the table again once it stays as it is")
    // With other weights it isn't resumed, with its own it is, to the same record.
    #expect(try program.run() == 0)
    #expect(try program.record().reason?.contains("hasn't the bytes") == true)
    try folder.write(bytes, to: "model/model.safetensors")
    #expect(try program.run() == 0)
    #expect(try program.record().measurement?.resumes == 1)
    #expect(try program.comparable() == expected)
  }

  @Test("A folder that a variable names is looked at alone, and what it lacks is named")
  func gaps() throws {
    let empty = table.folder.path("empty")
    try makeFolder(empty)
    // The cache has the text; the user named another place.
    try makeFolder(table.folder.path("cache/zeroqat/datasets/words"))
    try table.folder.write(
      try TemporaryFolder.bytes(of: table.text), to: "cache/zeroqat/datasets/words/text.txt")
    let result = try table.run([], variables: ["ZEROQAT_WORDS": empty])
    #expect(result.status == 2)
    #expect(
      result.output == "error: ZEROQAT_WORDS is set to '\(empty)', where there is no 'text.txt'; "
        + "name the folder that has it or unset it\n")
  }
}
