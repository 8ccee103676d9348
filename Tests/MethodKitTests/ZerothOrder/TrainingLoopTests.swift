import Checkpoints
import MethodKit
import Optimizers
import Quantizers
import Tasks
import Tensors
import TestSupport
import Testing
import Transformers

/// An observer that gives the scores that it is told to, and remembers what it heard.
private final class Listener: RunObserver {
  let costs: [Int: Double]
  let journalled: [Probe]
  private(set) var checkpoints: [Int] = []
  private(set) var chosen: [Int] = []
  private(set) var trajectories: [TrainingTrajectory] = []
  private(set) var probes: [Probe] = []
  private(set) var summary: TrainingSummary?

  init(costs: [Int: Double] = [:], journalled: [Probe] = []) {
    self.costs = costs
    self.journalled = journalled
  }

  func during<R>(_ phase: RunPhase, _ body: () throws -> R) rethrows -> R { try body() }
  func progress(_ done: Int, of total: Int, _ item: ProgressItem) {}
  func keep(_ name: String, _ value: Double, unit: String) {}
  func remark(_ sentence: String) {}
  func journalledProbes(of trajectory: TrainingTrajectory) throws -> [Probe] {
    trajectories.append(trajectory)
    return journalled
  }
  func journal(_ probe: Probe) throws { probes.append(probe) }
  func checkpoint(step: Int, _ model: QuantizedModel) throws -> DevelopmentScore {
    #expect(model.blocks.perturbation == nil)
    checkpoints.append(step)
    return DevelopmentScore(
      try WindowScores(windowNLL: [costs[step] ?? 1], scoredTokensPerWindow: 1))
  }
  func choose(step: Int) { chosen.append(step) }
  func keep(_ summary: TrainingSummary) { self.summary = summary }
}

/// A loss that isn't of text: the square of the distance of one weight from the step's target.
private struct Target: TrainingObjective {
  final class Steps { var selected: [Int] = [] }
  let steps = Steps()
  var target = 0.0
  let tokensPerStep = 5

  mutating func select(step: Int) {
    steps.selected.append(step)
    target = Double(step)
  }

  func loss(of model: QuantizedModel) throws -> Double {
    let first = LinearID(block: 0, kind: .query)
    let distance = Double(model.blocks.current(first).elements[0]) - target
    return distance * distance
  }
}

@Suite("The training loop knows neither loss nor parameters")
struct TrainingLoopTests {
  private func model() throws -> QuantizedModel {
    let source = try ModelSource(path: Vectors.path("model/llama_gqa_untied"))
    let dense = try DenseParameters(source: source)
    return QuantizedModel(
      transformer: Transformer(
        configuration: source.configuration, frame: try source.frame(precision: .single)),
      blocks: QuantizedBlocks(
        linears: Dictionary(
          uniqueKeysWithValues: source.configuration.linearIDs.map {
            ($0, .init(storage: .live(dense.matrix($0)), bias: nil))
          }), norms: dense.norms(of: 0..<source.configuration.blocks, smoothing: [])))
  }

  private let training = ZerothOrderTraining(
    optimizer: ZerothOrderSGD(learningRate: 0.05, epsilon: 1e-2, directions: 2, seed: 4), steps: 5,
    batch: BatchSize(windows: 1, examples: 3), checkpointEvery: 2)

  @Test("Any objective is trained on, with the batch of each step")
  func objective() throws {
    let (objective, listener) = (Target(), Listener(costs: [0: 3, 2: 1, 4: 2, 5: 1]))
    let model = try training.train(model(), on: objective, listener)
    #expect(objective.steps.selected == [0, 1, 2, 3, 4])
    #expect(listener.checkpoints == [0, 2, 4, 5])
    #expect(listener.chosen == [0, 2] && listener.summary?.bestDevelopmentStep == 2)
    #expect(listener.summary?.tokensPerStep == 5 && listener.summary?.probes == listener.probes)
    #expect(listener.summary?.trainableParameters == model.trainedParameters)
    #expect(model.trainedParameters == model.transformer.configuration.linearParameters)
  }

  @Test("What was journalled is replayed without a look at its batch")
  func replay() throws {
    let whole = Listener()
    let trained = try training.train(model(), on: Target(), whole)
    for kept in [0, 1, 2, 6, 10] {
      let objective = Target()
      let listener = Listener(journalled: Array(whole.probes.prefix(kept / 2 * 2)))
      let again = try training.train(model(), on: objective, listener)
      #expect(objective.steps.selected == Array(kept / 2..<5))
      #expect(listener.probes == Array(whole.probes.dropFirst(kept / 2 * 2)))
      #expect(listener.summary == whole.summary)
      for id in trained.transformer.configuration.linearIDs {
        #expect(again.blocks.current(id).elements == trained.blocks.current(id).elements)
      }
    }
  }

  @Test("The first of the least is chosen; what isn't finite never is, if anything else is there")
  func choice() throws {
    for (costs, chosen) in [
      ([1, 1, 1], [0]), ([3, 2, 1], [0, 1, 2]), ([.nan, 2, 1], [0, 1, 2]),
      ([.infinity, .nan, 5], [0, 2]), ([1, .nan, 2], [0]),
    ] as [([Double], [Int])] {
      let listener = Listener(
        costs: Dictionary(uniqueKeysWithValues: costs.enumerated().map { ($0, $1) }))
      var choice = CheckpointChoice(listener)
      #expect(choice.bestStep == 0)
      // No zeroth-order training takes part.
      for step in costs.indices { try choice.checkpoint(step: step, model()) }
      #expect(listener.chosen == chosen && choice.bestStep == chosen.last, "\(costs)")
    }
  }
}
