internal import System

/// Which sources a run was made from.
package enum Checkout {
  /// The commit of the checkout at `root`, with `+dirty` when tracked files differ from it; nil
  /// without git or outside of a repository.
  package static func commit(at root: String, environment: [String: String]) -> String? {
    func git(_ arguments: [String]) -> String? {
      var output: [UInt8] = []
      let child = ChildProcess(
        executable: "/usr/bin/env", arguments: ["git", "-C", root] + arguments,
        environment: environment)
      guard
        let ending = try? child.run(
          interruption: { (0, 0) }, output: { output.append(contentsOf: $0) }),
        ending.exit == .status(0)
      else { return nil }
      return String(decoding: output, as: UTF8.self)
    }
    guard let head = git(["rev-parse", "HEAD"]) else { return nil }
    let commit = head.prefix { $0.isHexDigit }
    guard commit.count >= 40 else { return nil }
    let changes = git(["status", "--porcelain", "--untracked-files=no"]) ?? ""
    return commit + (changes.isEmpty ? "" : "+dirty")
  }
}
