package import JSONText
internal import Vocabulary

extension RunRecord {
  /// Holds a record to what its types can't express; a number that was edited shows here.
  ///
  /// Nothing of one name is there twice, and no loss is 0 or below. Of a finished record, scores follow from what they are
  /// made of, and no window is missing behind a mean; scores of other cells may be cut short, or there are none.
  ///
  /// - Parameter document: The text that the record was decoded from.
  /// - Throws: ``JSONError`` at the first figure that its windows or examples contradict, or that can't be one.
  package func check(in document: JSONDocument) throws(JSONError) {
    guard cell.protocolSettings.windowTokens > 1 else {
      throw document.error(
        at: "/cell/protocol/windowTokens",
        "expected windows of at least 2 tokens, found \(cell.protocolSettings.windowTokens)")
    }
    try refuseDoubles(in: document)
    for (index, score) in scores.enumerated() {
      try score.refuseImpossible(
        at: "/scores/\(index)", isWhole: status == .finished, in: document)
    }
    for (index, point) in trajectory.enumerated() {
      let place = "/trajectory/\(index)"
      try Self.refuseImpossible(
        point.developmentWindowNLL, at: place + "/developmentWindowNLL", in: document)
      try Self.refuseImpossible(point.testWindowNLL, at: place + "/testWindowNLL", in: document)
    }
    guard status == .finished else { return }
    for (index, score) in scores.enumerated() {
      guard let wrong = contradiction(in: score) else { continue }
      throw document.error(
        at: "/scores/\(index)/\(wrong.member)",
        "expected \(wrong.expected) by the \(wrong.basis), found \(wrong.found); "
          + "the record was edited or damaged")
    }
  }

  /// Of two things of one name, whoever asks would get the first.
  private func refuseDoubles(in document: JSONDocument) throws(JSONError) {
    func twice(_ names: [String]) -> Int? {
      var seen: Set<String> = []
      return names.firstIndex { !seen.insert($0).inserted }
    }
    let named = scores.map { "\($0.split) \($0.metric)" + ($0.task.map { " of \($0)" } ?? "") }
    if let index = twice(named) {
      throw document.error(
        at: "/scores/\(index)", "expected each score once, found the \(named[index]) again")
    }
    if let index = twice(digests.map(\.name)) {
      throw document.error(
        at: "/digests/\(index)/name",
        "expected each digest once, found '\(digests[index].name)' again")
    }
    if let index = twice(trajectory.map { "\($0.step)" }) {
      throw document.error(
        at: "/trajectory/\(index)/step",
        "expected each step once, found step \(trajectory[index].step) again")
    }
  }
}

extension Score {
  /// How far another order of summation may be from a mean, nats per token; the committed records have 0.1 at most.
  fileprivate static var largestFloor: Double { 3 }

  /// Refuses what no measurement gives.
  fileprivate func refuseImpossible(
    at place: String, isWhole: Bool, in document: JSONDocument
  ) throws(JSONError) {
    if task == nil, metric != Metric.perplexity.rawValue {
      throw document.error(
        at: place + "/metric",
        "expected '\(Metric.perplexity.rawValue)', as a score without a task is of text, found '\(metric)'"
      )
    }
    try RunRecord.refuseImpossible(windowNLL, at: place + "/windowNLL", in: document)
    if isWhole, value != nil || meanNLL != nil, let gap = windowNLL.firstIndex(of: nil) {
      throw document.error(
        at: "\(place)/windowNLL/\(gap)",
        "expected a loss, as the score has a mean of all windows, found null, which stands for one that isn't finite"
      )
    }
    for (member, loss) in [("meanNLL", meanNLL), ("alternativeMeanNLL", alternativeMeanNLL)] {
      if let loss, loss <= 0 {
        throw document.error(
          at: "\(place)/\(member)", "expected a loss above 0 nats per token, found \(loss)")
      }
    }
    if let meanNLL, let other = alternativeMeanNLL,
      !((other - meanNLL).magnitude <= Self.largestFloor)
    {
      throw document.error(
        at: place + "/alternativeMeanNLL",
        "expected at most \(Self.largestFloor) nats from the mean, as another order of summation gives it, found \(other)"
      )
    }
    for (index, outcome) in (outcomes ?? []).enumerated() where !(0...1).contains(outcome) {
      throw document.error(
        at: "\(place)/outcomes/\(index)", "expected an outcome from 0 to 1, found \(outcome)")
    }
  }
}

extension RunRecord {
  /// Refuses a window's loss of 0 or below: it is −log of a probability that a model gave to what wasn't certain.
  fileprivate static func refuseImpossible(
    _ windows: [Double?], at place: String, in document: JSONDocument
  ) throws(JSONError) {
    for (index, loss) in windows.enumerated() {
      guard let loss, loss <= 0 else { continue }
      throw document.error(
        at: "\(place)/\(index)", "expected a loss above 0 nats per token, found \(loss)")
    }
  }
}
