internal import JSONText

/// Which tensors a file holds and where their bytes are.
struct TensorTable: Sendable {
  /// All tensors, in the order of the file's own list.
  let tensors: [TensorDescriptor]
  /// Offset of the first byte of each tensor from the start of the file.
  private let offsets: [Int]
  /// Position in `tensors` by name.
  private let positions: [String: Int]

  /// One line of the table while it is put together.
  struct Entry {
    /// The tensor.
    var tensor: TensorDescriptor
    /// Offset of its first byte from the start of the file.
    var offset: Int
  }

  /// A table whose entries lie inside `data`, apart from each other.
  ///
  /// - Parameters:
  ///   - entries: Tensors and their offsets, which must not be negative.
  ///   - data: The bytes of the file that may hold tensors.
  ///   - path: The file, for errors.
  /// - Throws: ``CheckpointError`` on a repeated name, a tensor that leaves `data`, or two that overlap.
  init(_ entries: [Entry], in data: Range<Int>, path: String) throws(CheckpointError) {
    var positions: [String: Int] = [:]
    positions.reserveCapacity(entries.count)
    for (position, entry) in entries.enumerated() {
      let tensor = entry.tensor
      if positions.updateValue(position, forKey: tensor.name) != nil {
        throw CheckpointError(
          .malformed, in: path, at: .tensor(tensor.name), "the name appears twice")
      }
      let (end, overflow) = entry.offset.addingReportingOverflow(tensor.byteCount)
      guard !overflow, entry.offset >= data.lowerBound, end <= data.upperBound else {
        throw CheckpointError(
          .truncated, in: path, at: .tensor(tensor.name),
          "expected \(tensor.byteCount) bytes from byte \(entry.offset) on, "
            + "but the file's data are bytes \(data.lowerBound) to \(data.upperBound)")
      }
    }
    // Empty tensors take no bytes and so can't overlap anything.
    let occupied = entries.filter { $0.tensor.byteCount > 0 }.sorted { $0.offset < $1.offset }
    for (first, second) in zip(occupied, occupied.dropFirst())
    where first.offset + first.tensor.byteCount > second.offset {
      throw CheckpointError(
        .malformed, in: path, at: .tensor(second.tensor.name),
        "starts at byte \(second.offset) and overlaps '\(first.tensor.name)', "
          + "which ends at byte \(first.offset + first.tensor.byteCount)")
    }
    self.tensors = entries.map(\.tensor)
    self.offsets = entries.map(\.offset)
    self.positions = positions
  }

  /// The tensor called `name`, or nil.
  func descriptor(of name: String) -> TensorDescriptor? {
    positions[name].map { tensors[$0] }
  }

  /// The tensor called `name` and its offset.
  ///
  /// - Throws: ``CheckpointError`` that offers the nearest name.
  func entry(_ name: String, path: String) throws(CheckpointError) -> Entry {
    guard let position = positions[name] else {
      throw missingTensor(name, among: tensors.map(\.name), path: path)
    }
    return Entry(tensor: tensors[position], offset: offsets[position])
  }
}

/// The error for a tensor that isn't there, with the nearest name that is.
func missingTensor(_ name: String, among names: [String], path: String) -> CheckpointError {
  var reason = "there is no such tensor among the \(names.count)"
  if names.allSatisfy({ $0.hasPrefix("base_model.model.") }), !names.isEmpty {
    reason +=
      "; all of them are named as peft names a wrapped model's: merge the adapter, unload it and save that"
  } else if let nearest = nearestName(to: name, in: names) {
    reason += "; did you mean '\(nearest)'?"
  }
  return CheckpointError(.missing, in: path, at: .tensor(name), reason)
}
