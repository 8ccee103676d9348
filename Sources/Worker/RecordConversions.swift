import MethodKit
import Optimizers
import Records
import Tasks
import Vocabulary

extension Score {
  /// Perplexity of a split from the model's scores.
  init<S: Split>(_ scores: WindowScores<S>, alternativeMeanNLL: Double? = nil) {
    self.init(
      split: S.name, metric: Metric.perplexity.rawValue, value: scores.perplexity,
      meanNLL: scores.meanNLL,
      standardErrorNLL: scores.standardErrorNLL,
      windowNLL: scores.windowNLL.map { $0.isFinite ? $0 : nil },
      scoredTokens: scores.windowNLL.count * scores.scoredTokensPerWindow,
      alternativeMeanNLL: alternativeMeanNLL)
  }
}

extension RunSeries {
  /// The record's form of a curve.
  init(_ series: MeasuredSeries) {
    self.init(series.name, per: series.index, unit: series.unit, x: series.x, y: series.y)
  }
}

extension RunDivergence {
  /// The record's form of where numbers stopped being finite.
  init(_ place: DivergencePlace) {
    self.init(
      step: place.step, block: place.block, tensor: place.tensor, split: place.split,
      task: place.task, number: place.number)
  }
}

extension ZerothOrderSummary {
  /// The record's form of a training run's health.
  init(_ summary: TrainingSummary) {
    let probes = summary.probes
    let count = Double(max(probes.count, 1))
    let differences = probes.map { abs($0.plus - $0.minus) }
    let directions = summary.optimizer.directions
    self.init(
      steps: probes.count / directions, forwards: 2 * probes.count,
      tokens: probes.count / directions * summary.tokensPerStep,
      epsilon: shortest(summary.optimizer.epsilon),
      learningRate: summary.optimizer.learningRate,
      trainableParameters: summary.trainableParameters,
      meanAbsoluteDifference: differences.reduce(0, +) / count,
      largestAbsoluteDifference: differences.max() ?? 0,
      clippedShare: Double(probes.count { $0.isClipped }) / count,
      rootMeanSquareGradient: (probes.reduce(0) {
        $0 + $1.projectedGradient * $1.projectedGradient
      } / count).squareRoot(),
      bestDevelopmentStep: summary.bestDevelopmentStep,
      probeLosses: probes.map { ($0.plus + $0.minus) / 2 })
  }
}

/// The double with the fewest digits that reads as `value`: 0.001, not 0.0010000000474974513.
private func shortest(_ value: Float) -> Double { Double("\(value)") ?? Double(value) }
