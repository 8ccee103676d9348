package import JSONText
package import Tokenizers

/// Why a text can't become token windows, or scores can't be compared.
package enum TaskError: Error, Sendable, Equatable {
  /// A file of a text can't be read.
  case unreadable(FileReadError)
  /// A text without parts.
  case noParts
  /// A part without bytes.
  case emptyPart(String, from: Int, to: Int?)
  /// A part that begins or ends between the bytes of one character.
  case cutInsideScalar(String, offset: Int)
  /// A line of a part in the form of JSON lines that isn't an object with a `text`; its number in the
  /// part, from 1.
  case malformedLine(String, line: Int, JSONError)
  /// Two splits that read the same bytes.
  case overlap(String, String, path: String)
  /// A beginning of sequence is wanted, and the vocabulary has none.
  case noBeginningOfSequence
  /// A number below its least value.
  case outOfRange(String, Int, least: Int)
  /// Fewer windows than asked for.
  case tooShort(split: String, tokens: Int, windowTokens: Int, available: Int, asked: Int)
  /// A row of a task's file that isn't what the task needs.
  case row(file: String, line: Int, String)
  /// A task's file without a row.
  case noExamples(file: String)
  /// A task whose answers stand in the manifest, and a part that has none there.
  case noAnswer(file: String)
  /// A part that says an answer, of a task whose rows hold theirs.
  case answerBesideRows(file: String)
  /// A part of a source that the task doesn't know.
  case unknownSource(file: String, answer: Int, count: Int)
  /// A source without a sentence that can be asked about.
  case noSentences(source: Int, files: [String])
  /// Fewer examples than asked for.
  case tooFewExamples(split: String, asked: Int, available: Int)
  /// A continuation that gives the model no token to score.
  case nothingToScore(String)
  /// A continuation that alone fills the model's context.
  case continuationTooLong(tokens: Int, contextTokens: Int)
  /// An option's likelihood that isn't finite.
  case notFiniteOption(example: Int, option: Int)
}

extension TaskError: CustomStringConvertible {
  /// One line: what was expected, what was found.
  package var description: String {
    switch self {
    case .unreadable(let error):
      error.description
    case .noParts:
      "expected a text of at least one part, found none"
    case .emptyPart(let path, let from, let to):
      "\(path): error: expected at least one byte from \(from) to "
        + "\(to.map(String.init) ?? "the end"), found none"
    case .cutInsideScalar(let path, let offset):
      "\(path): byte \(offset): error: expected a part to begin and end between characters, "
        + "found the middle of a UTF-8 sequence"
    case .malformedLine(let path, let line, let error):
      "\(path): line \(line) of the part: error: expected a JSON object with a string 'text': "
        + error.reason
    case .overlap(let first, let second, let path):
      "\(path): error: the \(first) and the \(second) split both read the same bytes of this file"
    case .noBeginningOfSequence:
      "one beginning-of-sequence token is asked for, and the tokenizer has none"
    case .outOfRange(let what, let value, let least):
      "\(what): expected at least \(least), found \(value)"
    case .tooShort(let split, let tokens, let windowTokens, let available, let asked):
      "the \(split) text is too short: \(asked) window\(asked == 1 ? "" : "s") of \(windowTokens) tokens "
        + "\(asked == 1 ? "was" : "were") asked for, \(tokens) tokens make \(available)"
    case .row(let file, let line, let reason):
      "\(file):\(line): error: \(reason)"
    case .noExamples(let file):
      "\(file): error: expected at least one example, found none"
    case .noAnswer(let file):
      "\(file): error: expected 'answer' beside the part of this file: which source it is, found none"
    case .answerBesideRows(let file):
      "\(file): error: found 'answer' beside the part of this file, but its rows hold their own answers"
    case .unknownSource(let file, let answer, let count):
      "\(file): error: expected an answer from 0 to \(count - 1) for the part of this file, found \(answer)"
    case .noSentences(let source, let files):
      "expected a sentence of \(SourceSentences.lengths.lowerBound) to "
        + "\(SourceSentences.lengths.upperBound) words of source \(source), found none in "
        + (files.isEmpty ? "no file" : files.joined(separator: ", "))
    case .tooFewExamples(let split, let asked, let available):
      "the \(split) split is too short: \(asked) examples were asked for, \(available) are there"
    case .nothingToScore(let text):
      "expected a continuation of at least one token, found none for '\(text)'"
    case .continuationTooLong(let tokens, let contextTokens):
      "a continuation of \(tokens) tokens leaves no room for its context: the model reads "
        + "\(contextTokens) tokens"
    case .notFiniteOption(let example, let option):
      "expected finite likelihoods, found another for option \(option) of example \(example)"
    }
  }
}
