import Audit
import Glibc
import Harness
import JSONText
import Optimizers
import Records
import System
import TestSupport
import Testing

/// `zeroqat audit` as a user has it: over trainings that were run and published.
@Suite("A committed training is held to its log", .serialized)
struct AuditTests {
  private let checkout: RealCheckout

  init() throws {
    checkout = try RealCheckout()
    #expect(try checkout("run", "mini").status == 0)
    #expect(try checkout("publish", "mini").status == 0)
  }

  private func audit(_ options: String...) throws -> (status: Int32, output: String) {
    try checkout("audit", ["mini", "--seed", "7", "--steps", "2"] + options)
  }

  private var folder: String { checkout.table + "/replay/tiny" }

  /// The file of the row's perplexity cell.
  private var path: String { folder + "/zo.ppl.seed1.replay" }

  /// Changes the committed file of the perplexity cell, its digest with it, and returns what undoes it.
  private func change(_ change: (inout ReplayFile) throws -> Void) throws -> () throws -> Void {
    let before = try readFile(path)
    var file = try ReplayFile(contentsOf: path)
    try change(&file)
    let (bytes, place) = (try file.bytes(), path)
    try writeDurably(bytes, to: place)
    return { try writeDurably(before, to: place) }
  }

  /// Changes the committed record of the perplexity cell.
  private func changeRecord(_ change: (inout RunRecord) -> Void) throws -> () throws -> Void {
    let path = checkout.table + "/records/tiny/zo.ppl.seed1.json"
    let before = try readFile(path)
    let document = try JSONDocument(contentsOf: path)
    var record = try #require(
      CommittedRecords(root: checkout.root, table: "mini", scale: .tiny).read().first {
        $0.cell.address.row == "zo" && $0.cell.address.column == "ppl"
      })
    change(&record)
    let changed = try jsonText(of: try #require(record.zerothOrder), style: .compact)
    let member = try JSONDocument(text: Array(changed.utf8), file: path).root
    let text = try jsonText(
      of: document.replacing("/zerothOrder", by: member).root, style: .pretty)
    try writeDurably(Array(text.utf8), to: path)
    return { try writeDurably(before, to: path) }
  }

  /// Raises the test windows of the committed record of the perplexity cell, and all that follows from them.
  private func changeScore(by nats: Double) throws -> () throws -> Void {
    let path = checkout.table + "/records/tiny/zo.ppl.seed1.json"
    let before = try readFile(path)
    let committed = CommittedRecords(root: checkout.root, table: "mini", scale: .tiny)
    let records = try committed.read().map { old in
      var record = old
      guard record.cell.address.row == "zo", record.cell.address.column == "ppl" else { return old }
      for index in record.scores.indices
      where record.scores[index].windowNLL.count > 0 && record.scores[index].split == "test" {
        record.scores[index].windowNLL = record.scores[index].windowNLL.map { $0.map { $0 + nats } }
        record.scores[index].meanNLL = record.scores[index].meanNLL.map { $0 + nats }
        record.scores[index].alternativeMeanNLL = record.scores[index].alternativeMeanNLL.map {
          $0 + nats
        }
        record.scores[index].value = record.scores[index].meanNLL.map(exp)
      }
      for point in record.trajectory.indices {
        record.trajectory[point].testWindowNLL = record.trajectory[point].testWindowNLL.map {
          $0.map { $0 + nats }
        }
      }
      return record
    }
    try committed.replace(by: records)
    return { try writeDurably(before, to: path) }
  }

  @Test("Everything is proved, and the committed files are what the runs left")
  func proved() throws {
    let result = try audit()
    #expect(result.status == 0, "\(result.output)")
    #expect(try listFolder(folder).count == 4)
    #expect(
      result.output.contains(
        "mini/tiny/zo.ppl.seed1: proved: 3 updates replayed, weights and scores equal to the last bit; so are 2 "
          + "random steps evaluated again (more than 1 wrong one would have been seen, 95 %)"),
      "\(result.output)")
    #expect(result.output.contains("4 trainings, 12 updates: 4 proved, 0 within rounding"))
    // Nothing is left, and nothing was trained again.
    #expect(
      try listFolder(checkout.root + "/results/audit").allSatisfy { $0 == ".lock" || $0 == "mini" })
    let one = try audit("--filter", "zo.mood")
    #expect(one.status == 0 && one.output.contains("1 trainings, 3 updates: 1 proved"))
    #expect(try audit("--filter", "rtn").status == 4)
    // Published again, without the logs of the runs: the files stay.
    for name in try listFolder(checkout.results) where name.hasSuffix(".replay.log") {
      try removeTree("\(checkout.results)/\(name)")
    }
    #expect(try checkout("publish", "mini").status == 0)
    #expect(try listFolder(folder).count == 4)
  }

  @Test("A flipped byte, a swapped pair, another seed, another model: each by its name")
  func damaged() throws {
    var bytes = try readFile(path)
    bytes[bytes.count - 100] ^= 1
    let sound = try readFile(path)
    try writeDurably(bytes, to: path)
    func expect(_ words: String, status: Int32 = 1, _ place: SourceLocation = #_sourceLocation)
      throws
    {
      let result = try audit("--filter", "zo.ppl")
      #expect(result.status == status, "\(result.output)", sourceLocation: place)
      #expect(result.output.contains(words), "\(result.output)", sourceLocation: place)
    }
    try expect("its contents and the SHA-256 at its end disagree")
    try writeDurably(Array(sound.dropLast(70)), to: path)
    try expect("its contents and the SHA-256 at its end disagree")
    try writeDurably(sound, to: path)

    let swapped: (inout ReplayFile) -> Void = { file in
      let (a, b) = (file.probes[0], file.probes[1])
      file.probes[0] = Probe(
        step: 0, direction: 0, plus: b.plus, minus: b.minus,
        projectedGradient: b.projectedGradient, isClipped: b.isClipped)
      file.probes[1] = Probe(
        step: 1, direction: 0, plus: a.plus, minus: a.minus,
        projectedGradient: a.projectedGradient, isClipped: a.isClipped)
    }
    var undo = try change(swapped)
    try expect("its mean loss of step 0 is ")
    // The record as well: then the steps themselves say so, or the weights.
    let undoRecord = try changeRecord { $0.zerothOrder?.probeLosses.swapAt(0, 1) }
    let result = try audit("--filter", "zo.ppl", "--steps", "3")
    #expect(result.status == 1)
    #expect(result.output.contains("DIFFERS: step 0: L+ is "), "\(result.output)")
    try undoRecord()
    try undo()

    undo = try change { $0.header.seed = 2 }
    try expect("its seed is 2, the record's 1")
    try undo()
    undo = try change { $0.header.model = String(repeating: "a", count: 64) }
    try expect("its digest of the base weights is aaaaaaaaaaaa, the record's ")
    try undo()
    undo = try change { $0.header.cell.column = "memory" }
    try expect("its place is mini/tiny/zo.memory.seed1, the record's mini/tiny/zo.ppl.seed1")
    try undo()

    let weights = checkout.root + "/cache/zeroqat/models/fixture/model.safetensors"
    var changed = try readFile(weights)
    changed[changed.count - 2] ^= 1
    try writeDurably(changed, to: weights)
    try expect("can't run: the grid's cell differs in /model/digest", status: 3)
  }

  @Test("With other kernels an honest log agrees within rounding, and a wrong one doesn't")
  func otherKernels() throws {
    guard BLASCore.processorFlags.contains("avx512f") else { return }
    let honest = try audit("--blas-core", "haswell")
    #expect(honest.status == 0, "\(honest.output)")
    #expect(
      honest.output.contains(
        "mini/tiny/zo.ppl.seed1: within rounding: 3 updates replayed with other kernels"),
      "\(honest.output)")
    // A score that is off by as much.
    let undoScore = try changeScore(by: 0.1)
    let other = try checkout(
      "audit", "mini", "--steps", "3", "--filter", "zo.ppl", "--blas-core", "haswell")
    #expect(other.status == 1, "\(other.output)")
    #expect(other.output.contains("DIFFERS: mean loss of test: "), "\(other.output)")
    try undoScore()
    // A loss that is off by a tenth of a nat, in log and record alike.
    let undo = try change { file in
      let old = file.probes[1]
      let plus = old.plus + 0.1
      file.probes[1] = Probe(
        step: 1, direction: 0, plus: plus, minus: old.minus,
        projectedGradient: (plus - old.minus) / (2 * Double(Float(file.header.epsilon))),
        isClipped: false)
    }
    let file = try ReplayFile(contentsOf: path)
    let undoRecord = try changeRecord {
      $0.zerothOrder?.probeLosses[1] = (file.probes[1].plus + file.probes[1].minus) / 2
    }
    let wrong = try checkout(
      "audit", "mini", "--steps", "3", "--filter", "zo.ppl", "--blas-core", "haswell")
    #expect(wrong.status == 1, "\(wrong.output)")
    #expect(wrong.output.contains("DIFFERS: step 1: L+ is "), "\(wrong.output)")
    try undoRecord()
    try undo()
  }
}
