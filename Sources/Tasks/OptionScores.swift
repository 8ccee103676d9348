internal import Glibc
internal import Statistics

/// How an option's score is made of its tokens' log-likelihoods.
package enum OptionRule: String, Sendable, CaseIterable {
  /// Their sum: `acc` of lm-evaluation-harness.
  case sum
  /// Their sum over the number of code points of the option's text: `acc_norm`.
  ///
  /// > Source: lm-evaluation-harness 0.4: `len` of a Python string counts code points, not bytes.
  case perCharacter
  /// Their mean: MeZO's.
  case perToken
}

/// One model's log-likelihoods of one option.
package struct OptionLikelihood: Sendable, Equatable {
  /// Sum over the option's tokens, nats.
  package let sum: Double
  /// Tokens that were scored.
  package let tokens: Int
  /// Code points of the option's text.
  package let characters: Int

  /// A likelihood from its parts.
  package init(sum: Double, tokens: Int, characters: Int) {
    self.sum = sum
    self.tokens = tokens
    self.characters = characters
  }

  /// The score under a rule.
  package func score(_ rule: OptionRule) -> Double {
    switch rule {
    case .sum: sum
    case .perCharacter: sum / Double(characters)
    case .perToken: sum / Double(tokens)
    }
  }
}

/// One model's likelihoods of all options of one split's examples.
package struct OptionScores<S: Split>: Sendable, Equatable {
  /// One example: its options' likelihoods, and which is right.
  package struct Example: Sendable, Equatable {
    /// The options' likelihoods, in the order of the example.
    package let options: [OptionLikelihood]
    /// The right option.
    package let answer: Int

    /// A scored example.
    package init(options: [OptionLikelihood], answer: Int) {
      self.options = options
      self.answer = answer
    }

    /// The option with the largest score; the first of equals, as NumPy's argmax.
    package func choice(_ rule: OptionRule) -> Int {
      options.indices.dropFirst().reduce(0) { best, index in
        options[index].score(rule) > options[best].score(rule) ? index : best
      }
    }

    /// Whether the choice is right.
    package func isRight(_ rule: OptionRule) -> Bool { choice(rule) == answer }

    /// Cross-entropy of the right option among all, with the rule's scores as logits; nats.
    package func crossEntropy(_ rule: OptionRule) -> Double {
      let scores = options.map { $0.score(rule) }
      // NaN has to come through: max(by:) might pass it over.
      guard let largest = scores.max(), scores.allSatisfy(\.isFinite) else { return .nan }
      var sum = 0.0
      for score in scores { sum += exp(score - largest) }
      return log(sum) + (largest - scores[answer])
    }
  }

  /// The examples, in the order of the split.
  package let examples: [Example]

  /// Scores from their examples.
  ///
  /// - Throws: ``TaskError/outOfRange(_:_:least:)`` when there are none;
  ///   ``TaskError/notFiniteOption(example:option:)`` for the first likelihood that isn't finite.
  package init(_ examples: [Example]) throws(TaskError) {
    guard !examples.isEmpty else { throw .outOfRange("scored examples", 0, least: 1) }
    for (number, example) in examples.enumerated() {
      if let option = example.options.firstIndex(where: { !$0.sum.isFinite }) {
        throw .notFiniteOption(example: number, option: option)
      }
    }
    self.examples = examples
  }

  /// Per example 1 where the choice is right, else 0.
  package func outcomes(_ rule: OptionRule) -> [Double] {
    examples.map { $0.isRight(rule) ? 1 : 0 }
  }

  /// Share of right choices.
  package func accuracy(_ rule: OptionRule) -> Double {
    SampleMean(outcomes(rule)).mean
  }

  /// Standard error of ``accuracy(_:)`` over examples; nil for a single one.
  package func standardError(_ rule: OptionRule) -> Double? {
    SampleMean(outcomes(rule)).finiteError
  }

  /// The training loss over all examples, nats.
  package func meanLoss(_ loss: TaskLoss) -> Double { Self.meanLoss(loss, of: examples) }

  /// The training loss over some examples, nats; summed in order.
  package static func meanLoss(_ loss: TaskLoss, of examples: [Example]) -> Double {
    switch loss {
    case .choice:
      return examples.reduce(0) { $0 + $1.crossEntropy(.perToken) } / Double(examples.count)
    case .tokens:
      let right = examples.map { $0.options[$0.answer] }
      return -right.reduce(0) { $0 + $1.sum } / Double(right.reduce(0) { $0 + $1.tokens })
    }
  }

  /// Tokens that were scored in all.
  package var scoredTokens: Int {
    examples.reduce(0) { $0 + $1.options.reduce(0) { $0 + $1.tokens } }
  }
}
