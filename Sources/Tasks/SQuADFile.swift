internal import JSONText

/// SQuAD's own file: articles, their paragraphs, and questions with the answers that people gave.
///
/// > Source: Rajpurkar et al. 2016, arXiv:1606.05250; `train-v1.1.json` and `dev-v1.1.json`.
enum SQuADFile {
  /// All questions, in the order of the file, worded as MeZO words them.
  ///
  /// The first answer is what training wants; any of them counts when a generated one is scored.
  static func examples(at path: String) throws(TaskError) -> [OptionExample] {
    let document: JSONDocument
    do { document = try JSONDocument(contentsOf: path) } catch {
      throw .row(file: path, line: error.line, error.reason)
    }
    var examples: [OptionExample] = []
    for (a, article) in try list("data", of: document.root, "", document).enumerated() {
      let place = "/data/\(a)"
      let title = try text("title", of: article, place, document)
      for (p, paragraph) in try list("paragraphs", of: article, place, document).enumerated() {
        let place = "\(place)/paragraphs/\(p)"
        let context = try text("context", of: paragraph, place, document)
        for (q, entry) in try list("qas", of: paragraph, place, document).enumerated() {
          let place = "\(place)/qas/\(q)"
          let question = try text("question", of: entry, place, document).trimmed
          var answers: [String] = []
          for (i, answer) in try list("answers", of: entry, place, document).enumerated() {
            answers.append(try text("text", of: answer, "\(place)/answers/\(i)", document))
          }
          guard let first = answers.first else {
            throw error(
              at: place + "/answers", "expected at least one answer, found none", document)
          }
          examples.append(
            OptionExample(
              options: [
                .init(
                  context: "Title: \(title)\nContext: \(context)\nQuestion: \(question)\nAnswer:",
                  continuation: " \(first)\n", characters: first.unicodeScalars.count)
              ],
              answer: 0, references: answers))
        }
      }
    }
    return examples
  }

  private static func list(
    _ name: String, of value: JSON, _ place: String, _ document: JSONDocument
  ) throws(TaskError) -> [JSON] {
    guard case .array(let values) = value[name] else {
      throw error(at: place, "expected a list in '\(name)'", document)
    }
    return values
  }

  private static func text(
    _ name: String, of value: JSON, _ place: String, _ document: JSONDocument
  ) throws(TaskError) -> String {
    guard case .string(let text) = value[name] else {
      throw error(at: place, "expected a string in '\(name)'", document)
    }
    return text
  }

  private static func error(at place: String, _ reason: String, _ document: JSONDocument)
    -> TaskError
  {
    .row(
      file: document.file, line: document.error(at: place, reason).line,
      "\(place.isEmpty ? "" : place + ": ")\(reason)")
  }
}
