import JSONText
import Records
import Testing

/// Numbers of a record that contradict the numbers they are made of.
@Suite struct RunRecordCheckTests {
  /// Two windows of NLL 1 and 3, and two examples of which one is right.
  static let sample: RunRecord = {
    var record = RunRecord(cell: CellCheckTests.sample, status: .finished)
    record.scores = [
      Score(
        split: "test", metric: "perplexity", value: 7.38905609893065, meanNLL: 2,
        standardErrorNLL: 1, windowNLL: [1, 3],
        scoredTokens: 2 * (record.cell.protocolSettings.windowTokens - 1)),
      Score(
        split: "test", task: "quiz", metric: "accuracy", value: 0.5, standardError: 0.5,
        outcomes: [0, 1], scoredTokens: 4),
    ]
    record.trajectory = [
      TrajectoryPoint(step: 0, developmentWindowNLL: [2], testWindowNLL: [4, 4]),
      TrajectoryPoint(step: 5, developmentWindowNLL: [1], testWindowNLL: [1, 3]),
    ]
    record.zerothOrder = ZerothOrderSummary(
      steps: 5, forwards: 10, tokens: 9, epsilon: 1, learningRate: 1, trainableParameters: 1,
      meanAbsoluteDifference: 1, largestAbsoluteDifference: 1, clippedShare: 0,
      rootMeanSquareGradient: 1, bestDevelopmentStep: 5, probeLosses: [])
    return record
  }()

  static func check(_ record: RunRecord) throws {
    let document = try JSONDocument(
      text: Array(jsonText(of: record, style: .pretty).utf8), file: "r.json")
    try record.check(in: document)
  }

  @Test func aSoundRecordPasses() throws {
    try Self.check(Self.sample)
    var diverged = Self.sample
    diverged.status = .diverged
    diverged.scores[0].value = 1
    try Self.check(diverged)
    // Perplexities that aren't finite are left out, and so are their windows.
    var infinite = Self.sample
    infinite.scores[0] = Score(
      split: "test", metric: "perplexity", value: nil, meanNLL: nil, standardErrorNLL: nil,
      windowNLL: [nil, 3], scoredTokens: infinite.scores[0].scoredTokens)
    infinite.trajectory = []
    try Self.check(infinite)
    // A training on a task scores no text on its way.
    var tuned = Self.sample
    tuned.trajectory[1] = TrajectoryPoint(
      step: 5, developmentTask: TaskPoint(metric: "accuracy", value: 1, meanLoss: 1), testTask: nil)
    try Self.check(tuned)
  }

  @Test func anUnknownStatusIsToldWhichThereAre() throws {
    let text = try jsonText(of: Self.sample, style: .pretty)
      .replacing("\"status\": \"finished\"", with: "\"status\": \"well\"")
    let document = try JSONDocument(text: Array(text.utf8), file: "r.json")
    let error = #expect(throws: JSONError.self) { try document.decode(RunRecord.self) }
    #expect(error?.pointer == "/status")
    #expect(
      error?.reason == "unknown value 'well'; known: 'finished', 'diverged', 'failed', 'tooLarge'")
  }

  static let edits: [(@Sendable (inout RunRecord) -> Void, String, String)] = [
    (
      { $0.scores[0].value = 2 }, "/scores/0/value",
      "expected 7.38905609893065 by the windows, found 2.0"
    ),
    (
      { $0.scores[0].value = nil }, "/scores/0/value",
      "expected 7.38905609893065 by the windows, found none"
    ),
    (
      { $0.scores[0].meanNLL = 2.1 }, "/scores/0/meanNLL", "expected 2.0 by the windows, found 2.1"
    ),
    (
      { $0.scores[0].standardErrorNLL = 0 }, "/scores/0/standardErrorNLL",
      "expected 1.0 by the windows, found 0.0"
    ),
    (
      { $0.scores[0].windowNLL = [] }, "/scores/0/meanNLL",
      "expected nan by the windows, found 2.0"
    ),
    (
      { $0.scores[0].windowNLL = [3, 1] }, "/scores/0/windowNLL",
      "expected those of step 5 by the windows, found others"
    ),
    (
      { $0.trajectory[1].testWindowNLL = [] }, "/scores/0/windowNLL",
      "expected those of step 5 by the windows, found others"
    ),
    (
      { $0.scores[0].scoredTokens += 1 }, "/scores/0/scoredTokens",
      "expected 14 by the windows, found 15"
    ),
    (
      { $0.scores[0].outcomes = [0, 1] }, "/scores/0/value",
      "expected 0.5 by the examples, found 7.38905609893065"
    ),
    (
      // Examples don't excuse windows.
      {
        $0.scores[0].outcomes = []
        $0.scores[0].meanNLL = 2.1
      }, "/scores/0/meanNLL", "expected 2.0 by the windows, found 2.1"
    ),
    (
      { $0.scores[1].value = 0.5 + 2e-9 }, "/scores/1/value",
      "expected 0.5 by the examples, found 0.500000002"
    ),
    (
      { $0.scores[1].value = 1 }, "/scores/1/value", "expected 0.5 by the examples, found 1.0"
    ),
    (
      { $0.scores[1].standardError = 0.4 }, "/scores/1/standardError",
      "expected 0.5 by the examples, found 0.4"
    ),
  ]

  @Test(arguments: edits.indices) func anEditedNumberIsRefused(index: Int) throws {
    let (edit, pointer, reason) = Self.edits[index]
    var record = Self.sample
    edit(&record)
    let error = #expect(throws: JSONError.self) { try Self.check(record) }
    #expect(error?.pointer == pointer)
    #expect(error?.reason == reason + "; the record was edited or damaged")
    #expect((error?.line ?? 0) > 1)
  }

  static let impossible: [(@Sendable (inout RunRecord) -> Void, String, String)] = [
    (
      { $0.scores[0].windowNLL[1] = 0 }, "/scores/0/windowNLL/1",
      "expected a loss above 0 nats per token, found 0.0"
    ),
    (
      { $0.scores[0].windowNLL[0] = -1 }, "/scores/0/windowNLL/0",
      "expected a loss above 0 nats per token, found -1.0"
    ),
    (
      { $0.scores[0].windowNLL[0] = nil }, "/scores/0/windowNLL/0",
      "expected a loss, as the score has a mean of all windows, found null, which stands for one that isn't finite"
    ),
    (
      { $0.scores[0].meanNLL = -2 }, "/scores/0/meanNLL",
      "expected a loss above 0 nats per token, found -2.0"
    ),
    (
      { $0.scores[0].alternativeMeanNLL = 0 }, "/scores/0/alternativeMeanNLL",
      "expected a loss above 0 nats per token, found 0.0"
    ),
    (
      { $0.trajectory[0].testWindowNLL[1] = -4 }, "/trajectory/0/testWindowNLL/1",
      "expected a loss above 0 nats per token, found -4.0"
    ),
    (
      { $0.trajectory[1].developmentWindowNLL[0] = 0 }, "/trajectory/1/developmentWindowNLL/0",
      "expected a loss above 0 nats per token, found 0.0"
    ),
    (
      { $0.scores[1].outcomes = [2, -1] }, "/scores/1/outcomes/0",
      "expected an outcome from 0 to 1, found 2.0"
    ),
    (
      { $0.scores[0].metric = "perplexities" }, "/scores/0/metric",
      "expected 'perplexity', as a score without a task is of text, found 'perplexities'"
    ),
    (
      { $0.scores.append($0.scores[0]) }, "/scores/2",
      "expected each score once, found the test perplexity again"
    ),
    (
      {
        $0.scores.append($0.scores[1])
        $0.scores[2].value = 1
      }, "/scores/2", "expected each score once, found the test accuracy of quiz again"
    ),
    (
      { $0.digests = [NamedText("a", "1"), NamedText("a", "2")] }, "/digests/1/name",
      "expected each digest once, found 'a' again"
    ),
    (
      { $0.trajectory.append($0.trajectory[0]) }, "/trajectory/2/step",
      "expected each step once, found step 0 again"
    ),
  ]

  @Test(arguments: impossible.indices) func whatNobodyMeasuresIsRefused(index: Int) throws {
    let (edit, pointer, reason) = Self.impossible[index]
    for status in [RunStatus.finished, .diverged] {
      var record = Self.sample
      edit(&record)
      record.status = status
      // Of a cell that diverged, windows may stop being finite behind a mean.
      if status == .diverged, reason.contains("found null") { continue }
      let error = #expect(throws: JSONError.self) { try Self.check(record) }
      #expect(error?.pointer == pointer)
      #expect(error?.reason == reason)
    }
  }
}
