internal import JSONText

/// The zero-shot benchmarks, worded as lm-evaluation-harness words them without examples.
///
/// > Source: Gao et al., lm-evaluation-harness 0.4, its templates of these tasks: the strings that they
///   make are the reference that tests compare with.
package enum ZeroShotTask: String, Sendable, CaseIterable {
  /// Physical commonsense: two ways to reach a goal (Bisk et al. 2020, arXiv:1911.11641).
  case piqa
  /// School science, the easy part (Clark et al. 2018, arXiv:1803.05457).
  case arcEasy = "arc-easy"
  /// School science, the part that retrieval and co-occurrence fail on.
  case arcChallenge = "arc-challenge"
  /// How a scene goes on (Zellers et al. 2019, arXiv:1905.07830).
  case hellaswag
  /// Whom a pronoun means (Sakaguchi et al. 2020, arXiv:1907.10641).
  case winogrande

  /// The examples of a JSON Lines file, in its order.
  ///
  /// - Throws: ``TaskError`` when the file can't be read, is empty, or a row isn't of this task.
  package func examples(at path: String, from: Int = 0, to: Int? = nil) throws(TaskError)
    -> [OptionExample]
  {
    try TaskRow.jsonLines(at: path, from: from, to: to).map { row throws(TaskError) in
      try example(row)
    }
  }

  /// The example of one row.
  ///
  /// Beside the published form, a row may carry `query`, `choices` and `gold`: the text that is to be
  /// completed as it stands, the completions, and the number of the right one.
  ///
  /// - Throws: ``TaskError/row(file:line:_:)`` for a missing member or an unknown label.
  package func example(_ row: TaskRow) throws(TaskError) -> OptionExample {
    if row.has("query") {
      let choices = try row.strings("choices", least: 2)
      return OptionExample(
        context: try row.string("query"), answers: choices,
        answer: try row.index("gold", below: choices.count))
    }
    switch self {
    case .piqa: return try physical(row)
    case .arcEasy, .arcChallenge: return try science(row)
    case .hellaswag: return try scene(row)
    case .winogrande: return try pronoun(row)
    }
  }

  /// `goal`, `sol1`, `sol2`, `label` 0 or 1.
  private func physical(_ row: TaskRow) throws(TaskError) -> OptionExample {
    OptionExample(
      context: "Question: \(try row.string("goal"))\nAnswer:",
      answers: [try row.string("sol1"), try row.string("sol2")],
      answer: try row.index("label", below: 2))
  }

  /// `question`, `choices` with `text` and `label`, `answerKey`; or the authors' own nesting, in which
  /// `question` holds a `stem` and a list of choices.
  private func science(_ row: TaskRow) throws(TaskError) -> OptionExample {
    let question: String
    let (texts, labels): ([String], [String])
    if case .array(let choices) = row.value["question"]?["choices"] {
      question = try row.string(row.value["question"]?["stem"], "'question/stem'")
      texts = try choices.map { (choice) throws(TaskError) in
        try row.string(choice["text"], "'question/choices/text'")
      }
      labels = try choices.map { (choice) throws(TaskError) in
        try row.string(choice["label"], "'question/choices/label'")
      }
    } else {
      question = try row.string("question")
      texts = try row.strings("text", in: row.value["choices"], least: 2)
      labels = try row.strings("label", in: row.value["choices"], least: 2)
    }
    guard texts.count == labels.count, texts.count >= 2 else {
      throw row.error(
        "expected at least 2 choices with a label each, "
          + "found \(texts.count) texts and \(labels.count) labels")
    }
    return OptionExample(
      context: "Question: \(question)\nAnswer:", answers: texts,
      answer: try row.index("answerKey", among: labels))
  }

  /// `activity_label`, `ctx_a`, `ctx_b`, four `endings`, `label`.
  private func scene(_ row: TaskRow) throws(TaskError) -> OptionExample {
    let second = try row.string("ctx_b")
    let context =
      "\(try row.string("activity_label")): \(try row.string("ctx_a")) \(second.capitalizedOnce)"
    let endings = try row.strings("endings", least: 2).map(\.withoutWikiHowMarks)
    return OptionExample(
      context: context.withoutWikiHowMarks, answers: endings,
      answer: try row.index("label", below: endings.count))
  }

  /// `sentence` with a `_`, `option1`, `option2`, `answer` 1 or 2.
  ///
  /// The options stand before what is scored: which of them makes the rest of the sentence likelier?
  /// So a length-normalised score divides by the length of the beginning, option included.
  private func pronoun(_ row: TaskRow) throws(TaskError) -> OptionExample {
    let sentence = Array(try row.string("sentence").unicodeScalars)
    guard let gap = sentence.firstIndex(of: "_") else {
      throw row.error("expected a '_' in 'sentence', found none")
    }
    let beginning = String(sentence[..<gap])
    let rest = String(sentence[(gap + 1)...]).trimmed
    let options = [try row.string("option1"), try row.string("option2")]
    return OptionExample(
      options: options.map {
        let context = beginning + $0
        return .init(
          context: context, continuation: " " + rest, characters: context.unicodeScalars.count)
      },
      answer: try row.index("answer", below: 2, from: 1))
  }
}

extension String {
  /// A string of code points.
  fileprivate init(_ scalars: ArraySlice<Unicode.Scalar>) {
    self.init(String.UnicodeScalarView(scalars))
  }

  /// The first code point in title case, the others in lower case.
  fileprivate var capitalizedOnce: String {
    guard let first = unicodeScalars.first else { return self }
    return first.properties.titlecaseMapping
      + String(unicodeScalars.dropFirst()).lowercased()
  }

  /// The text without WikiHow's marks: ` [title]` becomes a full stop and a space, anything else in
  /// brackets goes, and of each two spaces one.
  fileprivate var withoutWikiHowMarks: String {
    var text = Array(trimmed.unicodeScalars)
    text.replaceAll(Array(" [title]".unicodeScalars), by: [".", " "])
    var kept: [Unicode.Scalar] = []
    var position = 0
    while position < text.count {
      if text[position] == "[",
        let end = text[position...].firstIndex(where: { $0 == "]" || $0 == "\n" }),
        text[end] == "]"
      {
        position = end + 1
        continue
      }
      kept.append(text[position])
      position += 1
    }
    kept.replaceAll([" ", " "], by: [" "])
    return String(kept[...])
  }
}

extension [Unicode.Scalar] {
  /// Replaces what is found from the left, without looking at what was put in.
  fileprivate mutating func replaceAll(_ pattern: [Unicode.Scalar], by other: [Unicode.Scalar]) {
    var result: [Unicode.Scalar] = []
    var position = 0
    while position < count {
      if self[position...].starts(with: pattern) {
        result.append(contentsOf: other)
        position += pattern.count
      } else {
        result.append(self[position])
        position += 1
      }
    }
    self = result
  }
}
