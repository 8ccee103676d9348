/// Why a checkpoint can't be used as a model.
public enum ModelError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of model or option isn't known.
  case unsupported(path: String, what: String, supported: String)
  /// The configuration contradicts itself.
  case shape(path: String, reason: String)
  /// A token id outside the vocabulary.
  case tokenOutOfRange(token: Int, vocabularySize: Int)
  /// More tokens than positions.
  case windowTooLong(tokens: Int, positions: Int)

  /// One line: file, what is wrong, what would do.
  public var description: String {
    switch self {
    case .unsupported(let path, let what, let supported):
      "\(path): \(what) is not supported; supported: \(supported)"
    case .shape(let path, let reason):
      "\(path): \(reason)"
    case .tokenOutOfRange(let token, let size):
      "token id \(token) is outside the model's vocabulary of \(size)"
    case .windowTooLong(let tokens, let positions):
      "a window of \(tokens) tokens is longer than the model's \(positions) positions"
    }
  }
}
