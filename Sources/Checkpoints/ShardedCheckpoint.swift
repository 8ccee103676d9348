internal import JSONText

/// Safetensors or PyTorch files that belong together by a `model.safetensors.index.json` or
/// `pytorch_model.bin.index.json`, or by their names.
///
/// The index maps each tensor's name to the file beside it that holds the tensor:
/// `{"metadata": {…}, "weight_map": {"model.norm.weight": "model-00002-of-00002.safetensors"}}`.
public final class ShardedCheckpoint: Checkpoint {
  /// The index file, as the user named it.
  public let path: String
  /// All tensors, in the order of the index.
  public let tensors: [TensorDescriptor]
  private let shards: [any Checkpoint]
  /// Which shard holds a tensor.
  private let homes: [String: Int]

  /// Reads the index at `path` and opens every shard that it names.
  ///
  /// Tensors of a shard that the index doesn't name are there as well, after the others, as transformers
  /// loads them. A tensor that two shards hold is refused: which copy counts, programs don't agree on.
  ///
  /// - Throws: ``CheckpointError`` when the index is malformed, when a shard is missing or malformed,
  ///   or when a shard doesn't hold a tensor that the index says it holds.
  public init(index path: String) throws(CheckpointError) {
    let format: ShardFormat = path.hasSuffix(".bin.index.json") ? .pytorch : .safetensors
    let document: JSONDocument
    let places: [(name: String, shard: String)]
    do throws(JSONError) {
      document = try JSONDocument(contentsOf: path)
      places = try Self.places(in: document, of: format)
    } catch {
      throw Self.located(error)
    }
    var shards: [any Checkpoint] = []
    var numbers: [String: Int] = [:]
    var homes: [String: Int] = [:]
    var tensors: [TensorDescriptor] = []
    for (name, shard) in places {
      let number: Int
      if let known = numbers[shard] {
        number = known
      } else {
        let file = folder(of: path) + shard
        guard isThere(file) else {
          let error = document.error(
            at: "/weight_map" + pointerToken(name), "the shard '\(shard)' isn't beside the index")
          throw Self.located(error, as: .missing)
        }
        number = shards.count
        shards.append(try format.open(file))
        numbers[shard] = number
      }
      guard let tensor = shards[number].descriptor(of: name) else {
        var reason = "'\(shard)' holds no tensor '\(name)'"
        if let other = shards.first(where: { $0.descriptor(of: name) != nil }) {
          reason += "; '\(other.path)' does"
        } else if let near = nearestName(to: name, in: shards[number].tensors.map(\.name)) {
          reason += "; did you mean '\(near)'?"
        }
        throw Self.located(
          document.error(at: "/weight_map" + pointerToken(name), reason), as: .missing)
      }
      homes[name] = number
      tensors.append(tensor)
    }
    self.path = path
    self.shards = shards
    self.tensors = tensors + (try Self.unnamed(in: shards, &homes))
    self.homes = homes
  }

  /// Opens shards that have no index: all of them, in order.
  ///
  /// - Throws: ``CheckpointError`` when a shard is malformed, or a tensor is in two of them.
  init(shards files: [String], of format: ShardFormat, folder path: String)
    throws(CheckpointError)
  {
    var shards: [any Checkpoint] = []
    for file in files { shards.append(try format.open(file)) }
    var homes: [String: Int] = [:]
    self.path = path
    tensors = try Self.unnamed(in: shards, &homes)
    self.shards = shards
    self.homes = homes
  }

  /// The tensors of `shards` that have no home yet; gives them one.
  private static func unnamed(in shards: [any Checkpoint], _ homes: inout [String: Int])
    throws(CheckpointError) -> [TensorDescriptor]
  {
    var tensors: [TensorDescriptor] = []
    for (number, shard) in shards.enumerated() {
      for tensor in shard.tensors {
        guard let home = homes[tensor.name] else {
          homes[tensor.name] = number
          tensors.append(tensor)
          continue
        }
        guard home == number else {
          throw CheckpointError(
            .malformed, in: shard.path, at: .tensor(tensor.name),
            "expected it in one shard, found it in '\(shards[home].path)' as well")
        }
      }
    }
    return tensors
  }

  /// The tensor called `name`, or nil.
  public func descriptor(of name: String) -> TensorDescriptor? {
    homes[name].flatMap { shards[$0].descriptor(of: name) }
  }

  /// The descriptor of `name`, or an error that offers the nearest name.
  public func requireTensor(_ name: String) throws(CheckpointError) -> TensorDescriptor {
    try shard(holding: name).requireTensor(name)
  }

  /// Reads some rows of a tensor as float32.
  public func read(
    _ name: String, rows: Range<Int>, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    try shard(holding: name).read(name, rows: rows, into: destination)
  }

  /// Reads an integer tensor whose elements all fit in 32 bits.
  public func readIntegers(_ name: String) throws(CheckpointError) -> [Int32] {
    try shard(holding: name).readIntegers(name)
  }

  private func shard(holding name: String) throws(CheckpointError) -> any Checkpoint {
    guard let number = homes[name] else {
      throw missingTensor(name, among: tensors.map(\.name), path: path)
    }
    return shards[number]
  }

  /// The pairs of the index's `weight_map`, in its order.
  private static func places(in document: JSONDocument, of format: ShardFormat) throws(JSONError)
    -> [(name: String, shard: String)]
  {
    guard let map = document.root["weight_map"] else {
      throw document.error(at: "", "missing required member 'weight_map'")
    }
    guard case .object(let members) = map else {
      throw document.error(at: "/weight_map", "expected an object that maps tensors to files")
    }
    var places: [(name: String, shard: String)] = []
    for member in members {
      // A bare name keeps an index from reaching outside its own folder.
      guard case .string(let shard) = member.value, !shard.isEmpty, !shard.contains("/") else {
        throw document.error(
          at: "/weight_map" + pointerToken(member.name),
          "expected the name of a file beside the index")
      }
      // What a model's digest stands for is told by the names of files.
      guard format.canHold(shard) else {
        throw document.error(
          at: "/weight_map" + pointerToken(member.name),
          "expected a file called \(format.pattern), found '\(shard)'")
      }
      places.append((member.name, shard))
    }
    return places
  }

  /// An error of the index's text as one of the checkpoint.
  private static func located(_ error: JSONError, as kind: CheckpointError.Kind = .malformed)
    -> CheckpointError
  {
    guard error.line > 0 else {
      return CheckpointError(.unreadable, in: error.file, error.reason)
    }
    return CheckpointError(
      kind, in: error.file,
      at: .text(line: error.line, column: error.column, pointer: error.pointer), error.reason)
  }
}
