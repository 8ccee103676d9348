internal import Vocabulary

/// The parts of a GGUF model that belong together by their keys `split.*` and their names.
///
/// The first part has all metadata; the others have only `split.no` (from 0), `split.count`,
/// `split.tensors.count` and their own tensors.
///
/// > Source: what llama.cpp's `gguf-split` writes.
enum GGUFSplit {
  /// Most parts that a name of five digits can count.
  private static let most = 99_999

  /// All parts of the model whose first part is `first`; that part alone when it is whole.
  ///
  /// - Throws: ``CheckpointError`` when `first` is another part, when a part is missing, malformed, or
  ///   says otherwise about the whole, when a tensor is in two parts, or when there are fewer or more
  ///   tensors than announced.
  static func parts(from first: GGUFPart) throws(CheckpointError) -> [GGUFPart] {
    let path = first.file.path
    let name = GGUFPartName(path)
    guard let count = try first.splitNumber("split.count") else {
      guard let name, name.count > 1 else { return [first] }
      throw CheckpointError(
        .missing, in: path, at: .key("split.count"),
        "there is no such key, but the name says part \(name.number) of \(name.count); "
          + "if the file is whole, rename it")
    }
    guard (1...most).contains(count) else {
      throw CheckpointError(
        .malformed, in: path, at: .key("split.count"),
        "expected 1 to \(most) parts, found \(count)")
    }
    let number = try first.splitNumber("split.no")
    // With one part there is nothing to confuse it with.
    guard let number = number ?? (count == 1 ? 0 : nil) else {
      throw CheckpointError(
        .missing, in: path, at: .key("split.no"),
        "there is no such key, but the file is one of \(count) parts")
    }
    guard number < count else {
      throw CheckpointError(
        .malformed, in: path, at: .key("split.no"),
        "expected a part of 0 to \(count - 1), found \(number)")
    }
    if count > 1 {
      guard let name, name.count == count, name.number == number + 1 else {
        throw CheckpointError(
          .mismatched, in: path, at: .key("split.no"),
          "expected part \(number + 1) of \(count) to be called "
            + "*\(GGUFPartName.ending(number + 1, of: count)), as the parts find each other by name"
        )
      }
      guard number == 0 else {
        throw CheckpointError(
          .mismatched, in: path, at: .key("split.no"),
          "this is part \(number + 1) of \(count); to use the model, name its first part, "
            + "'\(name.path(of: 1))'")
      }
    }
    var parts = [first]
    if let name {
      for number in 1..<max(1, count) {
        parts.append(try part(number, at: name.path(of: number + 1), of: first, count: count))
      }
    }
    try checkTensors(of: parts)
    return parts
  }

  /// Part `number` (from 0) of the model whose first part is `first`.
  private static func part(_ number: Int, at path: String, of first: GGUFPart, count: Int)
    throws(CheckpointError) -> GGUFPart
  {
    guard isThere(path) else {
      throw CheckpointError(
        .missing, in: first.file.path, at: .key("split.count"),
        "expected \(count) parts, but part \(number + 1) isn't there: '\(path)'")
    }
    let part = try GGUFPart(path)
    for (key, expected) in [("split.no", number), ("split.count", count)] {
      let found = try part.splitNumber(key)
      guard found == expected else {
        throw CheckpointError(
          .mismatched, in: path, at: .key(key),
          "expected \(expected), as its name and the first part say, "
            + "found \(found.map { "\($0)" } ?? "no such key")")
      }
    }
    // A key that only a later part has would go unread.
    for key in part.keys where !key.hasPrefix("split.") && key != "general.alignment" {
      let value = part.metadata[key]
      // An array stays in its file: that two of them are equal isn't known.
      if let value, value == first.metadata[key], !value.isArray { continue }
      throw CheckpointError(
        .unsupported, in: path, at: .key(key),
        "expected the metadata of a split model in its first part, "
          + "found \(value?.words ?? "nothing") in part \(number + 1)")
    }
    return part
  }

  /// Checks that every tensor is in one part, and that all that were announced are there.
  private static func checkTensors(of parts: [GGUFPart]) throws(CheckpointError) {
    var homes: [String: Int] = [:]
    for (index, part) in parts.enumerated() {
      for tensor in part.table.tensors {
        guard let other = homes.updateValue(index, forKey: tensor.name) else { continue }
        throw CheckpointError(
          .malformed, in: part.file.path, at: .tensor(tensor.name),
          "expected it in one part, found it in '\(parts[other].file.path)' as well")
      }
    }
    for part in parts {
      let announced = try part.splitNumber("split.tensors.count")
      guard let announced = announced ?? (parts.count == 1 ? homes.count : nil) else {
        throw CheckpointError(
          .missing, in: part.file.path, at: .key("split.tensors.count"),
          "there is no such key, but the file is one of \(parts.count) parts")
      }
      guard announced == homes.count else {
        throw CheckpointError(
          .mismatched, in: part.file.path, at: .key("split.tensors.count"),
          "expected the number of tensors in all \(parts.count) parts, \(homes.count), "
            + "found \(announced)")
      }
    }
  }
}
