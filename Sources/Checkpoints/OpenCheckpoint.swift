import Glibc

/// Opens whatever checkpoint is at `path`.
///
/// A folder is searched for `model.safetensors`, then for `model.safetensors.index.json`, then for all of
/// `model-00001-of-0000N.safetensors`. A file is told by its name: `.gguf`, `.safetensors`, or `.index.json` for a sharded one.
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
  if path.hasSuffix(".safetensors") { return try SafetensorsFile(path) }
  if path.hasSuffix(".index.json") { return try ShardedSafetensors(index: path) }
  throw CheckpointError(
    .unsupported, in: path,
    "expected a folder, or a file called *.gguf, *.safetensors or *.safetensors.index.json")
}

private func openFolder(_ path: String) throws(CheckpointError) -> any Checkpoint {
  let folder = path.hasSuffix("/") ? path : path + "/"
  let single = folder + "model.safetensors"
  if isThere(single) { return try SafetensorsFile(single) }
  let index = single + ".index.json"
  if isThere(index) { return try ShardedSafetensors(index: index) }
  let names = namesInFolder(path)
  if let shards = try shardsWithoutIndex(names, folder: folder) {
    return try ShardedSafetensors(shards: shards, folder: path)
  }
  for pickle in ["pytorch_model.bin", "pytorch_model.bin.index.json"] where isThere(folder + pickle)
  {
    throw CheckpointError(
      .unsupported, in: folder + pickle,
      "PyTorch's pickled checkpoints aren't read; save the model as model.safetensors")
  }
  var reason = "the folder holds neither model.safetensors nor model.safetensors.index.json"
  if names.contains("adapter_config.json") {
    reason += "; it is an adapter: merge it into its base model and save that"
  } else if let file = names.first(where: { $0.hasSuffix(".gguf") }) {
    reason += "; to use '\(file)', name that file"
  } else if let file = names.first(where: { $0.hasSuffix(".safetensors") }) {
    reason += "; is '\(file)' what should have one of these names?"
  }
  throw CheckpointError(.missing, in: path, reason)
}

/// The files `model-0000i-of-0000n.safetensors` of a folder, in order; nil when there is none.
///
/// - Throws: ``CheckpointError`` when one is missing or they are of two sets.
private func shardsWithoutIndex(_ names: [String], folder: String) throws(CheckpointError)
  -> [String]?
{
  func numbers(_ name: String) -> (Int, Int)? {
    guard name.hasPrefix("model-"), name.hasSuffix(".safetensors") else { return nil }
    let parts = name.dropFirst(6).dropLast(12).split(separator: "-")
    guard parts.count == 3, parts[1] == "of", parts[0].utf8.count == 5, parts[2].utf8.count == 5,
      let number = Int(parts[0]), let count = Int(parts[2])
    else { return nil }
    return (number, count)
  }
  let shards = names.compactMap { name in numbers(name).map { (name, $0.0, $0.1) } }
  guard let count = shards.first?.2 else { return nil }
  let found = Set(shards.map(\.1))
  let missing = (1...max(count, 1)).first { !found.contains($0) }
  guard missing == nil, shards.count == count, shards.allSatisfy({ $0.2 == count }) else {
    let what = missing.map { "no part \($0)" } ?? "parts of two sets"
    throw CheckpointError(
      .missing, in: folder + "model.safetensors.index.json",
      "there is no such file, so all of \(count) parts are read; found \(what)")
  }
  return shards.sorted { $0.1 < $1.1 }.map { folder + $0.0 }
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
