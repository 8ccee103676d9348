import Digests
package import Records
import System
import Tasks
import Tokenizers
import Transformers
import Vocabulary

/// The three texts of a cell as token windows.
struct CellText {
  let training: TokenWindows<TrainingSplit>
  let development: TokenWindows<DevelopmentSplit>
  let test: TokenWindows<TestSplit>
  /// SHA-256 of each token stream.
  let digests: [NamedText]
  /// Bytes that the vocabulary can't spell, if any.
  let events: [String]

  /// Reads and tokenises the texts of `settings`.
  init(_ settings: EvaluationProtocol, _ tokenizer: any Tokenizer) throws {
    guard !settings.hasTestAlone else {
      let test = try TokenStream<TestSplit>(
        TextSpecification(settings.test).assembled(), tokenizer, beginning: settings.bos)
      training = .none(windowTokens: settings.windowTokens)
      development = .none(windowTokens: settings.windowTokens)
      self.test = try TokenWindows(
        test, windowTokens: settings.windowTokens, limit: settings.testWindows,
        selection: WindowSelection(for: settings.test.join))
      digests = [NamedText("tokens.test", sha256Hex(of: test.littleEndianBytes))]
      events = Self.events(dropped: test.droppedBytes, replaced: test.replacedBytes)
      return
    }
    let corpus = try Corpus(
      training: TextSpecification(settings.train),
      development: TextSpecification(settings.development),
      test: TextSpecification(settings.test))
    let train = try corpus.stream(for: TrainingSplit.self, tokenizer, beginning: settings.bos)
    let development = try corpus.stream(
      for: DevelopmentSplit.self, tokenizer, beginning: settings.bos)
    let test = try corpus.stream(for: TestSplit.self, tokenizer, beginning: settings.bos)
    let selection = WindowSelection(for: settings.test.join)
    training = try TokenWindows(
      train, windowTokens: settings.windowTokens, selection: selection)
    self.development = try TokenWindows(
      development, windowTokens: settings.windowTokens, limit: settings.developmentWindows,
      selection: selection)
    self.test = try TokenWindows(
      test, windowTokens: settings.windowTokens, limit: settings.testWindows,
      selection: selection)
    digests = [
      NamedText("tokens.train", sha256Hex(of: train.littleEndianBytes)),
      NamedText("tokens.development", sha256Hex(of: development.littleEndianBytes)),
      NamedText("tokens.test", sha256Hex(of: test.littleEndianBytes)),
    ]
    events = Self.events(
      dropped: train.droppedBytes + development.droppedBytes + test.droppedBytes,
      replaced: train.replacedBytes + development.replacedBytes + test.replacedBytes)
  }

  private static func events(dropped: Int, replaced: Int) -> [String] {
    var events: [String] = []
    if dropped > 0 {
      events.append("\(dropped) bytes of text can't be spelled by the vocabulary and were left out")
    }
    if replaced > 0 {
      events.append("\(replaced) bytes of text aren't UTF-8 and were replaced")
    }
    return events
  }
}

/// The text of a source as a cell reads it, before it is tokenised.
///
/// - Throws: `TaskError` for files that can't be read or cut as the source says.
package func assembledText(of source: TextSource) throws -> [UInt8] {
  try TextSpecification(source).assembled()
}

extension TextSpecification {
  init(_ source: TextSource) {
    self.init(
      parts: source.parts.map { Part($0.path, form: $0.form, from: $0.from, to: $0.to) },
      join: source.join)
  }
}
