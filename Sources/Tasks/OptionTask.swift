/// The options of one split's examples as ids.
package struct OptionTask<S: Split>: Sendable, Equatable {
  /// One example: its options, and which is right.
  package struct Example: Sendable, Equatable {
    /// The options.
    package let options: [OptionTokens]
    /// The right one.
    package let answer: Int
    /// What is continued where the answer is generated; empty where it is chosen.
    package let prompt: [Int32]
    /// Texts that count as right when the answer is generated.
    package let references: [String]

    /// The example with its right option alone.
    package var withRightOptionAlone: Example {
      Example(options: [options[answer]], answer: 0, prompt: prompt, references: references)
    }
  }

  /// The examples, in order.
  package let examples: [Example]
  /// What training minimizes.
  package let loss: TaskLoss

  /// Encodes examples.
  ///
  /// - Throws: ``TaskError`` when there are none, or one can't be encoded.
  package init(_ examples: [OptionExample], loss: TaskLoss = .choice, _ encoder: OptionEncoder)
    throws(TaskError)
  {
    guard !examples.isEmpty else { throw .outOfRange("\(S.name) examples", 0, least: 1) }
    self.loss = loss
    self.examples = try examples.map { example throws(TaskError) in
      Example(
        options: try example.options.map { option throws(TaskError) in
          try encoder.encode(option)
        },
        answer: example.answer,
        prompt: example.references.isEmpty ? [] : try encoder.prompt(example.options[0].context),
        references: example.references)
    }
  }

  /// How many examples have a prompt that was cut at the left.
  package var truncatedExamples: Int {
    examples.count { $0.options.contains(where: \.isTruncated) }
  }

  /// All ids, example by example, each option after its number of ids and of scored ids, and the right
  /// option's number at the end: what digests are taken over.
  package var littleEndianBytes: [UInt8] {
    examples.flatMap { example in
      example.options.flatMap { option in
        ([Int32(option.ids.count), Int32(option.scored)] + option.ids).littleEndianBytes
      } + [Int32(example.answer)].littleEndianBytes
    }
  }
}

extension OptionTask where S == TrainingSplit {
  /// The examples of the batch at `step`: the next `size` in order, from the first again after the last.
  ///
  /// DEVIATION: MeZO's trainer shuffles anew for each epoch; the examples were shuffled once when they
  /// were drawn, and a batch is a function of its step alone.
  ///
  /// - Precondition: `step >= 0` and `size >= 1`.
  package func batch(at step: Int, of size: Int) -> [Example] {
    precondition(step >= 0 && size >= 1, "batch of \(size) at step \(step)")
    let count = examples.count
    let start = (step % count) * (size % count) % count
    return (0..<size).map { examples[(start + $0) % count] }
  }
}
