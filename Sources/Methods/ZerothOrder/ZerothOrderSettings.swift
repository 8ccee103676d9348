package import MethodKit
package import Optimizers

/// The options that all zeroth-order methods share.
package protocol ZerothOrderSettings: MethodOptions {
  /// Updates.
  var steps: Int { get }
  /// η.
  var learningRate: Double { get }
  /// ε.
  var epsilon: Float { get }
  /// Windows per step, where text is trained on.
  var batchWindows: Int { get }
  /// Examples per step, where a task is trained on.
  var batchExamples: Int { get }
  /// Directions per step, q.
  var directions: Int { get }
  /// Distribution of the directions.
  var distribution: DirectionDistribution { get }
  /// Steps between checkpoints.
  var checkpointEvery: Int { get }
  /// How η falls.
  var schedule: LearningRate.Schedule { get }
  /// Steps after which a falling η would be 0; nil stands for as many as there are updates.
  var scheduleSteps: Int? { get }
}

extension ZerothOrderSettings {
  package static var required: [String] { ["steps", "learningRate", "epsilon"] }

  /// η doesn't fall.
  package var schedule: LearningRate.Schedule { .constant }

  /// Nobody said.
  package var scheduleSteps: Int? { nil }

  /// Steps after which a falling η would be 0; nil for one that doesn't fall.
  var decaySteps: Int? { schedule == .constant ? scheduleSteps : scheduleSteps ?? steps }

  /// Checks every shared option.
  func validateSettings() throws(MethodError) {
    try check("steps", steps, expected: "at least 0") { $0 >= 0 }
    try check("learningRate", learningRate, expected: "a finite number of at least 0") {
      $0 >= 0 && $0.isFinite
    }
    try check("epsilon", epsilon, expected: "a finite number above 0") { $0 > 0 && $0.isFinite }
    try check("batchWindows", batchWindows, expected: "at least 1") { $0 >= 1 }
    try check("batchExamples", batchExamples, expected: "at least 1") { $0 >= 1 }
    try check("directions", directions, expected: "at least 1") { $0 >= 1 }
    // Each direction of each step has a 32-bit number of its own; beyond, they would come again.
    let draws = 1 << 32
    try check("directions", directions, expected: "at most \(draws)") { $0 <= draws }
    let mostSteps = draws / directions
    try check(
      "steps", steps, expected: "at most \(mostSteps) with \(directions) directions"
    ) { $0 <= mostSteps }
    try check("checkpointEvery", checkpointEvery, expected: "at least 1") { $0 >= 1 }
    guard let scheduleSteps else { return }
    if schedule == .constant {
      throw .option(
        name: "scheduleSteps", expected: "none while 'schedule' is 'constant'",
        found: "\(scheduleSteps)")
    }
    // At its end a falling rate is 0, and whatever is trained there stays as it is.
    try check("scheduleSteps", scheduleSteps, expected: "at least \(max(steps, 1)), the updates") {
      $0 >= max(steps, 1)
    }
  }

  /// The training loop that the options describe.
  ///
  /// - Parameters:
  ///   - seed: Master seed.
  ///   - differenceBound: Bound on |L₊ − L₋|, nats; nil for none.
  ///   - directionBits: Bits of a direction's numbers; nil for all of them.
  /// - Returns: The loop.
  func training(seed: UInt64, differenceBound: Double? = nil, directionBits: Int? = nil)
    -> ZerothOrderTraining
  {
    ZerothOrderTraining(
      optimizer: ZerothOrderSGD(
        learningRate: learningRate, epsilon: epsilon, directions: directions,
        differenceBound: differenceBound, distribution: distribution,
        directionBits: directionBits, schedule: schedule,
        scheduleSteps: decaySteps ?? 0, seed: seed),
      steps: steps, batch: BatchSize(windows: batchWindows, examples: batchExamples),
      checkpointEvery: checkpointEvery)
  }

  /// The loop that trains all parameters of the checkpoint in full precision, whoever asks for it.
  func fullTraining(seed: UInt64) -> ZerothOrderTraining {
    var loop = training(seed: seed)
    loop.start = .checkpoint
    return loop
  }
}
