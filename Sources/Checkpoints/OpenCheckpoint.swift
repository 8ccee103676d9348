import Glibc

/// Opens whatever checkpoint is at `path`.
///
/// A folder is searched for `model.safetensors`, its index, `pytorch_model.bin` and its index, in this order, which
/// is that of transformers; then for all of `model-00001-of-0000N.safetensors` or `pytorch_model-00001-of-0000N.bin`.
/// A file is told by its name: `.gguf`, `.safetensors`, `.bin` of PyTorch, or `.index.json` for a sharded one.
///
/// - Throws: ``CheckpointError`` when there is nothing that can be read, saying what was looked for.
public func openCheckpoint(at path: String) throws(CheckpointError) -> any Checkpoint {
  var status = stat()
  guard stat(path, &status) == 0 else {
    throw CheckpointError(
      .unreadable, in: path, "can't open the checkpoint: \(systemMessage(errno))")
  }
  if status.st_mode & S_IFMT == S_IFDIR { return try openFolder(path) }
  if path.hasSuffix(".gguf") { return try GGUFFile(path) }
  for format in ShardFormat.allCases where path.hasSuffix(format.ending) {
    return try format.open(path)
  }
  if path.hasSuffix(".index.json") { return try ShardedCheckpoint(index: path) }
  throw CheckpointError(
    .unsupported, in: path,
    "expected a folder, or a file called *.gguf, *.safetensors, *.bin or *.index.json")
}

private func openFolder(_ path: String) throws(CheckpointError) -> any Checkpoint {
  let folder = path.hasSuffix("/") ? path : path + "/"
  for format in ShardFormat.allCases {
    let single = folder + format.stem + format.ending
    if isThere(single) { return try format.open(single) }
    let index = single + ".index.json"
    if isThere(index) { return try ShardedCheckpoint(index: index) }
  }
  let names = namesInFolder(path)
  for format in ShardFormat.allCases {
    if let shards = try format.shardsWithoutIndex(names, folder: folder) {
      return try ShardedCheckpoint(shards: shards, of: format, folder: path)
    }
  }
  var reason =
    "the folder holds none of model.safetensors, pytorch_model.bin, and the index of either's parts"
  if names.contains("adapter_config.json") {
    reason += "; it is an adapter: merge it into its base model and save that"
  } else if let file = names.first(where: { $0.hasSuffix(".gguf") }) {
    reason += "; to use '\(file)', name that file"
  } else if let file = names.first(where: { $0.hasSuffix(".safetensors") }) {
    reason += "; is '\(file)' what should have one of these names?"
  }
  throw CheckpointError(.missing, in: path, reason)
}

/// The names in a folder, sorted; none when it can't be listed.
private func namesInFolder(_ path: String) -> [String] {
  guard let directory = opendir(path) else { return [] }
  defer { closedir(directory) }
  var names: [String] = []
  while let entry = readdir(directory) {
    // SAFETY: d_name ends in a zero byte (readdir(3)) and lives until the next readdir.
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    names.append(name)
  }
  return names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
}

/// Whether there is a file or folder at `path`.
func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// The folder part of a path with its final slash; empty for a bare name.
func folder(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "" }
  return String(path[...slash])
}
