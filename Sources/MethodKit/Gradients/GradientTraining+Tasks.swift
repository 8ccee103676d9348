package import Tasks

extension GradientTraining.Text {
  /// The right answers of a task: one window per example, in which the answer's tokens alone are scored.
  ///
  /// Shorter examples are filled up at the right, which no earlier token can see. All windows are as
  /// long as the longest example's.
  ///
  /// DEVIATION: zeroth-order training compares options (``TaskObjective``); backpropagation learns the
  /// right answer's tokens, as the official code of EfficientQAT fine-tunes on instructions.
  package init(_ task: OptionTask<TrainingSplit>) {
    let right = task.examples.map { $0.options[$0.answer] }
    let width = right.reduce(1) { max($0, $1.ids.count - 1) }
    var (ids, targets): ([Int32], [Int32]) = ([], [])
    for option in right {
      let read = option.ids.dropLast()
      let filling = width - read.count
      ids += read
      ids += repeatElement(read.last ?? 0, count: filling)
      targets += repeatElement(-1, count: read.count - option.scored)
      targets += option.ids.suffix(option.scored)
      targets += repeatElement(-1, count: filling)
    }
    self.init(ids: ids, windowTokens: width, targets: targets)
  }
}
