internal import System

/// The model hub's cache on this machine: where it is, which variable says so, and what is in it.
package struct HubCache: Sendable, Equatable {
  /// The folder.
  package let path: String
  /// The environment variable that names it or the folder above it; nil for the default.
  package let variable: String?

  /// The cache by the variables that huggingface_hub reads, in its order; `~` is the home folder, and `$NAME` and
  /// `${NAME}` in a value are what other variables say.
  ///
  /// > Source: `constants.py` of huggingface_hub.
  package init(_ environment: [String: String]) {
    for (name, inside) in [
      ("HF_HUB_CACHE", ""), ("HUGGINGFACE_HUB_CACHE", ""), ("HF_HOME", "/hub"),
      ("XDG_CACHE_HOME", "/huggingface/hub"),
    ] {
      if let folder = Self.folder(named: name, in: environment) {
        (path, variable) = (folder + inside, name)
        return
      }
    }
    let home = Self.folder(named: "HOME", in: environment) ?? ""
    (path, variable) = (home + "/.cache/huggingface/hub", nil)
  }

  /// The folder that a variable names, as huggingface_hub reads it; nil where it isn't set, or empty.
  package static func folder(named name: String, in environment: [String: String]) -> String? {
    guard let text = environment[name], !text.isEmpty else { return nil }
    let value = expanded(text, environment)
    guard value == "~" || value.hasPrefix("~/") else { return value }
    return (environment["HOME"] ?? "") + value.dropFirst()
  }

  /// A value with the variables in it written out; one that isn't set stays as it is.
  private static func expanded(_ value: String, _ environment: [String: String]) -> String {
    value.replacing(#/\$(?:(\w+)|\{([^}]*)\})/#) { match in
      let name = match.output.1 ?? match.output.2 ?? ""
      return environment[String(name)] ?? String(match.output.0)
    }
  }

  /// A repository of the hub.
  package enum Kind: String, Sendable {
    case models
    case datasets
  }

  /// The folder that all of a repository is kept in, whether it is there or not.
  package func folder(of id: String, _ kind: Kind) -> String {
    path + "/\(kind.rawValue)--" + id.split(separator: "/").joined(separator: "--")
  }

  /// The folder with the files of what the main branch of a repository last was; nil when there is none.
  package func snapshot(of id: String, _ kind: Kind) -> String? {
    let folder = folder(of: id, kind)
    guard let reference = try? readFile(folder + "/refs/main") else { return nil }
    let commit = String(decoding: reference.filter { $0 > 32 }, as: UTF8.self)
    let snapshot = folder + "/snapshots/" + commit
    return FileStatus(of: snapshot)?.isFolder == true ? snapshot : nil
  }

  /// Ids of the models that it holds; none where it can't be listed.
  package var models: [String] {
    let prefix = Kind.models.rawValue + "--"
    return ((try? listFolder(path)) ?? []).filter { $0.hasPrefix(prefix) }.map { name in
      let words = name.dropFirst(prefix.count)
      guard let border = words.firstRange(of: "--") else { return String(words) }
      return words[..<border.lowerBound] + "/" + words[border.upperBound...]
    }
  }

  /// The folder and what names it, for a reader.
  package var words: String { "'\(path)' (\(variable ?? "no variable set"))" }
}
