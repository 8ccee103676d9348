import Digests
import JSONText
import MethodKit
import Methods
package import Optimizers
import Quantizers
import Records
import System
import Tasks
import Tensors
import Tokenizers
import Transformers
import Vocabulary

/// Runs the cell that the file at `path` describes and writes its record to `outputPath`.
///
/// A cell that ends by itself, well or badly, leaves a record: `finished`, `diverged` where a loss
/// stopped being finite, `tooLarge` where it needs more memory than there is, `failed` where the checkpoint,
/// the text or the options don't do.
///
/// - Parameters:
///   - path: The cell, JSON.
///   - outputPath: Where the record goes.
///   - threads: Threads that share the tiles of an operation; no result depends on it.
///   - workFolder: Holds the replay log that a resumed cell goes on from.
///   - stages: The folder of trainings that cells share; nil where each does its own.
///   - plannedFiles: The cell's files as they were when it was planned, JSON; those that are still the same
///     aren't digested again. Nil when nobody says.
///   - memoryBytes: Memory of the machine; another figure than this one's is for tests.
/// - Throws: ``JSONText/JSONError`` when the cell can't be read, ``System/FileError`` when the record
///   can't be written, ``WorkerError`` when the environment isn't the cell's.
package func runCell(
  specification path: String, output outputPath: String, threads: Int, workFolder: String,
  stages: String? = nil, plannedFiles: String? = nil, memoryBytes: Int = MachineMemory.bytes
) throws {
  let document = try JSONDocument(contentsOf: path)
  let cell = try document.decode(Cell.self)
  try cell.check(in: document)
  try checkBits(of: cell, in: document)
  try checkText(of: cell, in: document)
  Threads.count = threads
  let planned = try plannedFiles.map {
    try JSONDocument(contentsOf: $0).decode([DigestedFile].self)
  }
  let run = CellRun(
    cell: cell, workFolder: workFolder, stages: stages, plannedFiles: planned ?? [],
    memoryBytes: memoryBytes)
  var record: RunRecord
  do {
    try checkCore(of: cell)
    record = try run.execute(document)
  } catch let error as any Divergence {
    record = run.record(status: .diverged, reason: "\(error)")
    record.divergence = RunDivergence(error.place)
  } catch let error as TooLarge {
    record = run.record(status: .tooLarge, reason: "\(error)")
  } catch {
    record = run.record(status: .failed, reason: "\(error)")
  }
  // Whatever became of the cell, it may have become so of other bytes than its own.
  do { try run.replay.checkWeights() } catch {
    record = run.record(status: .failed, reason: "\(error)")
  }
  record.measurement = run.meter.measurement(
    threads: threads, resumes: run.replay.resumes, shared: run.replay.shared,
    estimate: run.estimate)
  try writeDurably(Array(try jsonText(of: record, style: .pretty).utf8), to: outputPath)
}

/// Throws unless the cell has bits exactly where its method quantizes.
///
/// - Throws: `JSONError` at the bits.
private func checkBits(of cell: Cell, in document: JSONDocument) throws(JSONError) {
  let name = cell.method.name
  let isUnquantized = unquantizedMethodNames.contains(name)
  guard isUnquantized != cell.bits.isFullPrecision else { return }
  throw document.error(
    at: "/bits",
    isUnquantized
      ? "contradictory bits: the method '\(name)' with \(cell.bits)"
      : "contradictory bits: the method '\(name)' quantizes, found FP")
}

/// Throws unless the cell has text for its method to look at, where that does.
///
/// - Throws: `JSONError` at the training text.
private func checkText(of cell: Cell, in document: JSONDocument) throws(JSONError) {
  guard cell.protocolSettings.hasTestAlone, !textlessMethodNames.contains(cell.method.name) else {
    return
  }
  throw document.error(
    at: "/protocol/train/parts",
    "expected at least one part: the method '\(cell.method.name)' looks at text")
}

/// Throws unless OpenBLAS runs the kernels that the cell's id stands for.
private func checkCore(of cell: Cell) throws(WorkerError) {
  guard cell.blasCore == "inherit" || cell.blasCore == BLAS.coreName else {
    throw .wrongCore(expected: cell.blasCore, found: BLAS.coreName)
  }
}

/// What keeps a worker from running a cell at all.
package enum WorkerError: Error, Sendable, Equatable, CustomStringConvertible {
  /// OpenBLAS chose other kernels than the cell's id stands for.
  case wrongCore(expected: String, found: String)
  /// A checkpoint without a tokenizer that is known.
  case noTokenizer(path: String)
  /// A GGUF tokenizer of an unknown kind.
  case unsupportedTokenizer(path: String, kind: String)
  /// A tokenizer with ids that the model has no embedding for.
  case vocabularyTooLarge(path: String, tokenizer: Int, model: Int)
  /// Weights that are drawn where the cell asks for real ones, or the other way round.
  case syntheticWeights(path: String, found: Bool)
  /// A record field that the science doesn't know.
  case unknownSetting(name: String, value: String, known: String)

  package var description: String {
    switch self {
    case .wrongCore(let expected, let found):
      "the cell is for OpenBLAS's \(expected) kernels, but \(found) is in use; "
        + "OPENBLAS_CORETYPE=\(expected) must be set before the program starts"
    case .noTokenizer(let path):
      "'\(path)' holds no tokenizer; expected tokenizer.json, or vocab.json and merges.txt, or tokenizer.model"
    case .unsupportedTokenizer(let path, let kind):
      "\(path): the tokenizer kind \(kind) is not supported; supported: llama, and gpt2 with pre-tokenizer "
        + PreTokenizer.allCases.map(\.ggufName).joined(separator: ", ")
    case .vocabularyTooLarge(let path, let tokenizer, let model):
      "\(path): the tokenizer has \(tokenizer) ids, the model's vocabulary only \(model); "
        + "is it another model's tokenizer?"
    case .syntheticWeights(let path, let found):
      found
        ? "\(path): expected weights, found a configuration that has them drawn (synthetic_seed)"
        : "\(path): expected a configuration that has weights drawn (synthetic_seed), found weights"
    case .unknownSetting(let name, let value, let known):
      "\(name): expected \(known), found '\(value)'"
    }
  }
}

/// A score that isn't finite.
package struct NotFinite: Divergence, Sendable, Equatable {
  /// `test` or `development`.
  package let split: String
  /// The first window or example whose loss isn't finite.
  package let number: Int
  /// The task, where it is an example's.
  package let task: String?
  /// Updates done, where the model was being trained.
  package let step: Int?

  init(split: String, number: Int, task: String? = nil, step: Int?) {
    self.split = split
    self.number = number
    self.task = task
    self.step = step
  }

  package var place: DivergencePlace {
    DivergencePlace(step: step, split: split, task: task, number: number)
  }

  package var description: String {
    (step.map { "after step \($0), " } ?? "")
      + "the loss of \(split) "
      + (task.map { "example \(number) of \($0)" } ?? "window \(number)") + " isn't finite"
  }
}
