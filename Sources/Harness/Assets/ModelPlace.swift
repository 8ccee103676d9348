internal import Glibc
internal import Records
internal import System

/// Where a model is that somebody named: by a name of `models/`, a path, or an id of the hub.
package enum ModelPlace: Sendable, Equatable {
  /// A folder of `models/` with a manifest.
  case described(name: String)
  /// A folder in the hub's layout or a `.gguf` file that no manifest describes; the name is an id of the hub,
  /// or the path's last part.
  case undescribed(path: String, name: String)

  /// Looks for a model: a path that is there, else a name of `models/`, else an id in the hub's cache.
  ///
  /// - Parameters:
  ///   - argument: What the user wrote.
  ///   - base: The folder that relative paths are seen from.
  ///   - site: Where `models/` and the hub's cache are.
  ///   - models: Folders of `models/` that hold a manifest.
  /// - Throws: ``ModelPlaceError``.
  package init(_ argument: String, from base: String, _ site: Site, models: [String])
    throws(ModelPlaceError)
  {
    let trimmed = argument.lastIndex { $0 != "/" }.map { String(argument[...$0]) } ?? argument
    let path = trimmed.hasPrefix("/") ? trimmed : trimmed == "." ? base : base + "/" + trimmed
    if trimmed.isEmpty { throw .unnamed }
    if let status = FileStatus(of: path) {
      let name = String(path.split(separator: "/").last ?? "")
      // A folder that holds a model is that model; one with a manifest alone stands for what it describes.
      if status.isFolder, models.contains(name), FileStatus(of: path + "/config.json") == nil,
        name == trimmed || Self.isSame(parent(of: path), site.root + "/models")
      {
        self = .described(name: name)
      } else {
        self = .undescribed(path: try Self.checked(path, isFolder: status.isFolder), name: name)
      }
      return
    }
    if models.contains(trimmed) {
      self = .described(name: trimmed)
      return
    }
    let hub = HubCache(site.environment)
    guard Self.isID(trimmed) else {
      throw .nothingThere(path: argument, nearest: Self.neighbour(of: path))
    }
    guard let snapshot = hub.snapshot(of: trimmed, .models) else {
      if FileStatus(of: hub.folder(of: trimmed, .models)) != nil {
        throw .noMainBranch(id: trimmed, folder: hub.folder(of: trimmed, .models))
      }
      throw .unknown(
        argument, suggestion: Self.suggestion(for: trimmed, models + hub.models), hub: hub)
    }
    self = .undescribed(path: try Self.checked(snapshot, isFolder: true), name: trimmed)
  }

  /// The path, if it can be a model's.
  private static func checked(_ path: String, isFolder: Bool) throws(ModelPlaceError) -> String {
    guard isFolder else {
      if path.hasSuffix(".gguf") { return path }
      let folder = parent(of: path)
      throw .noModelFile(
        path: path, folder: FileStatus(of: folder + "/config.json") == nil ? nil : folder)
    }
    guard FileStatus(of: path + "/config.json") == nil else { return path }
    let names = (try? listFolder(path)) ?? []
    throw .noConfiguration(
      folder: path, gguf: names.filter { $0.hasSuffix(".gguf") },
      below: names.filter { FileStatus(of: "\(path)/\($0)/config.json") != nil })
  }

  /// Whether a text may be an id of the hub: a name, or an owner and a name.
  private static func isID(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count <= 2
      && parts.allSatisfy { part in
        guard let first = part.utf8.first, first != UInt8(ascii: "."), first != UInt8(ascii: "~")
        else { return false }
        return part.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
      } && !text.hasSuffix(".gguf")
  }

  private static func suggestion(for name: String, _ known: [String]) -> String? {
    let words = Records.suggestion(for: name, among: known)
    return words.hasPrefix("did you mean") ? words : nil
  }

  /// The entry of the path's folder whose name is nearest; nil where none is near.
  private static func neighbour(of path: String) -> String? {
    let names = (try? listFolder(parent(of: path))) ?? []
    return suggestion(for: String(path.split(separator: "/").last ?? ""), names)
  }

  private static func isSame(_ a: String, _ b: String) -> Bool {
    guard let first = realpath(a, nil) else { return false }
    defer { free(first) }
    guard let second = realpath(b, nil) else { return false }
    defer { free(second) }
    return strcmp(first, second) == 0
  }
}

/// Why what somebody named isn't a model.
package enum ModelPlaceError: Error, Sendable, Equatable {
  /// An empty name.
  case unnamed
  /// A path with nothing there; `nearest` asks whether a neighbour was meant.
  case nothingThere(path: String, nearest: String?)
  /// A name that is nothing here: no path, no folder of `models/`, nothing in the hub's cache.
  case unknown(String, suggestion: String?, hub: HubCache)
  /// The hub's cache has something of the model, but not what its main branch was.
  case noMainBranch(id: String, folder: String)
  /// A file that holds no whole model; `folder` is its folder if that is one.
  case noModelFile(path: String, folder: String?)
  /// A folder without a configuration, with what in it might have been meant.
  case noConfiguration(folder: String, gguf: [String], below: [String])
}

extension ModelPlaceError: CustomStringConvertible {
  /// What is wrong, and the nearest right thing.
  package var description: String {
    switch self {
    case .unnamed:
      return "the model's name is empty; name a folder, a .gguf file or an id of the hub"
    case .nothingThere(let path, let nearest):
      return "there is no '\(path)'" + (nearest.map { "; \($0)" } ?? "")
    case .unknown(let name, let suggestion, let hub):
      return
        "there is no file or folder '\(name)', no model of that name in models/, and none in the hub's "
        + "cache \(hub.words)"
        + (suggestion.map { "; \($0)" }
          ?? (name.contains("/")
            ? "; 'zeroqat fetch \(name)' brings it, if it is a model of the hub" : ""))
    case .noMainBranch(let id, let folder):
      return
        "'\(folder)' lacks refs/main or the snapshot that it names, so that nobody knows which "
        + "'\(id)' is meant; name a folder in its 'snapshots'"
    case .noModelFile(let path, let folder):
      return "'\(path)' isn't a whole model; "
        + (folder.map { "name its folder, '\($0)'" }
          ?? "expected a folder with config.json beside the weights, or a .gguf file")
    case .noConfiguration(let folder, let gguf, let below):
      var words = "'\(folder)' holds no config.json"
      if let first = gguf.first {
        words += "; to use '\(first)', name that file"
      } else if let first = below.first {
        words += "; there is one in '\(folder)/\(first)'"
      } else {
        words += "; expected a folder with config.json, weights and a tokenizer, or a .gguf file"
      }
      return words
    }
  }
}
