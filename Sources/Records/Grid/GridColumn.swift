package import Vocabulary

/// One column: what is measured, of which of the paper's models, on which text or tasks, at which bits.
package struct GridColumn: Codable, Sendable, Equatable {
  /// Unique in the grid; part of a cell's address.
  package var key: String
  /// The printed header.
  package var label: String
  /// What is measured.
  package var metric: Metric
  /// The bits label, such as `W4A4`, see ``BitsLabel``; nil where the rows name their bits.
  package var bits: BitsLabel?
  /// The paper's model, a key of ``Grid/models``; nil means the scale's one model.
  package var model: String?
  /// The text, a key of ``Grid/texts``; nil means the scale's one text.
  ///
  /// Methods calibrate and train on it, and perplexity is of it.
  package var text: String?
  /// The tasks, keys of ``Grid/texts``; of several, the column shows the mean of their scores.
  package var tasks: [String]
  /// What the method is asked to do.
  package var stage: TrainingStage
  /// Why no cell of this column runs yet; nil when they do.
  package var notRun: String?

  /// A column from its parts.
  package init(
    key: String, label: String, metric: Metric, bits: BitsLabel? = nil, model: String? = nil,
    text: String? = nil, tasks: [String] = [], stage: TrainingStage = .pretraining,
    notRun: String? = nil
  ) {
    self.key = key
    self.label = label
    self.metric = metric
    self.bits = bits
    self.model = model
    self.text = text
    self.tasks = tasks
    self.stage = stage
    self.notRun = notRun
  }

  /// Reads a column; only key, label and metric must be there.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    key = try container.decode(String.self, forKey: .key)
    label = try container.decode(String.self, forKey: .label)
    metric = try container.decode(Metric.self, forKey: .metric)
    bits = try container.decodeIfPresent(BitsLabel.self, forKey: .bits)
    model = try container.decodeIfPresent(String.self, forKey: .model)
    text = try container.decodeIfPresent(String.self, forKey: .text)
    tasks = try container.decodeIfPresent([String].self, forKey: .tasks) ?? []
    stage = try container.decodeIfPresent(TrainingStage.self, forKey: .stage) ?? .pretraining
    notRun = try container.decodeIfPresent(String.self, forKey: .notRun)
  }
}

/// A model, a text and tasks under which numbers may stand side by side.
///
/// Cells of one panel share checkpoint, tokenizer, token stream, windows and examples; cells of two
/// panels are never compared.
package struct GridPanel: Hashable, Sendable {
  /// The paper's model, a key of ``Grid/models``; nil means the scale's one model.
  package var model: String?
  /// The text, a key of ``Grid/texts``; nil means the scale's one text.
  package var text: String?
  /// The tasks, keys of ``Grid/texts``: all that one model answers without training on them, or the
  /// one that it is fine-tuned on.
  package var tasks: [String]
  /// What methods are asked to do.
  package var stage: TrainingStage

  /// A panel from its parts.
  package init(
    model: String? = nil, text: String? = nil, tasks: [String] = [],
    stage: TrainingStage = .pretraining
  ) {
    self.model = model
    self.text = text
    self.tasks = tasks
    self.stage = stage
  }
}

extension Grid {
  /// The panels that a column's cells belong to.
  ///
  /// A fine-tuned model knows one task, so each is a panel; without fine-tuning one model answers the
  /// tasks of all columns.
  package func panels(of column: GridColumn) -> [GridPanel] {
    guard column.stage == .finetuning, !column.tasks.isEmpty else {
      var tasks: [String] = []
      if !column.tasks.isEmpty {
        tasks = columns.filter {
          $0.stage == column.stage && $0.model == column.model && $0.text == column.text
        }.flatMap(\.tasks).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
      }
      return [
        GridPanel(model: column.model, text: column.text, tasks: tasks, stage: column.stage)
      ]
    }
    return column.tasks.map {
      GridPanel(model: column.model, text: column.text, tasks: [$0], stage: .finetuning)
    }
  }
}

extension Grid {
  /// How lists name a panel: the paper's model, the text and the tasks, as far as columns name them.
  package func title(of panel: GridPanel) -> String {
    var words: [String] = []
    if let model = panel.model { words.append(models[model] ?? model) }
    if let text = panel.text { words.append(texts[text] ?? text) }
    words += panel.tasks.map { texts[$0] ?? $0 }
    return words.isEmpty ? "other columns" : words.joined(separator: ", ")
  }
}

/// What a method is asked to do with the training split.
package enum TrainingStage: String, Codable, Sendable, CaseIterable {
  /// Keep the language model: the paper's quantized pre-training, and all post-training methods.
  case pretraining
  /// Learn a task: the paper's quantized fine-tuning.
  case finetuning
}
