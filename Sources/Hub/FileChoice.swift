internal import Glibc
internal import JSONText

/// Which files of a repository are fetched.
package struct FileChoice: Sendable, Equatable {
  /// Patterns of files that are meant instead of what a model needs; none for what it needs.
  package var include: [String]
  /// Patterns of files that are left out.
  package var exclude: [String]
  /// Whether every file is meant.
  package var all: Bool

  /// A choice from its parts; `*` in a pattern stands for any text, slashes too.
  package init(include: [String] = [], exclude: [String] = [], all: Bool = false) {
    self.include = include
    self.exclude = exclude
    self.all = all
  }

  /// What a repository's files come to.
  package struct Chosen: Sendable, Equatable {
    /// Files that are fetched whatever else is in them, the smaller first.
    package var files: [HubListing.File]
    /// The one of them that names the weights' parts, which come after it; nil where ``files`` has all.
    package var index: HubListing.File?
  }

  /// Small files of a model: what its configuration, tokenizer and text generation are read from.
  private static let small = [
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
    "tokenizer.model", "vocab.json", "merges.txt", "special_tokens_map.json", "added_tokens.json",
    "chat_template.jinja",
  ]

  /// The files that are fetched of a listing.
  ///
  /// - Throws: ``HubError/nothingMatches(id:patterns:)``, ``HubError/noConfiguration(id:gguf:)``,
  ///   ``HubError/noWeights(id:gguf:)``.
  package func files(of listing: HubListing, id: String) throws(HubError) -> Chosen {
    if all || !include.isEmpty {
      let files = listing.files.filter { file in
        (include.isEmpty || include.contains { Self.matches(file.path, $0) }) && !isExcluded(file)
      }
      guard !files.isEmpty else {
        throw .nothingMatches(id: id, patterns: include, known: listing.files.map(\.path))
      }
      return Chosen(files: files, index: nil)
    }
    let gguf = listing.files.map(\.path).filter { $0.hasSuffix(".gguf") }
    guard listing["config.json"] != nil else { throw .noConfiguration(id: id, gguf: gguf) }
    let small = Self.small.compactMap { listing[$0] }.filter { !isExcluded($0) }
    let weights = try self.weights(of: listing, id: id, gguf: gguf)
    return Chosen(files: small + weights.files, index: weights.index)
  }

  /// The weights in the order in which a folder is searched for them: safetensors first, whole before parts.
  private func weights(
    of listing: HubListing, id: String, gguf: [String]
  ) throws(HubError) -> Chosen {
    for (stem, ending) in [("model", ".safetensors"), ("pytorch_model", ".bin")] {
      if let whole = listing[stem + ending] {
        return Chosen(files: isExcluded(whole) ? [] : [whole], index: nil)
      }
      if let index = listing[stem + ending + ".index.json"], !isExcluded(index) {
        return Chosen(files: [index], index: index)
      }
      let parts = listing.files.filter {
        Self.matches($0.path, "\(stem)-[0-9]*-of-[0-9]*\(ending)") && !$0.path.contains("/")
      }
      if !parts.isEmpty { return Chosen(files: parts.filter { !isExcluded($0) }, index: nil) }
    }
    throw .noWeights(id: id, gguf: gguf)
  }

  /// The parts that an index names.
  ///
  /// - Throws: ``HubError/badIndex(path:reason:)``.
  package func parts(
    named text: [UInt8], in index: HubListing.File, of listing: HubListing
  ) throws(HubError) -> [HubListing.File] {
    let root: JSON
    do { root = try JSONDocument(text: text, file: index.path).root } catch {
      throw .badIndex(path: index.path, reason: "it isn't JSON")
    }
    guard case .object(let members)? = root["weight_map"] else {
      throw .badIndex(path: index.path, reason: "it has no \"weight_map\"")
    }
    var names: Set<String> = []
    for member in members {
      guard case .string(let name) = member.value else {
        throw .badIndex(
          path: index.path, reason: "its \"weight_map\" names something that is no file")
      }
      names.insert(name)
    }
    var parts: [HubListing.File] = []
    for name in names.sorted() {
      guard let file = listing[name] else {
        throw .badIndex(
          path: index.path,
          reason: "it names '\(HubError.shown(name))', which the repository hasn't")
      }
      if !isExcluded(file) { parts.append(file) }
    }
    return parts
  }

  private func isExcluded(_ file: HubListing.File) -> Bool {
    exclude.contains { Self.matches(file.path, $0) }
  }

  /// Whether a path is of a shell's pattern; `*` stands for slashes, too, as in huggingface_hub's options.
  static func matches(_ path: String, _ pattern: String) -> Bool { fnmatch(pattern, path, 0) == 0 }
}
