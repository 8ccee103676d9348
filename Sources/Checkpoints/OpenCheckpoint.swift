import Glibc

/// Opens whatever checkpoint is at `path`.
///
/// A folder is searched for `model.safetensors`, then for `model.safetensors.index.json`. A file is
/// told by its name: `.gguf`, `.safetensors`, or `.index.json` for a sharded one.
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
  for pickle in ["pytorch_model.bin", "pytorch_model.bin.index.json"] where isThere(folder + pickle)
  {
    throw CheckpointError(
      .unsupported, in: folder + pickle,
      "PyTorch's pickled checkpoints aren't read; save the model as model.safetensors")
  }
  throw CheckpointError(
    .missing, in: path,
    "the folder holds neither model.safetensors nor model.safetensors.index.json")
}

/// Whether there is a file or folder at `path`.
func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// The folder part of a path with its final slash; empty for a bare name.
func folder(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "" }
  return String(path[...slash])
}
