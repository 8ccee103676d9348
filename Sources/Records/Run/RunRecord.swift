internal import Vocabulary

/// What one cell produced.
///
/// All members but ``measurement`` are a function of the cell alone: equal for every thread count,
/// byte for byte.
public struct RunRecord: Codable, Sendable, Equatable {
  /// The version of this layout.
  public static let currentSchema = 2

  /// Version of this layout.
  public var schema: Int
  /// The cell that was run, echoed.
  public var cell: Cell
  /// How it ended.
  public var status: RunStatus
  /// For all but ``RunStatus/finished``: why, with layer and step where known.
  public var reason: String?
  /// Of a run that diverged, where its numbers stopped being finite; else null.
  public var divergence: RunDivergence?
  /// Scores of the final model, or of the checkpoint that ``selection`` names, by split.
  public var scores: [Score]
  /// Scores while training, if any; the first entry is the initialisation.
  public var trajectory: [TrajectoryPoint]
  /// Which checkpoint the scores are of, and why; null where there were none to choose from.
  public var selection: CheckpointSelection?
  /// Health of zeroth-order training, if any.
  public var zerothOrder: ZerothOrderSummary?
  /// SHA-256 by name: `tokens.train`, `tokens.development`, `tokens.test`, `weights.final`
  /// (linear weights), `others.final` (all other parameters), ….
  public var digests: [NamedText]
  /// Figures that a method wants to keep, such as the chosen alpha or bits per weight.
  public var facts: [NamedNumber]
  /// Curves: a figure per block, per epoch or per step.
  public var series: [RunSeries]
  /// Fallbacks and oddities, each a sentence; they become footnotes.
  public var events: [String]
  /// Time, memory, machine: the part that differs from run to run.
  public var measurement: Measurement?

  /// A record from its parts.
  public init(
    schema: Int = RunRecord.currentSchema, cell: Cell, status: RunStatus, reason: String? = nil,
    divergence: RunDivergence? = nil, scores: [Score] = [], trajectory: [TrajectoryPoint] = [],
    selection: CheckpointSelection? = nil, zerothOrder: ZerothOrderSummary? = nil,
    digests: [NamedText] = [], facts: [NamedNumber] = [], series: [RunSeries] = [],
    events: [String] = [], measurement: Measurement? = nil
  ) {
    self.schema = schema
    self.cell = cell
    self.status = status
    self.reason = reason
    self.divergence = divergence
    self.scores = scores
    self.trajectory = trajectory
    self.selection = selection
    self.zerothOrder = zerothOrder
    self.digests = digests
    self.facts = facts
    self.series = series
    self.events = events
    self.measurement = measurement
  }

  /// Reads a record; those from before there were series have none.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    schema = try container.decode(Int.self, forKey: .schema)
    cell = try container.decode(Cell.self, forKey: .cell)
    status = try container.decode(RunStatus.self, forKey: .status)
    reason = try container.decodeIfPresent(String.self, forKey: .reason)
    divergence = try container.decodeIfPresent(RunDivergence.self, forKey: .divergence)
    scores = try container.decode([Score].self, forKey: .scores)
    trajectory = try container.decode([TrajectoryPoint].self, forKey: .trajectory)
    selection = try container.decodeIfPresent(CheckpointSelection.self, forKey: .selection)
    zerothOrder = try container.decodeIfPresent(ZerothOrderSummary.self, forKey: .zerothOrder)
    digests = try container.decode([NamedText].self, forKey: .digests)
    facts = try container.decode([NamedNumber].self, forKey: .facts)
    series = try container.decodeIfPresent([RunSeries].self, forKey: .series) ?? []
    events = try container.decode([String].self, forKey: .events)
    measurement = try container.decodeIfPresent(Measurement.self, forKey: .measurement)
  }
}

/// How a cell ended.
public enum RunStatus: String, Codable, Sendable, CaseIterable {
  /// All scores are there.
  case finished
  /// A loss stopped being finite; scores up to then are kept.
  case diverged
  /// An error or a crash; `reason` says which.
  case failed
  /// By the memory model it needs more than the machine has: nothing of the model was loaded, and `reason`
  /// says how much it would take. A prediction, kept in the measurement's `analyticBytes`.
  case tooLarge
}

/// One figure of one split, with what is needed to redo its statistics: perplexity of text, or how well
/// a task is done.
public struct Score: Codable, Sendable, Equatable {
  /// `test` or `development`.
  public var split: String
  /// Of text `perplexity`; of a task `accuracy`, `acc_norm`, `f1` or `exact-match`.
  public var metric: String
  /// Of text, exp of the mean of window means; of a task, the mean of ``outcomes``, 0…1; null when not
  /// finite.
  public var value: Double?
  /// Mean negative log-likelihood in nats per token; null when not finite.
  public var meanNLL: Double?
  /// Standard error of ``meanNLL`` over windows, nats per token.
  public var standardErrorNLL: Double?
  /// Mean NLL of each window, nats per token; null entries are not finite.
  public var windowNLL: [Double?]
  /// Tokens scored in all.
  public var scoredTokens: Int
  /// The same mean NLL by a second, equally valid order of summation.
  ///
  /// The difference is the rounding floor. Null when it wasn't measured.
  public var alternativeMeanNLL: Double?
  /// The task's name, see ``TaskSource/name``; null for text.
  public var task: String?
  /// Of a task, example by example: 1 or 0 for right or wrong, or an F1; null for text.
  ///
  /// Cells of equal protocol have the same examples in the same order. ``windowNLL`` is empty then.
  public var outcomes: [Double]?
  /// Of a task, standard error of ``value`` over examples: s/√n with s² = Σ(x − x̄)²/(n − 1); null for
  /// text, and for fewer than two examples.
  public var standardError: Double?
  /// Of a task that is trained on, the mean training loss over the split's examples, nats.
  public var meanLoss: Double?

  /// A score of a task from its parts.
  public init(
    split: String, task: String, metric: String, value: Double?, standardError: Double?,
    outcomes: [Double], scoredTokens: Int, meanLoss: Double? = nil
  ) {
    self.init(
      split: split, metric: metric, value: value, meanNLL: nil, standardErrorNLL: nil,
      windowNLL: [], scoredTokens: scoredTokens)
    self.task = task
    self.outcomes = outcomes
    self.standardError = standardError
    self.meanLoss = meanLoss
  }

  /// A score of text from its parts.
  public init(
    split: String, metric: String, value: Double?, meanNLL: Double?, standardErrorNLL: Double?,
    windowNLL: [Double?], scoredTokens: Int, alternativeMeanNLL: Double? = nil
  ) {
    self.split = split
    self.metric = metric
    self.value = value
    self.meanNLL = meanNLL
    self.standardErrorNLL = standardErrorNLL
    self.windowNLL = windowNLL
    self.scoredTokens = scoredTokens
    self.alternativeMeanNLL = alternativeMeanNLL
  }
}

/// Scores at one step of training.
public struct TrajectoryPoint: Codable, Sendable, Equatable {
  /// Updates done so far; 0 is the initialisation.
  public var step: Int
  /// Mean NLL per development window, nats per token.
  public var developmentWindowNLL: [Double?]
  /// Mean NLL per test window, nats per token; a report, never a choice.
  public var testWindowNLL: [Double?]
  /// How well the task is done on development examples; null where text is trained on.
  public var developmentTask: TaskPoint?
  /// How well the task is done on test examples; null also where this step isn't the best so far.
  public var testTask: TaskPoint?

  /// A point of training on a task; nothing of text is scored.
  public init(step: Int, developmentTask: TaskPoint, testTask: TaskPoint?) {
    self.init(step: step, developmentWindowNLL: [], testWindowNLL: [])
    self.developmentTask = developmentTask
    self.testTask = testTask
  }

  /// A point from its parts.
  public init(step: Int, developmentWindowNLL: [Double?], testWindowNLL: [Double?]) {
    self.step = step
    self.developmentWindowNLL = developmentWindowNLL
    self.testWindowNLL = testWindowNLL
  }
}

/// How well a task is done at one step of training.
public struct TaskPoint: Codable, Sendable, Equatable {
  /// `accuracy` or `f1`.
  public var metric: String
  /// Its value, 0…1; null where only the loss was computed, as for answers that must be generated.
  public var value: Double?
  /// Mean training loss over the examples, nats: what development chooses by.
  public var meanLoss: Double

  /// A point from its parts.
  public init(metric: String, value: Double?, meanLoss: Double) {
    self.metric = metric
    self.value = value
    self.meanLoss = meanLoss
  }
}

/// Health of zeroth-order training.
public struct ZerothOrderSummary: Codable, Sendable, Equatable {
  /// Updates done.
  public var steps: Int
  /// Forward passes over training tokens.
  public var forwards: Int
  /// Training tokens seen, counting a token once per step.
  public var tokens: Int
  /// Perturbation scale ε.
  public var epsilon: Double
  /// Learning rate η.
  public var learningRate: Double
  /// Parameters that the probes perturb.
  public var trainableParameters: Int
  /// Mean of |L₊ − L₋|, nats.
  public var meanAbsoluteDifference: Double
  /// Largest |L₊ − L₋|, nats.
  public var largestAbsoluteDifference: Double
  /// Share of steps whose difference was clipped, 0…1.
  public var clippedShare: Double
  /// Root mean square of the projected gradient g.
  public var rootMeanSquareGradient: Double
  /// The step whose development score was best; 0 is the initialisation.
  public var bestDevelopmentStep: Int
  /// Mean probe losses (L₊ + L₋)/2 of each step, nats.
  public var probeLosses: [Double]

  /// A summary from its parts.
  public init(
    steps: Int, forwards: Int, tokens: Int, epsilon: Double, learningRate: Double,
    trainableParameters: Int, meanAbsoluteDifference: Double, largestAbsoluteDifference: Double,
    clippedShare: Double, rootMeanSquareGradient: Double, bestDevelopmentStep: Int,
    probeLosses: [Double]
  ) {
    self.steps = steps
    self.forwards = forwards
    self.tokens = tokens
    self.epsilon = epsilon
    self.learningRate = learningRate
    self.trainableParameters = trainableParameters
    self.meanAbsoluteDifference = meanAbsoluteDifference
    self.largestAbsoluteDifference = largestAbsoluteDifference
    self.clippedShare = clippedShare
    self.rootMeanSquareGradient = rootMeanSquareGradient
    self.bestDevelopmentStep = bestDevelopmentStep
    self.probeLosses = probeLosses
  }
}

/// A name and a text.
public struct NamedText: Codable, Sendable, Equatable {
  /// What it is.
  public var name: String
  /// The text.
  public var text: String

  /// A pair.
  public init(_ name: String, _ text: String) {
    self.name = name
    self.text = text
  }
}

/// A name, a number and its unit.
public struct NamedNumber: Codable, Sendable, Equatable {
  /// What it is.
  public var name: String
  /// The number.
  public var value: Double
  /// Its unit, such as `bits` or `bytes`.
  public var unit: String

  /// A figure.
  public init(_ name: String, _ value: Double, unit: String) {
    self.name = name
    self.value = value
    self.unit = unit
  }
}
