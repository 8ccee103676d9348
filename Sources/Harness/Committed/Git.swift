internal import System

/// Questions to git about one repository; nothing is changed.
struct Git {
  /// A folder of the repository.
  let root: String

  /// What git prints, or nil where it says no.
  ///
  /// - Throws: `FileError` when git can't be started.
  private func answer(_ arguments: [String]) throws(FileError) -> [UInt8]? {
    var output: [UInt8] = []
    var environment = processEnvironment()
    // A hook's variables would name another repository.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
      environment[name] = nil
    }
    let child = ChildProcess(
      executable: "/bin/sh",
      arguments: ["-c", #"exec git -C "$0" "$@" 2>/dev/null"#, root] + arguments,
      environment: environment)
    let ending = try child.run { output += $0 }
    return ending.exit == .status(0) ? output : nil
  }

  /// The first line of an answer; nil where git says no or nothing.
  func line(_ arguments: [String]) throws(FileError) -> String? {
    guard let bytes = try answer(arguments) else { return nil }
    let text = String(decoding: bytes, as: UTF8.self).prefix { $0 != "\n" }
    return text.isEmpty ? nil : String(text)
  }

  /// An answer's bytes.
  ///
  /// - Throws: `FileError` where git says no.
  func bytes(_ arguments: [String]) throws(FileError) -> [UInt8] {
    guard let bytes = try answer(arguments) else {
      throw FileError("ask git for", arguments.last ?? "", reason: "git has no such file or commit")
    }
    return bytes
  }

  /// An answer as text.
  ///
  /// - Throws: `FileError` where git says no.
  func text(_ arguments: [String]) throws(FileError) -> String {
    String(decoding: try bytes(arguments), as: UTF8.self)
  }
}
