package import Tasks
package import Tokenizers
package import Transformers

extension Transformer {
  /// Scores the options of all examples.
  ///
  /// - Parameters:
  ///   - task: The examples.
  ///   - operators: The blocks.
  ///   - progress: Called with the number of options done.
  /// - Returns: The scores.
  /// - Throws: ``Transformers/ModelError`` for prompts that don't fit the model, ``Tasks/TaskError``
  ///   for a likelihood that isn't finite.
  package func score<S: Split>(
    _ task: OptionTask<S>, operators: some BlockOperators, progress: (Int) -> Void = { _ in }
  ) throws -> OptionScores<S> {
    try OptionScores(likelihoods(of: task.examples, operators: operators, progress: progress))
  }

  /// Likelihoods of the options of some examples, finite or not.
  package func likelihoods<S: Split>(
    of examples: [OptionTask<S>.Example], operators: some BlockOperators,
    progress: (Int) -> Void = { _ in }
  ) throws(ModelError) -> [OptionScores<S>.Example] {
    let options = examples.flatMap(\.options)
    var losses = try negativeLogLikelihoods(
      of: options.map { Continuation(tokens: $0.ids, scored: $0.scored) }, operators: operators,
      progress: progress)[...]
    return examples.map { example in
      defer { losses = losses.dropFirst(example.options.count) }
      return OptionScores<S>.Example(
        options: zip(example.options, losses).map { option, loss in
          OptionLikelihood(
            sum: -loss.reduce(0, +), tokens: option.scored, characters: option.characters)
        },
        answer: example.answer)
    }
  }
}

extension QuantizedModel {
  /// Scores the options of all examples; as for a transformer.
  package func score<S: Split>(_ task: OptionTask<S>, progress: (Int) -> Void = { _ in }) throws
    -> OptionScores<S>
  {
    try transformer.score(task, operators: blocks, progress: progress)
  }

  /// Generates the answers of all examples: greedily, at most fifty tokens, to the end of a line.
  ///
  /// Keys and values are kept where activations aren't quantized. Where they are, the last bit of a product can decide
  /// how one is rounded, and with that the answer: there every token is a pass over the whole text.
  ///
  /// > Source: MeZO's official code, large_models/run.py: the answer ends at the token of a newline or at
  ///   the end of sequence.
  ///
  /// - Parameters:
  ///   - task: Examples with a prompt each.
  ///   - tokenizer: The model's.
  ///   - progress: Called with the number of examples done.
  /// - Returns: The answers, without white space at either end.
  /// - Throws: ``Transformers/ModelError`` for prompts that don't fit the model.
  package func answers<S: Split>(
    to task: OptionTask<S>, _ tokenizer: any Tokenizer, progress: (Int) -> Void = { _ in }
  ) throws -> [String] {
    var stops = Set(tokenizer.encode("\n").ids.suffix(1))
    if let end = tokenizer.endOfSequence { stops.insert(end) }
    return try transformer.greedyContinuations(
      of: task.examples.map(\.prompt), limit: OptionEncoder.generatedTokens, stops: stops,
      operators: blocks, doubt: blocks.tokenQuantizer == nil ? usualDoubt : .infinity,
      progress: progress
    ).map { AnswerWords.trimmed(String(decoding: try tokenizer.decode($0), as: UTF8.self)) }
  }
}
