package import Optimizers
package import Transformers
package import Vocabulary

/// How a small model is trained from nothing: `models/<name>/recipe.json`.
///
/// Recipe, text and kernel set together give the weights, bit for bit.
package struct Recipe: Codable, Sendable, Equatable {
  /// The version of this layout.
  package static let currentSchema = 1

  /// Version of this layout.
  package var schema: Int
  /// The model's name.
  package var name: String
  /// Its family, as the hub's `model_type` calls it.
  package var architecture: FreshFamily
  /// Its sizes.
  package var shape: ModelShape
  /// Its first weights.
  package var initialisation: Initialisation
  /// What it reads.
  package var data: Text
  /// How it learns.
  package var training: Training
  /// When the development loss is taken.
  package var evaluation: Evaluation
  /// When the state is written.
  package var checkpoint: Checkpoint

  /// First weights: normals of mean 0; biases are 0, gains 1.
  package struct Initialisation: Codable, Sendable, Equatable {
    /// Seed of the normals.
    package var seed: UInt64
    /// Their standard deviation.
    package var deviation: Double
    /// Whether linears that write to the residual stream get `deviation/√(2·blocks)`.
    ///
    /// > Source: Radford et al. 2019, "Language models are unsupervised multitask learners", section 2.3.
    package var scalesResiduals: Bool
    /// How the table of positions starts, for a family that has one; normals where it is missing.
    package var positions: Positions?

    /// First values of learned positions.
    package enum Positions: String, Codable, Sendable, CaseIterable {
      /// Normals like every other table.
      case normal
      /// Sines and cosines of the same mean square.
      ///
      /// Neighbours are alike and a shift is a linear map, which normals have to learn one position at a time: a small
      /// model on few tokens doesn't get there.
      case sinusoidal
    }
  }

  /// The text.
  package struct Text: Codable, Sendable, Equatable {
    /// Folder with `vocab.json` and `merges.txt`, or `tokenizer.model`; seen from the recipe.
    package var tokenizer: String
    /// Files to learn from: `.txt` (UTF-8) or `.ids` (little-endian 32-bit token ids).
    package var train: [String]
    /// Files for the development loss.
    package var development: [String]
    /// Tokens in a window.
    package var windowTokens: Int
    /// Whether a beginning-of-sequence token opens each text.
    package var beginningOfSequence: BeginningOfSequencePolicy
  }

  /// How the model learns.
  package struct Training: Codable, Sendable, Equatable {
    /// Updates in all.
    package var steps: Int
    /// Windows in a batch.
    package var batchWindows: Int
    /// Seed of the windows' order.
    package var seed: UInt64
    /// The rule of updates.
    package var optimizer: Optimizer
    /// Its learning rate.
    package var learningRate: Rate
    /// Bound on the Euclidean norm of all gradients together; nil leaves them alone.
    package var clipNorm: Double?
    /// What is kept of a forward pass.
    package var recomputation: Recomputation
    /// Stages at the start that read every window in shorter pieces; none where it is missing.
    ///
    /// Learned positions see more examples each, so that attention finds its neighbours sooner.
    ///
    /// > Source: Press et al. 2021, arXiv 2012.15832, section 4.
    package var shortWindows: [ShortWindows]?
  }

  /// A stage of short windows.
  package struct ShortWindows: Codable, Sendable, Equatable {
    /// Tokens in a piece; a divisor of `windowTokens`.
    package var tokens: Int
    /// The update that is the stage's last, counted from 1.
    package var untilStep: Int
  }

  /// AdamW's settings.
  package struct Optimizer: Codable, Sendable, Equatable {
    /// Which optimizer.
    package enum Name: String, Codable, Sendable, CaseIterable {
      /// Adam with decoupled weight decay.
      case adamw
    }

    /// Which optimizer.
    package var name: Name
    /// β₁.
    package var beta1: Double
    /// β₂.
    package var beta2: Double
    /// ε.
    package var epsilon: Double
    /// λ, as a share of the learning rate.
    package var weightDecay: Double
    /// Whether gains and biases decay as well.
    package var decaysVectors: Bool
  }

  /// A learning rate over the run.
  package struct Rate: Codable, Sendable, Equatable {
    /// The highest rate.
    package var peak: Double
    /// How it falls.
    package var schedule: LearningRate.Schedule
    /// Steps of linear warm-up.
    package var warmupSteps: Int
    /// Where it arrives.
    package var final: Double
  }

  /// When the development loss is taken, and on how much.
  package struct Evaluation: Codable, Sendable, Equatable {
    /// Every so many steps, and after the last.
    package var every: Int
    /// On so many windows, spread over the text.
    package var windows: Int
  }

  /// When the state is written.
  package struct Checkpoint: Codable, Sendable, Equatable {
    /// Every so many steps, and after the last.
    package var every: Int
  }
}

extension Recipe {
  /// The optimizer.
  var adamW: AdamW {
    let settings = training.optimizer
    return AdamW(
      beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon,
      weightDecay: settings.weightDecay)
  }

  /// The learning rate over all steps.
  var learningRate: LearningRate {
    let rate = training.learningRate
    return LearningRate(
      peak: rate.peak, schedule: rate.schedule, warmupSteps: rate.warmupSteps, final: rate.final,
      steps: training.steps)
  }

  /// Tokens of the windows that step `step`, from 0, reads.
  func windowTokens(at step: Int) -> Int {
    training.shortWindows?.first { step < $0.untilStep }?.tokens ?? data.windowTokens
  }

  /// Tokens that a step reads.
  var stepTokens: Int { training.batchWindows * data.windowTokens }
}
