package import Tokenizers
package import Vocabulary

/// One option as ids: what the model reads, and how many of the last ones are scored.
package struct OptionTokens: Sendable, Equatable {
  /// Context and continuation, the first of it cut away where it was longer than the model can read.
  ///
  /// The last id is only a target: the model reads all but that.
  package let ids: [Int32]
  /// How many ids at the end are the continuation's.
  package let scored: Int
  /// Whether ids were cut away at the left.
  package let isTruncated: Bool
  /// Code points that a length-normalised score divides by.
  package let characters: Int
}

/// Turns examples into ids as a reference implementation does.
package struct OptionEncoder: Sendable {
  /// Whose rules hold where context and continuation meet, and where a long prompt is cut.
  package enum Convention: Sendable {
    /// White space that ends the context belongs to the continuation, because byte-level vocabularies
    /// write it at the front of a word. Of a long prompt, the last `contextTokens` ids are read, and the
    /// target of the last of them follows; the beginning of sequence is the first to go.
    ///
    /// > Source: lm-evaluation-harness 0.4, HFLM.
    case harness
    /// Context and continuation are what the task says. Of a long prompt, the last `contextTokens` ids
    /// are all there is, targets included, and the beginning of sequence stays.
    ///
    /// > Source: MeZO's official code, large_models/utils.py, encode_prompt.
    case mezo
  }

  /// Ids that the model can read.
  package let contextTokens: Int
  /// New ids at most when an answer is generated: they have to find room in the context too.
  ///
  /// > Source: MeZO's official code, large_models/run.py, max_new_tokens.
  package static let generatedTokens = 50
  private let tokenizer: any Tokenizer
  private let beginning: BeginningOfSequencePolicy
  private let convention: Convention

  /// An encoder for one tokenizer and one context length.
  ///
  /// - Parameters:
  ///   - tokenizer: The model's.
  ///   - beginning: Whether every prompt opens with the beginning of sequence.
  ///   - contextTokens: How many ids the model can read.
  ///   - convention: Whose rules hold.
  /// - Throws: ``TaskError/noBeginningOfSequence`` when one is wanted and there is none,
  ///   ``TaskError/outOfRange(_:_:least:)`` when the context has no room.
  package init(
    _ tokenizer: any Tokenizer, beginning: BeginningOfSequencePolicy, contextTokens: Int,
    convention: Convention
  ) throws(TaskError) {
    guard contextTokens >= 2 else {
      throw .outOfRange("tokens of the context", contextTokens, least: 2)
    }
    if beginning == .once, tokenizer.beginningOfSequence == nil { throw .noBeginningOfSequence }
    self.tokenizer = tokenizer
    self.beginning = beginning
    self.contextTokens = contextTokens
    self.convention = convention
  }

  /// The ids of context and continuation, encoded as one text; what is scored are the ids beyond as many
  /// as the context alone has.
  ///
  /// A context without ids becomes one mark of a sequence, so that the first id has something before it.
  ///
  /// - Throws: ``TaskError/nothingToScore(_:)``,
  ///   ``TaskError/continuationTooLong(tokens:contextTokens:)``, or
  ///   ``TaskError/noBeginningOfSequence`` where a mark is needed and there is none.
  package func encode(_ option: OptionExample.Option) throws(TaskError) -> OptionTokens {
    let context = convention == .harness ? option.context.trimmedAtEnd : option.context
    let before = tokenizer.encode(context).ids.count
    var ids = tokenizer.encode(option.context + option.continuation).ids
    guard ids.count > before else { throw .nothingToScore(option.continuation) }
    let scored = ids.count - before
    try mark(&ids, isEmpty: before == 0)
    // The harness's last id is only a target, and so isn't read.
    let room = convention == .harness ? contextTokens + 1 : contextTokens
    guard scored < room else {
      throw .continuationTooLong(tokens: scored, contextTokens: contextTokens)
    }
    let isTruncated = ids.count > room
    if isTruncated { ids = cut(ids, to: room) }
    return OptionTokens(
      ids: ids, scored: scored, isTruncated: isTruncated, characters: option.characters)
  }

  /// The ids of a context whose continuation is generated.
  ///
  /// - Throws: ``TaskError/noBeginningOfSequence`` where a mark is needed and there is none.
  package func prompt(_ context: String) throws(TaskError) -> [Int32] {
    var ids = tokenizer.encode(context).ids
    try mark(&ids, isEmpty: ids.isEmpty)
    return ids.count > contextTokens ? cut(ids, to: contextTokens) : ids
  }

  /// Puts a mark of a sequence in front, where there must be one.
  private func mark(_ ids: inout [Int32], isEmpty: Bool) throws(TaskError) {
    guard beginning == .once || isEmpty else { return }
    guard let mark = tokenizer.beginningOfSequence ?? tokenizer.endOfSequence else {
      throw .noBeginningOfSequence
    }
    ids.insert(mark, at: 0)
  }

  /// The last `room` ids; MeZO's mark stays in front of them.
  private func cut(_ ids: [Int32], to room: Int) -> [Int32] {
    let kept = convention == .mezo && beginning == .once ? 1 : 0
    return Array(ids.prefix(kept) + ids.suffix(room - kept))
  }
}
