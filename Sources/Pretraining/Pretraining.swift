import Checkpoints
import Digests
import Glibc
import JSONText
import Optimizers
import System
import Tasks
import Tensors
import Tokenizers
import Transformers

/// One run of a recipe: a model from nothing, with its training text.
///
/// The same recipe, text and kernel set give the same bytes, whatever the number of threads and
/// however often the run is stopped.
package struct Pretraining {
  private let recipe: Recipe
  private let folder: String
  private let tokenizerFolder: String
  private let tokenizer: any Tokenizer
  private let tokenizerFiles: [String]
  private let text: PretrainingText
  private let model: FreshModel
  private let pass: TrainingPass
  private let binding: TrainingState.Binding
  private let report: (String) -> Void
  private var order: WindowOrder
  private var state: TrainingState

  /// Prepares a run, or takes up the one that `folder` holds.
  ///
  /// - Parameters:
  ///   - path: The recipe.
  ///   - folder: Where the model and the state go; made when it isn't there.
  ///   - dataFolder: Where texts are looked for before the recipe's own folder.
  ///   - report: Gets a line for the user now and then.
  /// - Throws: ``JSONText/JSONError`` for the recipe, ``PretrainingError``, ``Tasks/TaskError``,
  ///   ``Tokenizers/TokenizerError``, ``Checkpoints/CheckpointError``.
  package init(
    recipe path: String, to folder: String, dataFolder: String? = nil,
    report: @escaping (String) -> Void
  ) throws {
    let recipe = try Recipe(contentsOf: path)
    let recipeFolder = parent(of: path)
    self.recipe = recipe
    self.folder = folder
    self.report = report
    tokenizerFolder =
      recipe.data.tokenizer.hasPrefix("/")
      ? recipe.data.tokenizer : "\(recipeFolder)/\(recipe.data.tokenizer)"
    (tokenizer, tokenizerFiles) = try recipeTokenizer(in: tokenizerFolder)
    text = try PretrainingText(
      recipe, folder: recipeFolder, dataFolder: dataFolder, tokenizer)
    for note in text.notes { report(note) }
    model = FreshModel(try recipe.modelConfiguration(), recipe.initialisation)
    pass = TrainingPass(
      transformer: model.transformer, tokens: recipe.stepTokens,
      recomputation: recipe.training.recomputation)
    order = WindowOrder(seed: recipe.training.seed, count: text.training.count)
    state = TrainingState(model.tensors)
    binding = [
      ("recipe", sha256Hex(of: try jsonText(of: recipe, style: .canonical))),
      ("text", text.digest), ("kernels", BLAS.coreName),
    ]
    do { try makeFolder(folder) } catch {
      throw PretrainingError.folder(path: error.path, reason: error.reason)
    }
    for name in ["state.safetensors", "dev-loss.jsonl", "model.safetensors"] {
      removeLeftovers(of: "\(folder)/\(name)")
    }
    if access(statePath, F_OK) == 0 {
      try state.read(from: statePath, model.tensors, binding: binding)
      report("going on from step \(state.step)")
    }
  }

  /// Trains to the recipe's end, or to step `steps` of the same schedule, and writes the model.
  ///
  /// - Parameter steps: Where to stop early.
  /// - Throws: ``PretrainingError/diverged(step:loss:gradientNorm:)``, ``Checkpoints/CheckpointError``,
  ///   ``Transformers/ModelError``; what was written before stays.
  package mutating func run(steps: Int? = nil) throws {
    let last = min(steps ?? recipe.training.steps, recipe.training.steps)
    var pace = Pace(step: state.step, of: last, stepTokens: recipe.stepTokens)
    while state.step < last {
      let loss = try advance()
      let step = state.step
      if step % recipe.evaluation.every == 0 || step == recipe.training.steps {
        let record = try evaluate()
        report("step \(step): \(record.inWords)")
      }
      if step % recipe.checkpoint.every == 0 || step == last {
        try state.write(to: statePath, model.tensors, binding: binding)
      }
      if let line = pace.line(step: step, loss: loss) { report(line) }
    }
    try writeModel(
      TrainableTensor.stored(model.tensors, model.transformer.configuration),
      configuration: recipe.hubConfiguration(tokenizer),
      tokenizerFiles: tokenizerFiles, from: tokenizerFolder, to: folder)
    report("wrote \(folder)/model.safetensors after step \(state.step)")
  }

  /// One step: gradients of a batch, clipped together, and an update; returns the batch's loss.
  private mutating func advance() throws -> Double {
    let windows = order.batch(at: state.step, of: recipe.training.batchWindows)
    model.zeroGradients()
    let loss = try pass(
      windows.flatMap { text.training[$0] }, windowTokens: recipe.windowTokens(at: state.step),
      loss: .nextToken, operators: model.operators, frame: model.frameGradients)
    let norm = clipNorm(of: model.tensors.map(\.gradient), to: recipe.training.clipNorm)
    guard loss.isFinite, norm.isFinite else {
      throw PretrainingError.diverged(step: state.step + 1, loss: loss, gradientNorm: norm)
    }
    let rate = recipe.learningRate.rate(at: state.step)
    state.step += 1
    for (tensor, moments) in zip(model.tensors, state.moments) {
      recipe.adamW.update(
        tensor.value, gradient: tensor.gradient, moments: moments, step: state.step, rate: rate,
        decays: tensor.shape.count > 1 || recipe.training.optimizer.decaysVectors)
    }
    state.lossSum += loss
    state.lossCount += 1
    return loss
  }

  /// Takes the development loss and writes it down.
  private mutating func evaluate() throws -> EvaluationRecord {
    let windowTokens = recipe.data.windowTokens
    let development = text.development
    let size = recipe.training.batchWindows
    let workspace = Workspace(
      configuration: model.transformer.configuration, rows: recipe.stepTokens)
    var sum = 0.0
    for batch in 0..<tileCount(development.count, size: size) {
      let windows = tileRange(batch, of: development.count, size: size)
      sum += try model.transformer.negativeLogLikelihood(
        windows.flatMap { development[$0] }, windowTokens: windowTokens,
        operators: model.operators,
        workspace: windows.count == size ? workspace : nil
      ).reduce(0, +)
    }
    let record = EvaluationRecord(
      step: state.step, tokens: state.step * recipe.stepTokens,
      trainLoss: state.lossSum / Double(max(1, state.lossCount)),
      devLoss: sum / Double(development.scoredTokens),
      learningRate: recipe.learningRate.rate(at: state.step - 1))
    guard record.devLoss.isFinite else {
      throw PretrainingError.developmentNotFinite(step: state.step, loss: record.devLoss)
    }
    (state.lossSum, state.lossCount) = (0, 0)
    state.evaluations.append(record)
    let lines = try state.evaluations.map { try $0.line() + "\n" }.joined()
    try replaceFile(at: folder + "/dev-loss.jsonl", with: Array(lines.utf8))
    return record
  }

  private var statePath: String { folder + "/state.safetensors" }
}
