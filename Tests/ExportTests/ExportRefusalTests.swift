import Checkpoints
import Export
import Glibc
import JSONText
import MethodKit
import Records
import System
import TestSupport
import Testing
import Transformers

/// What can't be taken away is refused, with what would do.
@Suite("An export that would be wrong is refused by name", .serialized)
struct ExportRefusalTests {
  /// Refuses to export the record of these settings in a form, in these words; `$` stands for the fixture's folder.
  private func expectRefusal(
    _ settings: CellFixture.Settings, _ form: ExportForm, type: GGUFWeightType = .auto,
    weightsOnly: Bool = false, change: (inout RunRecord) -> Void = { _ in }, says words: String
  ) throws {
    let cell = try ExportedCell(settings)
    var record = cell.record
    change(&record)
    let error = #expect(throws: ExportError.self) {
      try ModelExport(
        record, as: form, type: type, from: cell.source,
        base: ModelCard.Base(label: "Fixture", licence: nil), weightsOnly: weightsOnly)
    }
    #expect(error?.description == words.replacing("$", with: cell.fixture.folder.path))
  }

  @Test func quantizedActivationsStayBehindOnlyWhenAsked() throws {
    try expectRefusal(
      .init("rtn", bits: "W4A4"), .hf,
      says:
        "the record is of W4A4, and a checkpoint holds weights alone: whoever loads it computes with full activations, "
        + "which is another model than the one that was measured; --weights-only exports it all the same, and says so "
        + "in the model card")
    let cell = try ExportedCell(.init("rtn", bits: "W4A4"))
    let folder = try cell.export(.hf, weightsOnly: true)
    let card = String(decoding: try readFile(folder + "/README.md"), as: UTF8.self)
    #expect(
      card.contains(
        "**This isn't the model that was measured.** Its activations were rounded to 4 bits; a checkpoint holds weights "
          + "alone, and whoever loads this one computes with full activations."))
    #expect(try cell.testLosses(ofModelAt: folder) != cell.testLosses)
  }

  @Test func aCellThatDidNotFinishHasNoModel() throws {
    try expectRefusal(
      .init("rtn", bits: "W4A16"), .hf, change: { $0.status = .diverged },
      says: "sample/tiny/r.c.seed1 has no model to take away: it diverged")
    try expectRefusal(
      .init("rtn", bits: "W4A16"), .hf, change: { $0.cell.model.synthetic = true },
      says:
        "the weights of 'fixture' are drawn when they are read; there is nothing in them to take away"
    )
  }

  @Test func bitsThatAFormDoesNotHold() throws {
    try expectRefusal(
      .init("rtn", bits: "W3A16"), .gptq,
      says:
        "--to gptq: expected weights of 2, 4 or 8 bits, found W3A16; --to hf holds every weight as it is"
    )
    try expectRefusal(
      .init("full-precision", bits: "FP"), .compressedTensors,
      says:
        "--to compressed-tensors: expected weights of 2, 4 or 8 bits, found FP; --to hf holds every weight as it is"
    )
    try expectRefusal(
      .init("rtn", bits: "W6A16"), .gguf, type: .q4_1,
      says:
        "--to gguf: expected weights of at most 4 bits for Q4_1, found W6A16; --to hf holds every weight as it is"
    )
    try expectRefusal(
      .init("full-precision", bits: "FP"), .gguf, type: .q8_0,
      says:
        "--to gguf: expected weights of at most 8 bits for Q8_0, found FP; --to hf holds every weight as it is"
    )
    try expectRefusal(
      .init("rtn", bits: "W4A16g16"), .gguf,
      says:
        "--to gguf: expected groups of a multiple of 32, which share a block of Q4_1, found groups of 16 in q_proj; --to "
        + "hf holds every weight as it is")
  }

  /// What only the weights show is refused while they are written, and nothing of the folder is left.
  private func expectLateRefusal(
    _ settings: CellFixture.Settings, _ form: ExportForm, type: GGUFWeightType = .auto,
    says words: Regex<Substring>
  ) throws {
    let cell = try ExportedCell(settings)
    let error = #expect(throws: ExportError.self) { try cell.export(form, type) }
    #expect(error?.description.wholeMatch(of: words) != nil, "\(error as Any)")
    #expect(!TemporaryFolder.names(in: cell.fixture.folder.path).contains { $0.hasPrefix("out") })
  }

  @Test func gridsThatAFormDoesNotHold() throws {
    // Bits that the record doesn't speak of: smoothing of one linear after it was rounded leaves no grid of a row.
    try expectLateRefusal(
      .init("rtn", bits: "W8A16g32"), .gguf,
      says:
        /--to gguf: blk\.\d\.\w+\.weight, row \d+, group \d: its levels go from -\d+ to \d+, which Q8_0 can't hold; --type f32 or f16 can/
    )
    try expectLateRefusal(
      .init("rtn", bits: "W4A16g32"), .gguf, type: .q4_0,
      says:
        /--to gguf: blk\.0\.\w+\.weight, row \d+, group \d: its levels go from -\d+ to \d+, which Q4_0 can't hold; --type f32 or f16 can/
    )
    // Groups of two weights are often of one sign.
    try expectLateRefusal(
      .init("rtn", bits: "W2A16g2"), .compressedTensors,
      says:
        /--to compressed-tensors: model\.layers\.0\.\w+\.\w+\.weight, row \d+, group \d+: expected a zero point from 0 to 3, found -?\d+: all weights of the group have one sign; --to gguf and --to hf hold it/
    )
  }

  /// A record whose bits say less than its weights are: as of a method that leaves a linear alone.
  @Test func weightsOfOtherBitsAreNoCodes() throws {
    let cell = try ExportedCell(.init("rtn", bits: "W6A16g32"))
    var record = cell.record
    record.cell.bits = "W4A16g32"
    let export = try ModelExport(
      record, as: .gptq, from: cell.source, base: ModelCard.Base(label: "Fixture", licence: nil))
    let model = try cell.rebuild().model()
    let out = cell.fixture.folder.path("out")
    try makeFolder(out)
    let error = #expect(throws: ExportError.self) { try export.write(model, into: out) }
    #expect(
      error?.description.wholeMatch(
        of:
          /--to gptq: model\.layers\.0\.self_attn\.q_proj\.weight, row 0, group 0: expected the levels of one grid of 4 bits, found \d+ values that no such grid has; not every linear of this method is held in codes: --to hf holds every weight as it is/
      ) != nil, "\(error as Any)")
  }

  @Test func rotationsAreNoParameters() throws {
    let cell = try ExportedCell(.init("hadamard", bits: "W4A16"))
    let error = #expect(throws: ExportError.self) { try cell.rebuild().model() }
    #expect(
      error?.description
        == "this model rotates its stream and its activations while it runs (method 'hadamard'); no checkpoint can ask "
        + "its reader to do so")
  }

  @Test func numbersBeyondHalfPrecision() throws {
    var tensors = CellFixture.tensors()
    let index = try #require(tensors.firstIndex { $0.name == "model.embed_tokens.weight" })
    tensors[index].values[3] = 1e5
    let cell = try ExportedCell(
      .init("rtn", bits: "W4A16g32"), fixture: CellFixture(tensors: tensors))
    let gguf = #expect(throws: ExportError.self) { try cell.export(.gguf) }
    #expect(
      gguf?.description
        == "--to gguf: token_embd.weight: expected numbers that half precision can hold, found 100000.0; --type f32 "
        + "holds it")
    let gptq = #expect(throws: ExportError.self) { try cell.export(.gptq) }
    #expect(
      gptq?.description
        == "--to gptq: model.embed_tokens.weight: expected numbers that half precision can hold, found 100000.0; --to "
        + "compressed-tensors and --to hf hold it")
  }

  // MARK: - Folders

  @Test func aFolderOfSomethingElseStaysWhatItIs() throws {
    let cell = try ExportedCell(.init("rtn", bits: "W4A16g32"))
    let folder = cell.fixture.folder
    for (name, words) in [
      ("model", "isn't empty: it holds 'config.json' and more"), ("text.txt", "is a file"),
    ] {
      let error = #expect(throws: ExportError.self) {
        try ExportFolder(folder.path(name), for: cell.record.cell.id)
      }
      #expect(
        error?.description
          == "'\(folder.path(name))' \(words); name a folder that isn't there yet, or is empty")
    }
    let path = try cell.export(.hf)
    let error = #expect(throws: ExportError.self) {
      try ExportFolder(path, for: "ffffffffffffffff")
    }
    #expect(
      error?.description
        == "'\(path)' holds the export of another record, sample/tiny/r.c.seed1; name a folder that isn't there yet, or "
        + "is empty")
    // An earlier export of the same record gives way, and an empty folder.
    #expect(try ExportFolder(path + "/", for: cell.record.cell.id).replaces)
    try cell.export(.gguf)
    #expect(try listFolder(path).contains("fixture-W4A16g32-rtn.gguf"))
    #expect(!(try listFolder(path).contains("model.safetensors")))
    try makeFolder(folder.path("empty"))
    try cell.export(.hf, into: "empty")
    #expect(try listFolder(folder.path("empty")).contains("model.safetensors"))
  }

  @Test func aFullDiskLeavesWhatWasThere() throws {
    let cell = try ExportedCell(.init("rtn", bits: "W4A16g32"))
    let path = try cell.export(.gguf)
    let before = try listFolder(path)
    let export = try ModelExport(
      cell.record, as: .gguf, from: cell.source,
      base: ModelCard.Base(label: "Fixture", licence: nil))
    let model = try cell.rebuild().model()
    let folder = try ExportFolder(path, for: cell.record.cell.id)
    let error = #expect(throws: FileError.self) {
      try folder.fill { partial in
        // Writes to /dev/full fail with ENOSPC; the temporary name is made to lead there.
        let name = "\(partial)/fixture-W4A16g32-rtn.gguf.\(getpid()).tmp"
        try #require(symlink("/dev/full", name) == 0)
        try export.write(model, into: partial)
      }
    }
    #expect(error?.description.hasSuffix(": No space left on device") == true, "\(error as Any)")
    #expect(try listFolder(path) == before)
    #expect(!TemporaryFolder.names(in: cell.fixture.folder.path).contains("out.partial"))
  }
}
