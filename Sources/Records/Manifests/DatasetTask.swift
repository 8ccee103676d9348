/// A task that a dataset's files hold: which files, how they are read, how many examples are taken.
package struct DatasetTask: Codable, Sendable, Equatable {
  /// Its name within the dataset; the dataset's own where it has one task.
  package var name: String
  /// How tables name it.
  package var label: String
  /// How rows are read and worded, see ``TaskSource/format``.
  package var format: String
  /// Whether a model is trained on it.
  package var use: TaskUse
  /// Ways to split it; the first whose files are all there is taken.
  package var splits: [TaskSplit]
  /// How many examples each split has; a smaller set is taken as it is.
  package var examples: ExampleCounts
  /// Ids that a prompt may have; nil means as many as the model has positions.
  package var contextTokens: Int?

  /// A task from its parts.
  package init(
    name: String, label: String, format: String, use: TaskUse, splits: [TaskSplit],
    examples: ExampleCounts = ExampleCounts(), contextTokens: Int? = nil
  ) {
    self.name = name
    self.label = label
    self.format = format
    self.use = use
    self.splits = splits
    self.examples = examples
    self.contextTokens = contextTokens
  }

  /// Reads a task; counts and context may be left out.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    label = try container.decode(String.self, forKey: .label)
    format = try container.decode(String.self, forKey: .format)
    use = try container.decode(TaskUse.self, forKey: .use)
    splits = try container.decode([TaskSplit].self, forKey: .splits)
    examples =
      try container.decodeIfPresent(ExampleCounts.self, forKey: .examples) ?? ExampleCounts()
    contextTokens = try container.decodeIfPresent(Int.self, forKey: .contextTokens)
  }
}

/// One way to find a task's splits in a dataset's files.
package struct TaskSplit: Codable, Sendable, Equatable {
  /// Its name, such as `as GLUE publishes it`.
  package var name: String
  /// Files whose examples are trained on and chosen on; empty for a task that is only scored.
  package var train: [DatasetPart]
  /// Files whose examples are chosen on; empty when they are drawn from those of ``train``.
  package var development: [DatasetPart]
  /// Files whose examples are scored; empty when they are drawn from those of ``train``.
  package var test: [DatasetPart]

  /// A split from its parts.
  package init(
    name: String, train: [DatasetPart] = [], development: [DatasetPart] = [],
    test: [DatasetPart] = []
  ) {
    self.name = name
    self.train = train
    self.development = development
    self.test = test
  }

  /// Reads a split; each list may be left out.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    train = try container.decodeIfPresent([DatasetPart].self, forKey: .train) ?? []
    development = try container.decodeIfPresent([DatasetPart].self, forKey: .development) ?? []
    test = try container.decodeIfPresent([DatasetPart].self, forKey: .test) ?? []
  }

  /// Names of all files that the split uses.
  package var fileNames: Set<String> { Set(parts.map(\.file)) }

  /// All parts, those that are trained on first.
  package var parts: [DatasetPart] { train + development + test }
}
