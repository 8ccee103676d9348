internal import Digests

extension ModelReference {
  /// The digest of a model whose bytes nobody has named.
  ///
  /// Of a cell that was written by hand, or of one whose model is still being digested; no record of an evaluation is
  /// kept under it.
  package static let unnamedDigest = String(repeating: "0", count: 64)

  /// Whether a folder's file of that name is one that ``digest`` stands for.
  package static func holdsWeights(_ name: String) -> Bool {
    name == "config.json" || name.hasSuffix(".safetensors")
      || name.hasSuffix(".safetensors.index.json")
      || name.hasPrefix("pytorch_model")
        && (name.hasSuffix(".bin") || name.hasSuffix(".bin.index.json"))
  }

  /// Whether a folder's file of that name is one that ``tokenizerDigest`` stands for.
  package static func holdsTokenizer(_ name: String) -> Bool {
    [
      "tokenizer.json", "tokenizer.model", "vocab.json", "merges.txt", "tokenizer_config.json",
      "special_tokens_map.json", "added_tokens.json", "generation_config.json",
    ].contains(name)
  }

  /// The digest of a checkpoint in one file, or in all parts of a split one.
  package static func digest(ofParts files: [(name: String, digest: String)]) -> String {
    files.count == 1 ? files[0].digest : digest(of: files)
  }

  /// SHA-256 over the list of `digest  name`, a line each, sorted by name.
  package static func digest(of files: [(name: String, digest: String)]) -> String {
    let lines = files.sorted { $0.name < $1.name }.map { "\($0.digest)  \($0.name)\n" }
    return sha256Hex(of: Array(lines.joined().utf8))
  }
}
