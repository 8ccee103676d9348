import MethodKit
import Optimizers
import Records
import Tasks
import Vocabulary

/// The tasks of a cell: what is scored at a checkpoint, what once it is chosen, and what a journal spares.
extension CellRun {
  /// Development scores of a checkpoint on the task that is trained on; test examples are scored only
  /// if it is chosen.
  func checkpoint(of task: CellTasks.FineTuning, step: Int, _ model: QuantizedModel) throws
    -> DevelopmentScore
  {
    let found = try developmentOutcomes(of: task, model, step: step)
    draft.trajectory.append(
      TrajectoryPoint(
        step: step, developmentTask: TaskPoint(found, scorer?.tasks.metrics ?? []), testTask: nil))
    return DevelopmentScore(found)
  }

  /// Makes the tasks' scores those of `model`, the checkpoint after `step` updates.
  ///
  /// Zero-shot scores aren't journalled: a resumed run has the weights and scores them again.
  func scoreTasks(of model: QuantizedModel, step: Int?) throws {
    guard let tasks = scorer?.tasks else { return }
    var scores: [Score] = []
    if let task = tasks.tasks.fineTuning {
      let development = try developmentOutcomes(of: task, model, step: step)
      let test = try testOutcomes(of: task, model, step: step, beside: development)
      if let index = draft.trajectory.firstIndex(where: { $0.step == step }) {
        draft.trajectory[index].testTask = TaskPoint(test, tasks.metrics)
      }
      scores += Score.all(test, of: task.name, tasks.metrics)
      scores += Score.all(development, of: task.name, tasks.metrics)
    }
    draft.taskScores = try scores + tasks.zeroShot(model, step: step)
  }

  private func developmentOutcomes(
    of task: CellTasks.FineTuning, _ model: QuantizedModel, step: Int?
  ) throws -> TaskOutcomes<DevelopmentSplit> {
    if let known = try journalled(step),
      let found = TaskOutcomes<DevelopmentSplit>(
        journalled: known.development, examples: task.development.examples.count)
    {
      return found
    }
    guard let tasks = scorer?.tasks else { preconditionFailure("a task before it is read") }
    let found = try tasks.development(task, model, step: step)
    if let step {
      try replay.logForAppending().append(
        ReplayLog.Evaluation(step: step, development: found.journalled, test: []))
    }
    return found
  }

  private func testOutcomes(
    of task: CellTasks.FineTuning, _ model: QuantizedModel, step: Int?,
    beside development: TaskOutcomes<DevelopmentSplit>
  ) throws -> TaskOutcomes<TestSplit> {
    if let known = try journalled(step),
      let found = TaskOutcomes<TestSplit>(
        journalled: known.test, examples: task.test.examples.count)
    {
      return found
    }
    guard let tasks = scorer?.tasks else { preconditionFailure("a task before it is read") }
    let found = try tasks.test(task, model, step: step)
    if let step {
      try replay.logForAppending().append(
        ReplayLog.Evaluation(
          step: step, development: development.journalled, test: found.journalled))
    }
    return found
  }

  /// What an interrupted run journalled last of the checkpoint after `step` updates.
  private func journalled(_ step: Int?) throws -> ReplayLog.Evaluation? {
    guard let step else { return nil }
    return try replay.log().evaluations.last { $0.step == step }
  }
}
