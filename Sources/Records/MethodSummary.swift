/// What a method's card says, for lists and tables; the harness never sees the card itself.
package struct MethodSummary: Codable, Sendable, Equatable {
  /// The registry's name.
  package var name: String
  /// One line.
  package var summary: String
  /// Its family, such as `PTQ` or `ZO-QAT`.
  package var category: String
  /// `WO` for weights alone, `WA` for weights and activations, `–` for nothing.
  package var target: String
  /// Whether it trains weights on text.
  package var trainsOnText: Bool
  /// Whether it trains weights on a task.
  package var trainsOnTasks: Bool
  /// What it has to compute, in words.
  package var cost: String
  /// Author, year and arXiv id.
  package var citation: String
  /// Whether it is there for studying methods, and no row of a table.
  package var isDiagnostic: Bool

  /// Whether what it trains is the full-precision model, so that cells of other bits may share the training.
  package var trainsInFullPrecision: Bool { category == Self.fullPrecisionTraining }

  /// The family of such methods, as cards name it.
  private static let fullPrecisionTraining = "ZO"

  /// A summary from its parts.
  package init(
    name: String, summary: String, category: String, target: String, trainsOnText: Bool,
    trainsOnTasks: Bool, cost: String, citation: String, isDiagnostic: Bool = false
  ) {
    self.name = name
    self.summary = summary
    self.category = category
    self.target = target
    self.trainsOnText = trainsOnText
    self.trainsOnTasks = trainsOnTasks
    self.cost = cost
    self.citation = citation
    self.isDiagnostic = isDiagnostic
  }
}
