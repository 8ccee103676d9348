internal import Glibc
internal import JSONText
internal import System

/// The files that a command's options name to be written: never one that it reads, and none that this project reads elsewhere.
struct OutputFiles {
  /// Absolute paths by option.
  private let paths: [String: String]

  /// Looks at where options lead to, before anything is written.
  ///
  /// - Parameters:
  ///   - options: Names of files by option, such as `--junit`; nil for those that weren't given.
  ///   - inputs: Files that the command reads.
  ///   - folders: Folders that nothing may be written into.
  /// - Throws: ``OutputFileError``, or `FileError` for a file that can't be read.
  init(
    _ options: KeyValuePairs<String, String?>, sparing inputs: [String] = [],
    below folders: [String] = []
  ) throws {
    var paths: [String: String] = [:]
    var taken: [(option: String, place: String)] = []
    for (option, name) in options {
      guard let name else { continue }
      let path = try absolute(name)
      let place = try Self.place(path)
      func refuse(_ why: String) -> OutputFileError {
        OutputFileError(option: option, name: name, reason: why)
      }
      guard !name.isEmpty, FileStatus(of: path)?.isFolder != true else {
        throw refuse(name.isEmpty ? "expected a file, found an empty name" : "it is a folder")
      }
      if let status = FileStatus(of: path), !status.isRegular {
        throw refuse("it isn't a regular file")
      }
      if let other = taken.first(where: { $0.place == place }) {
        throw refuse("\(other.option) writes to it")
      }
      if let input = try inputs.first(where: { try Self.place($0) == place }) {
        throw refuse("'\(input)' is what the command reads")
      }
      if let folder = try folders.first(where: { place.hasPrefix(try Self.place($0) + "/") }) {
        throw refuse("'\(folder)' is for accepted baselines alone")
      }
      if let kind = try Self.kind(of: path) { throw refuse("it holds \(kind)") }
      taken.append((option, place))
      paths[option] = path
    }
    self.paths = paths
  }

  /// Where an option's file is; nil where it wasn't given.
  func path(_ option: String) -> String? { paths[option] }

  /// Writes an option's file, if it was given; folders on its way are made.
  func write(_ text: @autoclosure () throws -> String, to option: String) throws {
    guard let path = paths[option] else { return }
    try makeFolder(parent(of: path))
    try writeDurably(Array(try text().utf8), to: path)
  }

  /// Where a path leads to when links are followed, as far as there is anything.
  private static func place(_ name: String) throws -> String {
    let path = try absolute(name)
    if let real = realpath(path, nil) {
      defer { free(real) }
      return String(cString: real)
    }
    let above = parent(of: path)
    guard above != path else { return path }
    return try place(above) + "/" + (path.split(separator: "/").last ?? "")
  }

  /// What of this project a file holds that nobody could make again from a report; nil for anything else.
  private static func kind(of path: String) throws -> String? {
    guard let status = FileStatus(of: path), status.isRegular, status.bytes < 1 << 26 else {
      return nil
    }
    let bytes = try readFile(path)
    if bytes.starts(with: "zeroqat replay ".utf8) { return "the probes of a training" }
    guard let document = try? JSONDocument(text: bytes, file: path),
      case .object = document.root
    else { return nil }
    let root = document.root
    if root["cell"] != nil, root["status"] != nil { return "a record" }
    if root["gates"] != nil { return "a gate's policy" }
    if root["accepted"] != nil { return "the reasons of accepted baselines" }
    if root["rows"] != nil, root["columns"] != nil { return "a table's grid" }
    // A comparison has a schema as well, and may be written again.
    return root["schema"] != nil && root["differing"] == nil
      ? "a file with a schema that zeroqat reads" : nil
  }
}

/// Why a file can't be written where an option says.
struct OutputFileError: Error, CustomStringConvertible {
  /// The option.
  let option: String
  /// The file, as it was named.
  let name: String
  /// Why not.
  let reason: String

  /// One line, with what to do.
  var description: String {
    "\(option) '\(name)' isn't written to: \(reason); name another file"
  }
}
