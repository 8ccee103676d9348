package import Vocabulary

/// What keeps a model and a text from being a cell.
package enum SingleEvaluationError: Error, Sendable, Equatable {
  /// A method that isn't there.
  case unknownMethod(String, suggestion: String)
  /// Bits where nothing is quantized, or none where something is.
  case contradictoryBits(method: String, bits: BitsLabel)
  /// Options that the method doesn't take.
  case option(method: String, reason: String)
  /// A group size that doesn't divide the inputs of all linears.
  case groups(bits: BitsLabel, GroupMisfit)
  /// A window that the model has too few positions for.
  case windowTooLong(Int, positions: Int)
  /// Neither a file nor a text of `datasets/`.
  case noText(String, suggestion: String)
  /// A folder in the place of a text.
  case textIsFolder(path: String)
  /// A text with a byte that begins or continues no character.
  case notUTF8(path: String, byte: Int)
  /// A text without a byte.
  case emptyText(path: String)
  /// A method that looks at text, with no text that it may look at; `known` are those that are there.
  case noCalibration(method: String, known: [String])
  /// A text to look at, for a method that looks at none.
  case needlessCalibration(method: String)
  /// A text to look at that can't be cut in two.
  case shortCalibration(path: String, bytes: Int)
  /// A text that is to be scored and looked at.
  case sameText(path: String)
}

extension SingleEvaluationError: CustomStringConvertible {
  /// What is wrong, and the nearest right thing.
  package var description: String {
    switch self {
    case .unknownMethod(let name, let suggestion):
      return "there is no method '\(name)'; \(suggestion)"
    case .contradictoryBits(let method, let bits):
      return bits.isFullPrecision
        ? "the method '\(method)' quantizes; say to how many bits, as in --bits W4A16g128"
        : "the method '\(method)' quantizes nothing; leave --bits \(bits) out or name another method"
    case .option(let method, let reason):
      return "options of '\(method)': \(reason)"
    case .groups(let bits, let misfit): return "\(bits) doesn't fit the model: \(misfit)"
    case .windowTooLong(let tokens, let positions):
      return "windows of \(tokens) tokens are too long: the model has \(positions) positions"
    case .noText(let name, let suggestion):
      return "there is no file '\(name)' and no text of that name in datasets/; \(suggestion)"
    case .textIsFolder(let path):
      return "'\(path)' is a folder; name one file, or a text in datasets/"
    case .notUTF8(let path, let byte):
      return
        "'\(path)' isn't UTF-8: what stands at byte \(byte) is no character; convert it, as 'iconv -t UTF-8' does"
    case .emptyText(let path): return "'\(path)' is empty: there is no text in it"
    case .noCalibration(let method, let known):
      let names = known.map { "'\($0)'" }.joined(separator: ", ")
      return
        "'\(method)' looks at text, and mustn't at the one that is scored: name another file with "
        + "--calibration" + (known.isEmpty ? "" : ", or a text that is here: \(names)")
    case .shortCalibration(let path, let bytes):
      return
        "'\(path)' has \(bytes) \(bytes == 1 ? "byte" : "bytes"); a text to calibrate on has some thousand tokens"
    case .needlessCalibration(let method):
      return "'\(method)' looks at weights alone; leave --calibration out"
    case .sameText(let path):
      return
        "'\(path)' is scored, so that no method may look at it; name another text with --calibration"
    }
  }
}
