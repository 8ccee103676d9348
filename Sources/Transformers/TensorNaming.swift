import Checkpoints
import Vocabulary

/// How a checkpoint spells the tensors of a model.
///
/// Names here are canonical: the hub's own, with the prefix that a whole causal model has. Files saved
/// from the bare decoder, compiled or wrapped, spell some otherwise; ``fileNames`` leads to those.
struct TensorNaming: Sendable {
  /// The format's names.
  let names: TensorNames
  /// Spelling in the file by canonical name, where the two differ.
  private let fileNames: [String: String]

  /// The naming of a checkpoint.
  ///
  /// - Throws: ``Checkpoints/CheckpointError`` where two tensors are the same one spelled differently.
  init(configuration: ModelConfiguration, checkpoint: any Checkpoint) throws(CheckpointError) {
    guard checkpoint.descriptor(of: "token_embd.weight") == nil else {
      names = ModelFamily.describing(configuration.architecture).gguf?.names ?? .gguf
      fileNames = [:]
      return
    }
    names = ModelFamily.describing(configuration.architecture).names
    var fileNames: [String: String] = [:]
    for tensor in checkpoint.tensors {
      let canonical = Self.canonical(tensor.name, names)
      guard canonical != tensor.name else { continue }
      let other = fileNames.updateValue(tensor.name, forKey: canonical)
      if let other = other ?? (checkpoint.descriptor(of: canonical) == nil ? nil : canonical) {
        throw CheckpointError(
          .malformed, in: checkpoint.path, at: .tensor(tensor.name),
          "expected one '\(canonical)', found '\(other)' as well")
      }
    }
    self.fileNames = fileNames
  }

  /// The hub's own spelling, for files that are written here.
  init(hub architecture: Architecture) {
    names = ModelFamily.describing(architecture).names
    fileNames = [:]
  }

  /// The hub's spelling of a name: without what wrappers put in, with the prefix of a whole model.
  ///
  /// > Source: `torch.compile` (`_orig_mod`), `DistributedDataParallel` (`module`), FSDP and its activation
  /// > checkpointing (`_fsdp_wrapped_module`, `_checkpoint_wrapped_module`).
  static func canonical(_ name: String, _ names: TensorNames) -> String {
    let wrappers: Set<Substring> = [
      "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module",
    ]
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)
    parts.removeAll { wrappers.contains($0) }
    if parts.first == "module" { parts.removeFirst() }
    let plain = parts.joined(separator: ".")
    if plain.hasPrefix(names.root) || plain.hasPrefix(names.head + ".") { return plain }
    // A bare decoder was saved with a shorter prefix, or none.
    let inner = names.root.dropFirst("model.".count)
    if !inner.isEmpty, plain.hasPrefix(inner) { return "model." + plain }
    return parts.first.map(names.roots.contains) == true ? names.root + plain : plain
  }

  /// The same naming for a file that has its one table under the head's name.
  var embeddingAsHead: TensorNaming {
    var fileNames = fileNames
    fileNames[canonicalEmbedding] = head
    return TensorNaming(names: names, fileNames: fileNames)
  }

  private init(names: TensorNames, fileNames: [String: String]) {
    self.names = names
    self.fileNames = fileNames
  }

  /// The name in the file.
  private func spelled(_ canonical: String) -> String { fileNames[canonical] ?? canonical }

  var embedding: String { spelled(canonicalEmbedding) }

  private var canonicalEmbedding: String { names.name(.embedding) + ".weight" }

  var head: String { spelled(names.head + ".weight") }

  var positions: String { spelled(names.name(.positions) + ".weight") }

  var projectionIn: String { spelled(names.name(.projectionIn) + ".weight") }

  var projectionOut: String { spelled(names.name(.projectionOut) + ".weight") }

  func weight(_ id: LinearID) -> String { spelled(linear(id) + ".weight") }

  func bias(_ id: LinearID) -> String { spelled(linear(id) + ".bias") }

  /// Gain of the final norm.
  var finalGain: String { spelled(names.name(.finalNorm) + ".weight") }

  /// Bias of the final norm.
  var finalBias: String { spelled(names.name(.finalNorm) + ".bias") }

  /// Gain of a block's norm.
  func gain(_ kind: NormKind, block: Int) -> String {
    spelled(names.name(.norm(kind), block: block) + ".weight")
  }

  /// Bias of a block's norm.
  func shift(_ kind: NormKind, block: Int) -> String {
    spelled(names.name(.norm(kind), block: block) + ".bias")
  }

  /// The tensor in which the file keeps a linear together with others, and all of those.
  func joined(_ id: LinearID, _ ending: String) -> (name: String, linears: [LinearKind])? {
    names.joined(id.kind).map {
      (spelled("\(names.root)\(names.block)\(id.block).\($0.name).\(ending)"), $0.linears)
    }
  }

  private func linear(_ id: LinearID) -> String {
    names.name(.linear(id.kind), block: id.block)
  }
}
