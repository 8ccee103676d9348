import JSONText
import Records
import Testing

@Suite("The checkpoint that a record's scores are of")
struct CheckpointSelectionTests {
  private static func text(_ step: Int, _ windows: [Double?]) -> TrajectoryPoint {
    TrajectoryPoint(step: step, developmentWindowNLL: windows, testWindowNLL: [])
  }

  @Test("The first with the least mean development loss, whatever the test split says")
  func leastDevelopmentLoss() throws {
    let trajectory = [
      Self.text(0, [3, 4]), Self.text(50, [2, 4]), Self.text(100, [4, 2]),
      Self.text(150, [9, nil]),
    ]
    let selection = try #require(CheckpointSelection(among: trajectory))
    #expect(selection.step == 50 && selection.developmentLoss == 3 && selection.checkpoints == 4)
    #expect(
      try jsonText(of: selection, style: .compact)
        == #"{"step":50,"by":"mean loss of development text","developmentLoss":3.0,"checkpoints":4}"#
    )
    #expect(CheckpointSelection(of: 100, among: trajectory)?.step == 100)
    #expect(CheckpointSelection(of: 99, among: trajectory) == nil)
    #expect(CheckpointSelection(of: 150, among: trajectory) == nil)
    #expect(CheckpointSelection(among: []) == nil)
  }

  @Test("Of a task, the loss of its examples decides, not how many are right")
  func ofATask() throws {
    func point(_ step: Int, _ accuracy: Double, _ loss: Double) -> TrajectoryPoint {
      TrajectoryPoint(
        step: step,
        developmentTask: TaskPoint(metric: "accuracy", value: accuracy, meanLoss: loss),
        testTask: nil)
    }
    let selection = CheckpointSelection(among: [point(0, 0.9, 0.7), point(50, 0.5, 0.6)])
    #expect(selection?.step == 50 && selection?.by == .developmentTask)
  }

  @Test("A divergence is data, and what isn't known of it isn't written")
  func divergence() throws {
    let place = RunDivergence(step: 3, split: "development", number: 7)
    let text = try jsonText(of: place, style: .compact)
    #expect(text == #"{"step":3,"split":"development","number":7}"#)
    #expect(
      try JSONDocument(text: Array(text.utf8), file: "place").decode(RunDivergence.self) == place)
  }
}
