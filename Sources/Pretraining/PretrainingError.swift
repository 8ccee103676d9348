/// Why a model can't be trained, or not any further.
package enum PretrainingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A text that is in none of the folders.
  case noFile(String, folders: [String])
  /// A folder without a tokenizer that is known.
  case noTokenizer(folder: String)
  /// A tokenizer with ids that the model has no embedding for.
  case vocabularyTooSmall(tokenizer: Int, model: Int)
  /// A file of token ids that isn't one.
  case ids(path: String, reason: String)
  /// A folder that can't be made.
  case folder(path: String, reason: String)
  /// A state of another run.
  case otherRun(path: String, what: String, expected: String, found: String)
  /// A state whose bookkeeping can't be read.
  case badState(path: String, key: String)
  /// A loss or a gradient that isn't finite.
  case diverged(step: Int, loss: Double, gradientNorm: Double)
  /// A development loss that isn't finite.
  case developmentNotFinite(step: Int, loss: Double)

  /// Whether the run itself went wrong, not what it was given.
  package var isDivergence: Bool {
    switch self {
    case .diverged, .developmentNotFinite: true
    default: false
    }
  }

  /// What was expected, what was found.
  package var description: String {
    switch self {
    case .noFile(let file, let folders):
      "there is no '\(file)'; looked for it in \(folders.map { "'\($0)'" }.joined(separator: ", "))"
    case .noTokenizer(let folder):
      "\(folder): expected vocab.json and merges.txt, or tokenizer.model"
    case .vocabularyTooSmall(let tokenizer, let model):
      "the tokenizer has \(tokenizer) ids, the recipe's vocabulary only \(model)"
    case .ids(let path, let reason):
      "\(path): error: \(reason)"
    case .folder(let path, let reason):
      "cannot make the folder '\(path)': \(reason)"
    case .otherRun(let path, let what, let expected, let found):
      "\(path): the state belongs to another run: its \(what) is \(found), expected \(expected); "
        + "remove it, or give another folder"
    case .badState(let path, let key):
      "\(path): expected the metadata '\(key)' as this program writes it"
    case .diverged(let step, let loss, let norm):
      "training diverged at step \(step): the loss is \(loss), the norm of its gradients \(norm)"
    case .developmentNotFinite(let step, let loss):
      "training diverged: after step \(step) the development loss is \(loss)"
    }
  }
}
