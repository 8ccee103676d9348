/// What one cell produced.
///
/// All members but ``measurement`` are a function of the cell alone: equal for every thread count,
/// byte for byte.
public struct RunRecord: Codable, Sendable, Equatable {
  /// The version of this layout.
  public static let currentSchema = 1

  /// Version of this layout.
  public var schema: Int
  /// The cell that was run, echoed.
  public var cell: Cell
  /// How it ended.
  public var status: RunStatus
  /// For ``RunStatus/failed`` and ``RunStatus/diverged``: why, with layer and step where known.
  public var reason: String?
  /// Scores of the final model, by split.
  public var scores: [Score]
  /// Scores while training, if any; the first entry is the initialisation.
  public var trajectory: [TrajectoryPoint]
  /// Health of zeroth-order training, if any.
  public var zerothOrder: ZerothOrderSummary?
  /// SHA-256 by name: `tokens.train`, `tokens.development`, `tokens.test`, `weights.final`
  /// (linear weights), `others.final` (all other parameters), ….
  public var digests: [NamedText]
  /// Figures that a method wants to keep, such as the chosen alpha or bits per weight.
  public var facts: [NamedNumber]
  /// Fallbacks and oddities, each a sentence; they become footnotes.
  public var events: [String]
  /// Time, memory, machine: the part that differs from run to run.
  public var measurement: Measurement?

  /// A record from its parts.
  public init(
    schema: Int = RunRecord.currentSchema, cell: Cell, status: RunStatus, reason: String? = nil,
    scores: [Score] = [], trajectory: [TrajectoryPoint] = [],
    zerothOrder: ZerothOrderSummary? = nil, digests: [NamedText] = [], facts: [NamedNumber] = [],
    events: [String] = [], measurement: Measurement? = nil
  ) {
    self.schema = schema
    self.cell = cell
    self.status = status
    self.reason = reason
    self.scores = scores
    self.trajectory = trajectory
    self.zerothOrder = zerothOrder
    self.digests = digests
    self.facts = facts
    self.events = events
    self.measurement = measurement
  }
}

/// How a cell ended.
public enum RunStatus: String, Codable, Sendable {
  /// All scores are there.
  case finished
  /// A loss stopped being finite; scores up to then are kept.
  case diverged
  /// An error or a crash; `reason` says which.
  case failed
}

/// Perplexity of one split, with what is needed to redo its statistics.
public struct Score: Codable, Sendable, Equatable {
  /// `test` or `development`.
  public var split: String
  /// `perplexity`.
  public var metric: String
  /// exp of the mean of window means; null when not finite.
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

  /// A score from its parts.
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

  /// A point from its parts.
  public init(step: Int, developmentWindowNLL: [Double?], testWindowNLL: [Double?]) {
    self.step = step
    self.developmentWindowNLL = developmentWindowNLL
    self.testWindowNLL = testWindowNLL
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
