import Tasks

/// The checkpoints of one run and the one of them that development data likes best.
///
/// Any way of training uses it: zeroth-order or not. The best is the first with the least cost.
package struct CheckpointChoice {
  private let observer: any RunObserver
  private var best: (step: Int, cost: Double)?

  /// A choice among checkpoints that `observer` scores.
  package init(_ observer: any RunObserver) { self.observer = observer }

  /// The best step so far; 0 before the first checkpoint.
  package var bestStep: Int { best?.step ?? 0 }

  /// Has the model after `step` updates scored, and told to the observer if it is the best.
  ///
  /// - Throws: What the observer throws, such as for a loss that isn't finite.
  package mutating func checkpoint(step: Int, _ model: QuantizedModel) throws {
    let score = try observer.checkpoint(step: step, model)
    if let best, score.cost >= best.cost { return }
    best = (step, score.cost)
    try observer.choose(step: step)
  }
}
