/// A question with its possible answers, as text: the model chooses the answer that it finds likeliest.
package struct OptionExample: Sendable, Equatable {
  /// One answer, after the text that leads to it.
  package struct Option: Sendable, Equatable {
    /// What stands before; it isn't scored.
    package var context: String
    /// What is scored.
    package var continuation: String
    /// What a length-normalised score divides by: code points of the option's text.
    package var characters: Int

    /// An option from its parts.
    package init(context: String, continuation: String, characters: Int) {
      self.context = context
      self.continuation = continuation
      self.characters = characters
    }
  }

  /// The answers to choose among; one where the answer is to be generated.
  package var options: [Option]
  /// Which of them is right.
  package var answer: Int
  /// All texts that count as right when the answer is generated; empty when it is chosen.
  package var references: [String]

  /// An example from its parts.
  package init(options: [Option], answer: Int, references: [String] = []) {
    self.options = options
    self.answer = answer
    self.references = references
  }

  /// An example whose answers all follow the same text, with a space between.
  package init(context: String, answers: [String], answer: Int) {
    self.init(
      options: answers.map {
        Option(context: context, continuation: " " + $0, characters: $0.unicodeScalars.count)
      },
      answer: answer)
  }
}
