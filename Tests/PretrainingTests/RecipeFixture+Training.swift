import Pretraining
import TestSupport

extension RecipeFixture {
  /// Trains into the folder `output`, as far as `steps`, and returns what was reported.
  @discardableResult
  func train(to output: String, steps: Int? = nil) throws -> [String] {
    var lines: [String] = []
    var run = try Pretraining(
      recipe: folder.path("recipe.json"), to: folder.path(output)
    ) { lines.append($0) }
    try run.run(steps: steps)
    return lines
  }
}
