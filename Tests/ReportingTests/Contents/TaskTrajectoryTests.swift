import Records
import Reporting
import Testing

/// Fine-tuning by forwards alone, as its cells record it: task scores instead of windows.
@Suite struct TaskTrajectoryTests {
  /// Records of ``PanelTableTests`` in which the fine-tuned cells have the course of a training.
  ///
  /// Test examples are scored where development is the best so far: at steps 0 and 50.
  static func records(chosen: Int = 50) -> [RunRecord] {
    PanelTableTests.records.map { record in
      guard record.cell.address.task != nil, record.cell.method.name == "zeroqat" else {
        return record
      }
      var record = record
      let test = record.scores[0].value
      func point(_ value: Double?, _ loss: Double) -> TaskPoint {
        TaskPoint(metric: "accuracy", value: value, meanLoss: loss)
      }
      record.trajectory = [
        TrajectoryPoint(
          step: 0, developmentTask: point(0.5, 0.7),
          testTask: point(chosen == 0 ? test : 0.375, 0.71)),
        TrajectoryPoint(
          step: 50, developmentTask: point(0.75, chosen == 0 ? 0.8 : 0.5),
          testTask: chosen == 0 ? nil : point(test, 0.52)),
        TrajectoryPoint(step: 100, developmentTask: point(nil, 0.9), testTask: nil),
      ]
      record.selection = CheckpointSelection(of: chosen, among: record.trajectory)
      record.zerothOrder = ZerothOrderSummary(
        steps: 100, forwards: 200, tokens: 4096, epsilon: 1e-3, learningRate: 1e-6,
        trainableParameters: 100, meanAbsoluteDifference: 0.02, largestAbsoluteDifference: 0.3,
        clippedShare: 0, rootMeanSquareGradient: 10, bestDevelopmentStep: chosen, probeLosses: [])
      return record
    }
  }

  @Test func aTaskIsNotTakenForADivergence() throws {
    let text = try PanelTableTests.contents(Self.records()).markdown()
    #expect(!text.contains("diverged") && !text.contains("not finite"))
    // The second seed has 5 of 8 right, the others 6.
    #expect(
      text.contains(
        "First task (accuracy), seed 2 | 37.50 %, loss 0.7100 (step 0) | not scored (step 100) | "
          + "62.50 %, loss 0.5200 (step 50) | – | – |"))
    #expect(
      text.contains(
        """
        | Step | Dev accuracy | Test accuracy |
        | --: | --: | --: |
        | 0 | 50.00 %, loss 0.7000 | 37.50 %, loss 0.7100 |
        | 50 | 75.00 %, loss 0.5000 | 62.50 %, loss 0.5200 |
        | 100 | loss 0.9000 | not scored |
        """))
  }

  @Test func theGainIsSaidWithoutATestThatCannotBeMade() throws {
    let text = try PanelTableTests.contents(Self.records()).markdown()
    #expect(
      text.contains(
        "seed 2: test accuracy 37.50 %, loss 0.7100 at its own initialisation, 62.50 %, loss 0.5200 "
          + "at the chosen step 50; the initialisation's answers aren't recorded one by one, so no "
          + "test is made."))
    #expect(
      text.contains(
        "in 0 of 1 cell it beat it with the paired test's support, in 0 it made it worse, in 0 no "
          + "difference was measurable or development chose step 0; in 1 the record doesn't hold"))
    let start = try PanelTableTests.contents(Self.records(chosen: 0)).markdown()
    #expect(
      start.contains(
        "seed 2: training **did not beat** its own initialisation: the development split chose step "
          + "0."))
    #expect(start.contains("in 1 no difference was measurable or development chose step 0."))
  }

  @Test func theCSVHasTheTasksScores() throws {
    let line = try #require(
      try PanelTableTests.contents(Self.records()).csv.split(separator: "\n").first {
        $0.contains(",zeroqat-w4,a-mean,") && $0.contains(",2,W4A4,")
      })
    let fields = line.split(separator: ",", omittingEmptySubsequences: false)
    // value, start, last, best on test, chosen step
    #expect(fields[13] == "0.625" && fields[18] == "8")
    #expect(fields[20..<24].elementsEqual(["0.375", "", "", "50"]))
  }

  @Test func aTaskHasNoPerplexityToPlot() throws {
    #expect(try PanelTableTests.contents(Self.records()).trajectoryPlot == nil)
  }
}
