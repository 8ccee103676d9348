/// A format that comes in one file or in several with an index, as the hub lays them out.
///
/// The order is that in which transformers looks for them.
enum ShardFormat: CaseIterable {
  case safetensors
  case pytorch

  /// What the one file is called before its ending; parts add their numbers.
  var stem: String {
    switch self {
    case .safetensors: "model"
    case .pytorch: "pytorch_model"
    }
  }

  /// How its files end.
  var ending: String {
    switch self {
    case .safetensors: ".safetensors"
    case .pytorch: ".bin"
    }
  }

  /// What files that an index names may be called, in words.
  var pattern: String {
    switch self {
    case .safetensors: "*.safetensors"
    case .pytorch: "pytorch_model*.bin"
    }
  }

  /// Whether an index may name a file of that name.
  func canHold(_ name: String) -> Bool {
    name.hasSuffix(ending) && (self == .safetensors || name.hasPrefix(stem))
  }

  /// Opens one file.
  func open(_ path: String) throws(CheckpointError) -> any Checkpoint {
    switch self {
    case .safetensors: try SafetensorsFile(path)
    case .pytorch: try PyTorchFile(path)
    }
  }

  /// The files `model-0000i-of-0000n.safetensors` of a folder, in order; nil when there is none.
  ///
  /// - Throws: ``CheckpointError`` when one is missing or they are of two sets.
  func shardsWithoutIndex(_ names: [String], folder: String) throws(CheckpointError) -> [String]? {
    let shards = names.compactMap { name in numbers(in: name).map { (name, $0.0, $0.1) } }
    guard let count = shards.first?.2 else { return nil }
    let found = Set(shards.map(\.1))
    let missing = (1...max(count, 1)).first { !found.contains($0) }
    guard missing == nil, shards.count == count, shards.allSatisfy({ $0.2 == count }) else {
      let what = missing.map { "no part \($0)" } ?? "parts of two sets"
      throw CheckpointError(
        .missing, in: "\(folder)\(stem)\(ending).index.json",
        "there is no such file, so all of \(count) parts are read; found \(what)")
    }
    return shards.sorted { $0.1 < $1.1 }.map { folder + $0.0 }
  }

  /// Which part of how many a file is by its name.
  private func numbers(in name: String) -> (Int, Int)? {
    guard name.hasPrefix(stem + "-"), name.hasSuffix(ending) else { return nil }
    let parts = name.dropFirst(stem.utf8.count + 1).dropLast(ending.utf8.count)
      .split(separator: "-")
    guard parts.count == 3, parts[1] == "of", parts[0].utf8.count == 5, parts[2].utf8.count == 5,
      let number = Int(parts[0]), let count = Int(parts[2])
    else { return nil }
    return (number, count)
  }
}
