import Checkpoints
import Tokenizers
import Transformers

/// One tensor as an inspection tells of it.
package struct InspectedTensor: Sendable, Equatable, Encodable {
  /// Its name in the file.
  package let name: String
  /// Its stored type, as the file names it.
  package let type: String
  /// Row-major dimensions.
  package let shape: [Int]
  /// Product of the dimensions.
  package let elements: Int
  /// Bytes in the file.
  package let bytes: Int
  /// What the model does with it, or why it is harmless.
  package let use: String

  init(_ accounted: AccountedTensor) {
    let tensor = accounted.tensor
    name = tensor.name
    type = tensor.typeName
    shape = tensor.shape
    elements = tensor.elementCount
    bytes = tensor.byteCount
    use = accounted.use.rawValue
  }
}

/// What tensors of different blocks have in common that are alike.
struct TensorGroup: Hashable {
  /// The name with its numbers left out; the whole name of one that stands alone.
  let pattern: [String]
  let type: String
  let shape: [Int]
  let use: String

  init(_ tensor: InspectedTensor, alone: Bool) {
    let parts = tensor.name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    pattern = alone ? parts : parts.map { Int($0) == nil ? $0 : Self.number }
    type = tensor.type
    shape = tensor.shape
    use = tensor.use
  }

  private static let number = "#"

  /// One name for all: with the first and the last number where they differ, and how many there are.
  func name(of tensors: [InspectedTensor]) -> String {
    guard let first = tensors.first, let last = tensors.last, tensors.count > 1 else {
      return tensors.first?.name ?? ""
    }
    let ends = [first, last].map {
      $0.name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }
    let parts = pattern.indices.map { index in
      let (low, high) = (ends[0][index], ends[1][index])
      return low == high ? low : "{\(low)…\(high)}"
    }
    return parts.joined(separator: ".") + " ×\(tensors.count)"
  }
}

/// The tokenizer as an inspection tells of it.
struct InspectedTokenizer: Sendable, Equatable, Encodable {
  /// Kind, cut and marks, each with where it was read.
  let description: String
  /// Ids that it has.
  let vocabularySize: Int
  /// The id that opens a sequence; null for none.
  let beginningOfSequence: Int32?
  /// The id that closes one; null for none.
  let endOfSequence: Int32?

  init(_ found: ModelTokenizer) {
    description = found.description
    vocabularySize = found.tokenizer.vocabularySize
    beginningOfSequence = found.tokenizer.beginningOfSequence
    endOfSequence = found.tokenizer.endOfSequence
  }

  /// The marks by their ids.
  var words: String {
    func id(_ mark: Int32?) -> String { mark.map { "id \($0)" } ?? "none" }
    return "beginning of sequence: \(id(beginningOfSequence)), end: \(id(endOfSequence))"
  }
}
