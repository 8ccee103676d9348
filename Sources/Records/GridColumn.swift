/// One column: what is measured, on which of the paper's models and texts, at which bits.
package struct GridColumn: Codable, Sendable, Equatable {
  /// Unique in the grid; part of a cell's address.
  package var key: String
  /// The printed header.
  package var label: String
  /// What is measured.
  package var metric: Metric
  /// The bits label, such as `W4A4`; read it with ``BitsLabel``. Nil where the rows name their bits.
  package var bits: String?
  /// The paper's model, a key of ``Grid/models``; nil means the scale's one model.
  package var model: String?
  /// The texts or tasks, keys of ``Grid/texts``; empty means the scale's one text.
  ///
  /// Of several, each is a cell of its own, and the column shows the mean of their scores.
  package var texts: [String]
  /// What the method is asked to do.
  package var stage: TrainingStage
  /// Why no cell of this column runs yet; nil when they do.
  package var notRun: String?

  /// A column from its parts.
  package init(
    key: String, label: String, metric: Metric, bits: String? = nil, model: String? = nil,
    texts: [String] = [], stage: TrainingStage = .pretraining, notRun: String? = nil
  ) {
    self.key = key
    self.label = label
    self.metric = metric
    self.bits = bits
    self.model = model
    self.texts = texts
    self.stage = stage
    self.notRun = notRun
  }

  /// Reads a column; only key, label and metric must be there.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    key = try container.decode(String.self, forKey: .key)
    label = try container.decode(String.self, forKey: .label)
    metric = try container.decode(Metric.self, forKey: .metric)
    bits = try container.decodeIfPresent(String.self, forKey: .bits)
    model = try container.decodeIfPresent(String.self, forKey: .model)
    texts = try container.decodeIfPresent([String].self, forKey: .texts) ?? []
    stage = try container.decodeIfPresent(TrainingStage.self, forKey: .stage) ?? .pretraining
    notRun = try container.decodeIfPresent(String.self, forKey: .notRun)
  }

  /// The panels that the column's cells belong to: one per text, or one when it names none.
  package var panels: [GridPanel] {
    texts.isEmpty
      ? [GridPanel(model: model, text: nil)] : texts.map { GridPanel(model: model, text: $0) }
  }
}

/// A model and a text under which numbers may stand side by side.
///
/// Cells of one panel share checkpoint, tokenizer, token stream and windows; cells of two panels are
/// never compared.
package struct GridPanel: Hashable, Sendable {
  /// The paper's model, a key of ``Grid/models``; nil means the scale's one model.
  package var model: String?
  /// The text or task, a key of ``Grid/texts``; nil means the scale's one text.
  package var text: String?

  /// A panel from its parts.
  package init(model: String? = nil, text: String? = nil) {
    self.model = model
    self.text = text
  }
}

/// What a method is asked to do with the training split.
package enum TrainingStage: String, Codable, Sendable, CaseIterable {
  /// Keep the language model: the paper's quantized pre-training, and all post-training methods.
  case pretraining
  /// Learn a task: the paper's quantized fine-tuning.
  case finetuning
}

/// What a column measures.
package enum Metric: String, Codable, Sendable, CaseIterable {
  /// exp of the mean of window means; lower is better.
  case perplexity
  /// Share of right answers, in percent; higher is better.
  case accuracy
  /// Share of right answers with log-likelihoods per character of the answer, in percent.
  case accuracyNormalised = "acc_norm"
  /// Mean overlap of given and right answer (F1 of words), in percent.
  case f1
  /// Memory of a training's weights as a share of half-precision weights, in percent.
  case memory

  /// Whether a smaller value is a better one.
  package var isLowerBetter: Bool { self == .perplexity || self == .memory }
}
