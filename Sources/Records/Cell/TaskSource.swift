package import JSONText

/// A task of a cell: files of examples, what is made of them, and how many.
public struct TaskSource: Codable, Sendable, Equatable {
  /// The name that scores carry: `zeroshot-piqa`, `sst2`.
  public var name: String
  /// How rows are read and worded: `piqa`, `sst2`, ….
  public var format: String
  /// Whether the model is trained on the task.
  public var use: TaskUse
  /// Files (or parts, cut between lines) whose examples are trained on and chosen on; empty for a task
  /// that is only scored.
  public var train: [TextPart]
  /// Files whose examples are chosen on; null when they are drawn from those of ``train``.
  public var development: [TextPart]?
  /// Files whose examples are scored; empty when they are drawn from those of ``train``.
  public var test: [TextPart]
  /// How many examples each split has.
  public var examples: ExampleCounts
  /// Seed of the permutation that draws them: the same for all methods and seeds of a cell, so that
  /// outcomes can be compared example by example.
  public var sampleSeed: UInt64
  /// Ids that a prompt may have; null means as many as the model has positions.
  public var contextTokens: Int?

  /// All parts, those that are trained on first.
  package var parts: [TextPart] { train + (development ?? []) + test }

  /// A source from its parts.
  public init(
    name: String, format: String, use: TaskUse, train: [TextPart],
    development: [TextPart]? = nil, test: [TextPart], examples: ExampleCounts,
    sampleSeed: UInt64 = 0, contextTokens: Int? = nil
  ) {
    self.name = name
    self.format = format
    self.use = use
    self.train = train
    self.development = development
    self.test = test
    self.examples = examples
    self.sampleSeed = sampleSeed
    self.contextTokens = contextTokens
  }
}

/// What a task is for.
public enum TaskUse: String, Codable, Sendable, CaseIterable {
  /// Only scored, after training on text or none.
  case zeroShot = "zero-shot"
  /// Trained on, chosen on and scored.
  case fineTuning = "fine-tuning"
}

/// How many examples the splits of a task have.
public struct ExampleCounts: Codable, Sendable, Equatable {
  /// Examples to train on; null means all that are left.
  public var train: Int?
  /// Examples to choose on; null means none.
  public var development: Int?
  /// Examples to score; null means all.
  public var test: Int?
  /// Whether a smaller set is taken as it is, or is an error; null stands for yes in a manifest and a
  /// cell, for no where a scale names counts of its own.
  public var mayBeFewer: Bool?

  /// Counts from their parts.
  public init(train: Int? = nil, development: Int? = nil, test: Int? = nil, mayBeFewer: Bool? = nil)
  {
    self.train = train
    self.development = development
    self.test = test
    self.mayBeFewer = mayBeFewer
  }

  /// Holds every count to at least one.
  ///
  /// - Parameters:
  ///   - place: The pointer of the counts; errors point at the count.
  ///   - document: The text that they were decoded from.
  /// - Throws: ``JSONText/JSONError`` at the first that is smaller.
  package func check(at place: String, in document: JSONDocument) throws(JSONError) {
    for (name, count) in [("train", train), ("development", development), ("test", test)] {
      if let count, count < 1 {
        throw document.error(
          at: "\(place)/\(name)", "expected a positive number of examples, found \(count)")
      }
    }
  }

  /// These counts with those that `other` names in their place.
  package func replaced(by other: ExampleCounts?) -> ExampleCounts {
    guard let other else { return self }
    return ExampleCounts(
      train: other.train ?? train, development: other.development ?? development,
      test: other.test ?? test, mayBeFewer: other.mayBeFewer ?? false)
  }
}
