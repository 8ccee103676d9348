/// What a method is, for tables and lists.
package struct MethodCard: Sendable, Equatable {
  /// Which cost and which access to weights a method has.
  package enum Category: String, Sendable {
    /// Nothing is quantized.
    case fullPrecision = "full precision"
    /// Post-training quantization.
    case postTraining = "PTQ"
    /// Quantization-aware training by forward passes only.
    case zerothOrder = "ZO-QAT"
    /// Quantization-aware training by backpropagation.
    case firstOrder = "FO-QAT"
    /// Training of the full-precision model by forward passes only; quantized afterwards, if at all.
    case zerothOrderTuning = "ZO"
    /// For studying methods or testing the harness; never a row of a table.
    case diagnostic = "diagnostic"
  }

  /// What a method rounds.
  package enum Target: String, Sendable {
    /// Nothing.
    case nothing = "–"
    /// Weights alone.
    case weights = "WO"
    /// Weights and activations.
    case weightsAndActivations = "WA"
  }

  /// What a method has to compute, from little to much.
  package enum Cost: String, Sendable {
    /// Looks at weights alone.
    case weights = "weights alone"
    /// Forward passes over calibration text, once.
    case calibration = "forward passes, once"
    /// Gradients of one block at a time.
    case blockGradients = "gradients, block by block"
    /// Forward passes in every step of training; memory of inference.
    case forwardTraining = "forward passes, every step"
    /// Gradients of the whole model in every step of training.
    case gradientTraining = "gradients of the whole model, every step"
  }

  /// Name in grids: lowercase words joined by hyphens.
  package let name: String
  /// One line, without a period.
  package let summary: String
  /// Its family.
  package let category: Category
  /// Author, year and arXiv id, or what else it is known by.
  package let citation: String
  /// What it rounds.
  package let target: Target
  /// Whether it trains the model's weights on text: quantized pre-training.
  package let trainsOnText: Bool
  /// Whether it trains the model's weights on a task: quantized fine-tuning.
  package let trainsOnTasks: Bool
  /// What it has to compute.
  package let cost: Cost

  /// A card from its parts; what it doesn't say of a method is what holds for post-training ones.
  package init(
    name: String, summary: String, category: Category, citation: String,
    target: Target = .weightsAndActivations, trainsOnText: Bool = false,
    trainsOnTasks: Bool = false, cost: Cost = .calibration
  ) {
    self.name = name
    self.summary = summary
    self.category = category
    self.citation = citation
    self.target = target
    self.trainsOnText = trainsOnText
    self.trainsOnTasks = trainsOnTasks
    self.cost = cost
  }
}
