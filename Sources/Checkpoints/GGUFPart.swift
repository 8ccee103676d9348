/// One file of a GGUF model: all of it, or a part of a split one.
final class GGUFPart: Sendable {
  /// The file's bytes.
  let file: MappedFile
  /// Its tensors.
  let table: TensorTable
  /// Metadata by key.
  let metadata: [String: GGUFValue]
  /// Metadata keys in the order of the file.
  let keys: [String]

  /// Maps the file at `path` and reads its metadata and tensor list.
  ///
  /// - Throws: ``CheckpointError`` when the file can't be read, is truncated, or contradicts itself.
  init(_ path: String) throws(CheckpointError) {
    file = try MappedFile(path)
    let header = try GGUFHeader(file)
    table = header.table
    metadata = header.metadata
    keys = header.keys
  }

  /// The number under a key of the kind `split.*`; nil without the key.
  ///
  /// - Throws: ``CheckpointError`` when it isn't an integer that can count something.
  func splitNumber(_ key: String) throws(CheckpointError) -> Int? {
    let number: Int?
    switch metadata[key] {
    case nil: return nil
    case .unsigned(let value): number = Int(exactly: value)
    case .signed(let value): number = Int(exactly: value)
    default: number = nil
    }
    guard let number, number >= 0 else {
      throw CheckpointError(
        .malformed, in: file.path, at: .key(key),
        "expected an integer of at least 0, found \(metadata[key]?.words ?? "nothing")")
    }
    return number
  }
}
