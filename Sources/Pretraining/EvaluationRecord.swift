import JSONText

/// One line of `dev-loss.jsonl`.
package struct EvaluationRecord: Codable, Sendable, Equatable {
  /// Updates done.
  package var step: Int
  /// Tokens read in them.
  package var tokens: Int
  /// Mean loss of the batches since the last line, each before its update, nats per token.
  package var trainLoss: Double
  /// Mean loss on the development windows, nats per token.
  package var devLoss: Double
  /// Learning rate of the last update.
  package var learningRate: Double

  /// A record from its parts.
  init(step: Int, tokens: Int, trainLoss: Double, devLoss: Double, learningRate: Double) {
    self.step = step
    self.tokens = tokens
    self.trainLoss = trainLoss
    self.devLoss = devLoss
    self.learningRate = learningRate
  }

  /// The record that a line spells, if it does.
  init?(line: String) {
    guard
      let document = try? JSONDocument(text: Array(line.utf8), file: "dev-loss.jsonl"),
      let record = try? document.decode(EvaluationRecord.self)
    else { return nil }
    self = record
  }

  /// Both losses in words.
  package var inWords: String {
    "training loss \(Pace.rounded(trainLoss)), development loss \(Pace.rounded(devLoss))"
  }

  /// The record as one line, without its newline.
  func line() throws(JSONError) -> String { try jsonText(of: self, style: .compact) }
}
