internal import Glibc
internal import Records
internal import Statistics

/// How many forward passes a row's trainings took to a column's target, seed by seed.
struct ForwardsToTarget: Equatable {
  /// One training.
  struct Training: Equatable {
    /// Its seed.
    var seed: UInt64
    /// Forward passes of a batch when development loss first was at the target, between checkpoints by a straight
    /// line; nil where it never was.
    var reached: Double?
    /// Forward passes in all.
    var all: Int
  }

  /// All trainings of the row, by seed.
  var trainings: [Training]
  /// Forward passes of an update.
  var perUpdate: Int

  /// The trainings among `records`, all of one row and column; nil where none has a course.
  init?(_ records: [RunRecord], target: Double) {
    var trainings: [Training] = []
    var each = 0
    for record in records.sorted(by: { $0.cell.address.seed < $1.cell.address.seed }) {
      guard let summary = record.zerothOrder, summary.steps > 0, !record.trajectory.isEmpty else {
        continue
      }
      each = summary.forwards / summary.steps
      trainings.append(
        Training(
          seed: record.cell.address.seed,
          reached: Self.step(record.trajectory, target: target).map { $0 * Double(each) },
          all: summary.forwards))
    }
    guard !trainings.isEmpty else { return nil }
    self.trainings = trainings
    perUpdate = each
  }

  /// The step at which the mean development loss first is at or below `target`.
  private static func step(_ points: [TrajectoryPoint], target: Double) -> Double? {
    var before: (step: Double, loss: Double)?
    for point in points {
      let values = point.developmentWindowNLL.compactMap { $0 }
      guard !values.isEmpty, values.count == point.developmentWindowNLL.count else { continue }
      let (step, loss) = (Double(point.step), SampleMean(values).mean)
      if loss <= target {
        guard let before, before.loss > loss else { return step }
        return before.step + (step - before.step) * (before.loss - target) / (before.loss - loss)
      }
      before = (step, loss)
    }
    return nil
  }

  /// The mean of all seeds; nil where one never arrived.
  var mean: Double? {
    let reached = trainings.compactMap(\.reached)
    return reached.count == trainings.count ? SampleMean(reached).mean : nil
  }

  /// How many times fewer passes this takes than `other`, by the seeds that both have: the geometric mean of the
  /// ratios, and its 95 % interval by Student's t over seeds; nil where one of them never arrived.
  func speedUp(over other: ForwardsToTarget) -> (ratio: Double, interval: ClosedRange<Double>?)? {
    let pairs = trainings.compactMap { own in
      other.trainings.first { $0.seed == own.seed }.map { (own.reached, $0.reached) }
    }
    let logs = pairs.compactMap { own, others -> Double? in
      guard let own, let others, own > 0, others > 0 else { return nil }
      return log(others / own)
    }
    guard !logs.isEmpty, logs.count == pairs.count else { return nil }
    let mean = SampleMean(logs)
    guard let error = mean.standardError else { return (exp(mean.mean), nil) }
    let t = StudentDistribution.quantile(
      upperTail: 0.025, degreesOfFreedom: Double(logs.count - 1))
    return (exp(mean.mean), exp(mean.mean - t * error)...exp(mean.mean + t * error))
  }
}
