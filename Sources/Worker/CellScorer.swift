import MethodKit
import Tasks
import Tensors
import Transformers

/// Scores models on a cell's texts, and tells of it.
struct CellScorer {
  /// Development text.
  let development: TokenWindows<DevelopmentSplit>
  /// Test text.
  let test: TokenWindows<TestSplit>
  /// The cell's tasks.
  let tasks: TaskScoring
  /// Tokens of a window.
  let windowTokens: Int
  let progress: WorkerProgress

  /// Scores of a split.
  ///
  /// - Throws: ``NotFinite`` at the first window whose loss isn't finite.
  func score<S: Split>(
    _ model: QuantizedModel, _ windows: TokenWindows<S>, order: SummationOrder = .whole,
    step: Int? = nil
  ) throws -> WindowScores<S> {
    let scores = try model.score(windows, order: order) { done in
      progress.show("evaluate \(S.name)", done, of: windows.count, "window")
    }
    if let window = scores.firstNonFiniteWindow {
      throw NotFinite(split: S.name, number: window, step: step)
    }
    return scores
  }

  /// Scores that a journal or a trajectory holds; nil stands for what isn't finite.
  func windowScores<S: Split>(of split: S.Type, _ values: [Double?]) throws -> WindowScores<S> {
    try WindowScores(
      windowNLL: values.map { $0 ?? .nan }, scoredTokensPerWindow: windowTokens - 1)
  }
}
