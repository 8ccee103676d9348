internal import JSONText

/// The tasks that models are fine-tuned on, worded as MeZO words them.
///
/// > Source: Malladi et al. 2023, arXiv:2305.17333, table 13, and the official code,
///   large_models/templates.py; ZeroQAT uses them unchanged.
package enum FineTuningTask: String, Sendable, CaseIterable {
  /// Is a sentence of a film review good or bad? (Socher et al. 2013; GLUE's form.)
  case sst2
  /// The same question for VADER's film-review snippets (Hutto and Gilbert 2014), which people rated from
  /// −4 to 4.
  case snippets
  /// Which of two sources is a sentence from? The parts of the split say, see ``SourceSentences``.
  case source
  /// Does a premise entail a hypothesis? (Dagan et al. 2005; SuperGLUE's form.)
  case rte
  /// Entailment, contradiction or neither? (de Marneffe et al. 2019.)
  case cb
  /// A yes-no question about a passage (Clark et al. 2019, arXiv:1905.10044).
  case boolq
  /// The likelier cause or effect (Roemmele et al. 2011).
  case copa
  /// A question about a passage, answered in its words (Rajpurkar et al. 2016, arXiv:1606.05250).
  case squad

  /// What training minimizes.
  package var loss: TaskLoss {
    switch self {
    case .sst2, .snippets, .source, .rte, .cb, .boolq: .choice
    // MeZO's scripts train these on the right answer's tokens (large_models/mezo.sh).
    case .copa, .squad: .tokens
    }
  }

  /// Whether answers are generated and compared with words, not chosen.
  package var isGenerated: Bool { self == .squad }

  /// The examples of a file, in its order.
  ///
  /// - Throws: ``TaskError`` when the file can't be read, holds no example, or a row isn't of this task; for
  ///   one whose rows don't hold their answers.
  package func examples(at path: String, from: Int = 0, to: Int? = nil) throws(TaskError)
    -> [OptionExample]
  {
    let examples: [OptionExample]
    switch self {
    case .sst2:
      examples = try TaskRow.tabSeparated(at: path, from: from, to: to)
        .map { row throws(TaskError) in try sentence(row) }
    case .snippets:
      var kept: [OptionExample] = []
      let rows = try TaskRow.tabSeparated(
        at: path, from: from, to: to, names: ["id", "valence", "text"])
      for row in rows { if let example = try snippet(row) { kept.append(example) } }
      examples = kept
    case .rte, .cb, .boolq, .copa:
      examples = try TaskRow.jsonLines(at: path, from: from, to: to)
        .map { row throws(TaskError) in try example(row) }
    case .squad:
      examples = try SQuADFile.examples(at: path)
    case .source:
      throw .noAnswer(file: path)
    }
    guard !examples.isEmpty else { throw .noExamples(file: path) }
    return examples
  }

  /// The example of one row of JSON.
  private func example(_ row: TaskRow) throws(TaskError) -> OptionExample {
    switch self {
    case .rte: try entailment(row)
    case .cb: try commitment(row)
    case .boolq: try question(row)
    case .copa: try alternatives(row)
    case .sst2, .snippets, .source, .squad: throw row.error("expected another kind of file")
    }
  }

  /// `sentence`, `label` 0 or 1.
  private func sentence(_ row: TaskRow) throws(TaskError) -> OptionExample {
    try Self.feeling(row.string("sentence"), isGood: row.index("label", below: 2) == 1)
  }

  /// An id, the mean rating, the text; nil when people weren't sure: between −1 and 1.
  private func snippet(_ row: TaskRow) throws(TaskError) -> OptionExample? {
    let rating = try row.string("valence")
    guard let valence = Double(rating), (-4...4).contains(valence) else {
      throw row.error("expected a rating from -4 to 4, found '\(rating)'")
    }
    guard valence.magnitude >= 1 else { return nil }
    return try Self.feeling(row.string("text"), isGood: valence > 0)
  }

  private static func feeling(_ text: String, isGood: Bool) -> OptionExample {
    statement(text.trimmed, answers: ["terrible", "great"], answer: isGood ? 1 : 0)
  }

  /// A sentence, and a word about it.
  static func statement(_ text: String, answers: [String], answer: Int) -> OptionExample {
    OptionExample(context: "\(text) It was", answers: answers, answer: answer)
  }

  /// `premise`, `hypothesis`, `label`; GLUE's number 0 means entailment as well.
  private func entailment(_ row: TaskRow) throws(TaskError) -> OptionExample {
    let answer =
      if case .integer = row.value["label"] { try row.index("label", below: 2) } else {
        try row.index("label", among: ["entailment", "not_entailment"])
      }
    return OptionExample(
      context: "\(try row.string("premise"))\nDoes this mean that "
        + "\"\(try row.string("hypothesis"))\" is true? Yes or No?\n",
      directAnswers: ["Yes", "No"], answer: answer)
  }

  /// `premise`, `hypothesis`, `label`.
  private func commitment(_ row: TaskRow) throws(TaskError) -> OptionExample {
    let answer =
      if case .integer = row.value["label"] { try row.index("label", below: 3) } else {
        try row.index("label", among: ["entailment", "contradiction", "neutral"])
      }
    return OptionExample(
      context: "Suppose \(try row.string("premise")) Can we infer that "
        + "\"\(try row.string("hypothesis"))\"? Yes, No, or Maybe?\n",
      directAnswers: ["Yes", "No", "Maybe"], answer: answer)
  }

  /// `passage`, `question`, `label` or `answer`: true or false.
  private func question(_ row: TaskRow) throws(TaskError) -> OptionExample {
    var question = try row.string("question")
    if !question.hasSuffix("?") { question += "?" }
    let isTrue =
      if case .integer = row.value["label"] { try row.index("label", below: 2) == 1 } else {
        try row.bool(row.has("label") ? "label" : "answer")
      }
    return OptionExample(
      context: "\(try row.string("passage")) \(question.firstCapitalized)\n",
      directAnswers: ["Yes", "No"], answer: isTrue ? 0 : 1)
  }

  /// `premise`, `choice1`, `choice2`, `question` cause or effect, `label` 0 or 1.
  private func alternatives(_ row: TaskRow) throws(TaskError) -> OptionExample {
    var premise = try row.string("premise").trimmedAtEnd
    if premise.hasSuffix(".") { premise.removeLast() }
    let kind = try row.index("question", among: ["effect", "cause"])
    let choices = [try row.string("choice1"), try row.string("choice2")]
    return OptionExample(
      context: premise + (kind == 0 ? " so" : " because"),
      answers: choices.map(\.withFirstWordInLowerCase), answer: try row.index("label", below: 2))
  }
}

/// What training on a task minimizes.
package enum TaskLoss: String, Sendable, CaseIterable {
  /// Cross-entropy of the right option, with the options' mean log-likelihoods per token as logits.
  case choice
  /// Mean cross-entropy over all tokens of the right answers of a batch.
  case tokens
}

extension OptionExample {
  /// An example whose answers follow the text as it stands.
  init(context: String, directAnswers: [String], answer: Int) {
    self.init(
      options: directAnswers.map {
        Option(context: context, continuation: $0, characters: $0.unicodeScalars.count)
      },
      answer: answer)
  }
}

extension String {
  /// The text with its first character in upper case.
  fileprivate var firstCapitalized: String { prefix(1).uppercased() + dropFirst() }

  /// The text with all of its first word in lower case, unless that is "I".
  fileprivate var withFirstWordInLowerCase: String {
    let first = prefix { $0 != " " }
    return (first == "I" ? "I" : first.lowercased()) + dropFirst(first.count)
  }
}
