import Digests
import Glibc
import JSONText
import Records
import TestSupport
import Testing
import Worker

/// A model in several GGUF files is one model, and its digest stands for all of them.
@Suite("A cell on a split GGUF model", .serialized)
struct SplitModelTests {
  private let fixture: CellFixture
  private var folder: TemporaryFolder { fixture.folder }
  private let parts = ["split-00001-of-00002.gguf", "split-00002-of-00002.gguf"]

  init() throws {
    fixture = try CellFixture()
    let model = GGUFModel()
    try folder.write(model.file, to: "whole.gguf")
    for (number, name) in parts.enumerated() {
      var gguf = GGUFBytes()
      if number == 0 { for key in model.keys { gguf.add(key.name, type: key.type, key.value) } }
      gguf.add("split.no", type: 2, little(UInt16(number)))
      gguf.add("split.count", type: 2, little(UInt16(2)))
      gguf.add("split.tensors.count", type: 5, little(Int32(model.tensors.count)))
      for (index, tensor) in model.tensors.enumerated() where (index < 5) == (number == 0) {
        gguf.add(
          tensor: tensor.name, tensor.shape.reversed().map { UInt64($0) }, type: 0,
          little(tensor.values))
      }
      try folder.write(gguf.file, to: name)
    }
  }

  /// Runs a full-precision cell on a file with that digest.
  private func run(_ name: String, digest: String) throws -> RunRecord {
    var text = fixture.cell(.init("full-precision", bits: "FP"))
    text = text.replacing(
      "\"path\": \"\(folder.path("model"))\"", with: "\"path\": \"\(folder.path(name))\"")
    text.replace(/"digest": "[0-9a-f]{64}",\s+"tokenizerDigest"/) { _ in
      "\"digest\": \"\(digest)\", \"tokenizerDigest\""
    }
    try folder.write(text, to: "cell.json")
    try runCell(
      specification: folder.path("cell.json"), output: folder.path("record.json"), threads: 1,
      workFolder: folder.path("work"), plannedFiles: nil)
    return try JSONDocument(contentsOf: folder.path("record.json")).decode(RunRecord.self)
  }

  private var splitDigest: String {
    ModelReference.digest(ofParts: parts.map { ($0, fixture.digest(of: folder.path($0))) })
  }

  @Test("The same perplexity as in one file, to the last bit")
  func sameNumbers() throws {
    let whole = try run("whole.gguf", digest: fixture.digest(of: folder.path("whole.gguf")))
    let split = try run(parts[0], digest: splitDigest)
    #expect(whole.status == .finished && split.status == .finished, "\(split.reason ?? "")")
    #expect(!whole.scores.isEmpty)
    #expect(
      try jsonText(of: whole.scores, style: .pretty)
        == jsonText(of: split.scores, style: .pretty))
  }

  @Test("Another part's bytes are noticed")
  func otherBytes() throws {
    let digest = splitDigest
    var bytes = try TemporaryFolder.bytes(of: folder.path(parts[1]))
    bytes[bytes.count - 1] ^= 1
    try folder.write(bytes, to: parts[1])
    #expect(
      try run(parts[0], digest: digest).reason
        == "'\(folder.path(parts[0]))' hasn't the bytes that the cell stands for: expected SHA-256 "
        + "\(digest), found \(splitDigest); it changed after the cell was planned, so run the table again"
    )
    unlink(folder.path(parts[1]))
    #expect(
      try run(parts[0], digest: digest).reason
        == "'\(folder.path(parts[1]))' is gone since the cell was planned; bring it back or run the "
        + "table again")
    // A cell that names no bytes opens what is there.
    let unnamed = try run(parts[0], digest: String(repeating: "0", count: 64))
    #expect(
      unnamed.reason?.hasSuffix(
        "expected 2 parts, but part 2 isn't there: '\(folder.path(parts[1]))'") == true,
      "\(unnamed.reason ?? "")")
  }
}
