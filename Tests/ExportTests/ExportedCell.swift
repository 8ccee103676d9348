import Audit
import Export
import JSONText
import MethodKit
import Records
import System
import Tasks
import TestSupport
import Testing
import Tokenizers
import Transformers
import Vocabulary
import Worker

/// A cell of the fixture that has run, and what exports its model.
struct ExportedCell {
  let fixture: CellFixture
  let record: RunRecord
  private let settings: CellFixture.Settings

  init(_ settings: CellFixture.Settings, fixture: CellFixture? = nil) throws {
    let fixture = try fixture ?? CellFixture()
    (self.fixture, self.settings) = (fixture, settings)
    let folder = fixture.folder
    let specification = try folder.write(fixture.cell(settings), to: "cell.json")
    try removeTree(folder.path("work"))
    try makeFolder(folder.path("work"))
    try runCell(
      specification: specification, output: folder.path("record.json"), threads: 1,
      workFolder: folder.path("work"))
    record = try JSONDocument(contentsOf: folder.path("record.json")).decode(RunRecord.self)
    try #require(record.status == .finished, "\(record.reason ?? "")")
  }

  /// Where the base model is.
  var source: String { fixture.folder.path("model") }

  /// What makes the model again: from the run's own log, where it left one.
  func rebuild(_ record: RunRecord? = nil) throws -> ModelRebuild {
    let log = fixture.folder.path("work/replay.log")
    let file =
      self.record.isReplayable && FileStatus(of: log) != nil
      ? try ReplayFile(log: log, of: self.record) : nil
    return ModelRebuild(
      record: record ?? self.record, cell: self.record.cell, log: file,
      workFolder: fixture.folder.path("again"), threads: 1)
  }

  /// Writes the model into `name` of the fixture's folder and returns the path.
  @discardableResult
  func export(
    _ form: ExportForm, _ type: GGUFWeightType = .auto, into name: String = "out",
    weightsOnly: Bool = false
  ) throws -> String {
    let export = try ModelExport(
      record, as: form, type: type, from: source,
      base: ModelCard.Base(label: "Fixture", licence: "MIT"), weightsOnly: weightsOnly)
    let folder = try ExportFolder(fixture.folder.path(name), for: record.cell.id)
    let model = try rebuild().model()
    try folder.fill { try export.write(model, into: $0) }
    return folder.path
  }

  /// Mean losses of the record's test windows by the model at `path`, as our own loader reads it.
  func testLosses(ofModelAt path: String) throws -> [Double] {
    let part = try #require(record.cell.protocolSettings.test.parts.first)
    let text = Array(try readFile(part.path)[part.from...])
    let tokenizer = try #require(try TokenizerFolder(source)).tokenizer
    let stream = try TokenStream<TestSplit>(text, tokenizer, beginning: .none)
    let windows = try TokenWindows(
      stream, windowTokens: record.cell.protocolSettings.windowTokens, limit: 4,
      selection: WindowSelection(for: .plain))
    return try QuantizedModel(asItIs: ModelSource(path: path)).score(windows).windowNLL
  }

  /// The same as the record has them.
  var testLosses: [Double] {
    record.scores.first { $0.split == "test" }?.windowNLL.compactMap(\.self) ?? []
  }
}
