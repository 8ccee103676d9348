internal import ArgumentParser
internal import Audit
internal import Export
internal import Glibc
internal import Harness
internal import Records
internal import System
internal import Vocabulary
internal import Worker

/// `zeroqat export RECORD --to hf --into FOLDER`: the model of a record, for other programs.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Rebuild the model of a record and write it for transformers or llama.cpp.",
    discussion: """
      A record holds no weights: its cell runs again, or of a zeroth-order training the log is replayed, and the model \
      is written only if that run leaves the record again, digests and scores to the last bit. --to hf writes every \
      weight in float32; gptq, compressed-tensors and gguf write codes, where the record's grids are the form's. \
      A model card says what it is. Documentation/guides/Export.md has the commands that load it.

      Exit status: 0 written; 1 the run left another record; 2 wrong use, or a form that can't hold the model; 3 the \
      run failed.
      """)

  @Argument(
    help: """
      A record's file, a place such as table2/tiny/rtn.ppl-w2a16.seed1, or the id of a record in the folder of records.
      """)
  var record: String

  @Option(name: .customLong("to"), help: "hf, gptq, compressed-tensors or gguf.")
  var form: ExportForm

  @Option(
    help: ArgumentHelp(
      "The folder that is written: new, empty, or an earlier export of the same record.",
      valueName: "folder"))
  var into: String

  @Option(
    help: """
      How a GGUF file holds linear weights: f32, f16, q8_0, q4_0, q4_1, or auto, the smallest of these that has the \
      record's grid.
      """)
  var type = GGUFWeightType.auto

  @Flag(help: "Export the weights of a model that was measured with quantized activations.")
  var weightsOnly = false

  @OptionGroup var work: WorkOptions

  func validate() throws {
    if type != .auto, form != .gguf {
      throw ValidationError("--type is for --to gguf; --to \(form) has one")
    }
  }

  func run() throws {
    let site = try Site.anywhere(
      root: work.root, results: work.results, environment: processEnvironment())
    let found = try ExportedRecord(record, site)
    let folder = try ExportFolder(into, for: found.record.cell.id)
    if found.record.cell.bits.activations < 16, weightsOnly {
      say(
        "warning: the record's activations had \(found.record.cell.bits.activations) bits; what is written computes with "
          + "full ones, and isn't the model that was measured")
    }
    try runWithKernels(of: found.record.cell)
    let rebuild = try found.rebuild(work, site)
    let source = rebuild.cell.model.path
    let export = try ModelExport(
      found.record, as: form, type: type, from: source, base: base(site, source, found.record.cell),
      weightsOnly: weightsOnly)
    if let log = rebuild.log {
      say("\(log.header.steps) updates are replayed from their log")
    } else if found.record.isReplayable {
      say(
        "no log of this training is here: all \(found.record.zerothOrder?.steps ?? 0) updates are done again"
      )
    }
    let model: PlainModel
    do { model = try rebuilt(rebuild) } catch let error as ExportError {
      say("error: \(error)")
      throw ExitCode(error.status)
    }
    try folder.fill { try export.write(model, into: $0) }
    if folder.replaces { say("an earlier export of this record was replaced") }
    try writeToStandardOutput(
      "\(site.fromRoot(folder.path)): \(found.record.cell.model.name), \(found.record.cell.bits) by "
        + "\(found.record.cell.method.name), as \(form); the run left the record again, to the last bit\n"
    )
  }

  /// Rebuilds the model in a work folder that nobody else has meanwhile.
  private func rebuilt(_ rebuild: ModelRebuild) throws -> PlainModel {
    try makeFolder(rebuild.workFolder)
    let model: PlainModel
    do {
      let lock = try StoreLock(folder: parent(of: rebuild.workFolder))
      defer { _ = lock.isHeld }
      model = try rebuild.model()
    }
    try removeTree(rebuild.workFolder)
    return model
  }

  /// What the base model is, by its manifest or its own file.
  private func base(_ site: Site, _ path: String, _ cell: Cell) throws -> ModelCard.Base {
    let catalog = try Catalog(site)
    guard catalog.models.contains(cell.model.name) else {
      return ModelCard.Base(at: path, name: cell.model.name)
    }
    var locator = AssetLocator(site)
    let manifest = try locator.manifest(ofModel: cell.model.name, catalog)
    return ModelCard.Base(label: manifest.label, licence: manifest.licence)
  }

  /// Starts this program anew where OpenBLAS wasn't told to be the record's: it chooses its kernels once.
  ///
  /// - Throws: `FileError` where it can't be started.
  private func runWithKernels(of cell: Cell) throws {
    let current = processEnvironment()
    let wanted = BLASCore.environment(for: cell.blasCore, parent: current)
    guard wanted != current else { return }
    for name in Set(current.keys).union(wanted.keys) where wanted[name] != current[name] {
      if let value = wanted[name] { setenv(name, value, 1) } else { unsetenv(name) }
    }
    let arguments = CommandLine.arguments.map { strdup($0) } + [nil]
    execv("/proc/self/exe", arguments)
    throw FileError("start", CommandLine.arguments.first ?? "zeroqat", code: errno)
  }
}

extension ExportForm: ExpressibleByArgument {}
extension GGUFWeightType: ExpressibleByArgument {}

extension ExportError {
  /// The exit status that it comes to, as other commands have it.
  fileprivate var status: Int32 {
    switch self {
    case .differs: 1
    case .failed: 3
    default: 2
    }
  }
}
