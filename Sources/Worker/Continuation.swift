import JSONText
import MethodKit
import System
import Tensors
import Tokenizers
import Transformers

/// A model that continues text, token by token.
package struct Continuation {
  private let model: QuantizedModel
  private let tokenizer: any Tokenizer
  /// Ids that end a text.
  private let stops: Set<Int32>

  /// Loads the model at `path` as it is, with its tokenizer.
  ///
  /// - Parameters:
  ///   - path: A folder in the hub's layout or a `.gguf` file.
  ///   - threads: Threads that share the tiles of an operation.
  /// - Throws: What opening a cell's model throws.
  package init(path: String, threads: Int) throws {
    Threads.count = threads
    let source = try ModelSource(path: path)
    tokenizer = try ModelTokenizer(path, source.checkpoint).tokenizer
    guard tokenizer.vocabularySize <= source.configuration.vocabularySize else {
      throw WorkerError.vocabularyTooLarge(
        path: path, tokenizer: tokenizer.vocabularySize,
        model: source.configuration.vocabularySize)
    }
    stops = try Self.stops(of: path) ?? Set([tokenizer.endOfSequence].compactMap(\.self))
    model = try QuantizedModel(asItIs: source)
  }

  /// The ids that a folder's files let a generated text end with; nil where they say nothing of it.
  ///
  /// > Source: transformers 5.24, `GenerationMixin`: `eos_token_id` of `generation_config.json`, one or several, and of
  ///   `config.json` only without that file.
  private static func stops(of path: String) throws -> Set<Int32>? {
    for name in ["generation_config.json", "config.json"] {
      let file = "\(path)/\(name)"
      guard FileStatus(of: file) != nil else { continue }
      let document = try JSONDocument(contentsOf: file)
      switch document.root["eos_token_id"] {
      case .integer(let id)?: return [Int32(clamping: id)]
      case .array(let ids)?:
        return Set(
          ids.compactMap { id in
            if case .integer(let id) = id { return Int32(clamping: id) }
            return nil
          })
      case .null?: return []
      default: return name == "generation_config.json" ? [] : nil
      }
    }
    return nil
  }

  /// What a continuation took.
  package struct Cost: Sendable, Equatable {
    /// Tokens of the prompt, a beginning of sequence included.
    package var promptTokens: Int
    /// Tokens that were made.
    package var tokens = 0
    /// How many of them are beyond the tokenizer's vocabulary, and spell nothing.
    package var unspelled = 0
    /// Seconds to the first of them, the prompt's own time.
    package var secondsToFirst = 0.0
    /// Seconds of the others.
    package var secondsOfRest = 0.0
  }

  /// Continues `prompt` with the likeliest token each time, up to an end of sequence or `limit` tokens.
  ///
  /// - Parameters:
  ///   - prompt: The text.
  ///   - begins: Whether a beginning of sequence is put in front of it.
  ///   - limit: New tokens at most.
  ///   - write: Gets the new text as it comes, in whole characters.
  /// - Returns: How many tokens there were, and how long they took.
  /// - Throws: ``ContinuationError`` for a prompt without a token, or what `write` throws.
  package func callAsFunction(
    of prompt: String, begins: Bool, limit: Int, write: ([UInt8]) throws -> Void
  ) throws -> Cost {
    var ids = tokenizer.encode(prompt).ids
    if begins {
      guard let mark = tokenizer.beginningOfSequence else {
        throw ContinuationError.noBeginningOfSequence
      }
      ids.insert(mark, at: 0)
    }
    guard !ids.isEmpty else { throw ContinuationError.emptyPrompt }
    var cost = Cost(promptTokens: ids.count)
    var text = ids
    // What a token spells can depend on what is before it: only what is new of the whole is written.
    var written = try tokenizer.decode(ids).count
    var last = monotonicSeconds()
    try model.transformer.stream(
      after: ids, limit: limit, stops: stops, operators: model.blocks
    ) { token in
      let now = monotonicSeconds()
      if cost.tokens == 0 {
        cost.secondsToFirst = now - last
      } else {
        cost.secondsOfRest += now - last
      }
      last = now
      cost.tokens += 1
      // Some models have rows beyond their tokenizer's vocabulary, which spell nothing.
      guard Int(token) < tokenizer.vocabularySize else {
        cost.unspelled += 1
        return
      }
      text.append(token)
      let whole = try tokenizer.decode(text)
      let end = whole.count - Self.openBytes(whole)
      guard end > written else { return }
      try write(Array(whole[written..<end]))
      written = end
    }
    let whole = try tokenizer.decode(text)
    if whole.count > written { try write(Array(whole[written...])) }
    return cost
  }

  /// Bytes at the end that are the beginning of a character.
  private static func openBytes(_ text: [UInt8]) -> Int {
    for count in 1...3 where count <= text.count {
      let byte = text[text.count - count]
      if byte & 0xC0 == 0x80 { continue }
      let needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      return needed > count ? count : 0
    }
    return 0
  }
}

/// Why a prompt can't be continued.
package enum ContinuationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A prompt that has no token.
  case emptyPrompt
  /// A beginning of sequence is wanted, and the vocabulary has none.
  case noBeginningOfSequence

  package var description: String {
    switch self {
    case .emptyPrompt: "the prompt is empty, and no beginning of sequence stands for it"
    case .noBeginningOfSequence:
      "one beginning-of-sequence token is asked for, and the tokenizer has none"
    }
  }
}
