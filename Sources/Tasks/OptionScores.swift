internal import Glibc

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
    outcomes(rule).reduce(0, +) / Double(examples.count)
  }

  /// Mean cross-entropy of the right option, nats per example: what fine-tuning minimizes.
  package func meanCrossEntropy(_ rule: OptionRule) -> Double {
    examples.reduce(0) { $0 + $1.crossEntropy(rule) } / Double(examples.count)
  }
}

/// The options of one split's examples as ids.
package struct OptionTask<S: Split>: Sendable, Equatable {
  /// One example: its options, and which is right.
  package struct Example: Sendable, Equatable {
    /// The options.
    package let options: [OptionTokens]
    /// The right one.
    package let answer: Int
  }

  /// The examples, in order.
  package let examples: [Example]

  /// Encodes examples.
  ///
  /// - Throws: ``TaskError`` when there are none, or one can't be encoded.
  package init(_ examples: [OptionExample], _ encoder: OptionEncoder) throws(TaskError) {
    guard !examples.isEmpty else { throw .outOfRange("\(S.name) examples", 0, least: 1) }
    self.examples = try examples.map { example throws(TaskError) in
      Example(
        options: try example.options.map { option throws(TaskError) in try encoder.encode(option) },
        answer: example.answer)
    }
  }

  /// How many examples have a prompt that was cut at the left.
  package var truncatedExamples: Int {
    examples.count { $0.options.contains(where: \.isTruncated) }
  }

  /// All ids, example by example, each option after its number of ids and of scored ids: what digests
  /// are taken over.
  package var littleEndianBytes: [UInt8] {
    examples.flatMap { example in
      example.options.flatMap { option in
        ([Int32(option.ids.count), Int32(option.scored)] + option.ids).littleEndianBytes
      }
    }
  }
}
