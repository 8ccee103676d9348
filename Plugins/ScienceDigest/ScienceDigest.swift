import Foundation
import PackagePlugin

/// Puts the digests of the science's sources, and the commit that they are of, into the program.
///
/// They are part of every cell's id: a record is used again only while the code that made it is the code that
/// would make it. They are taken when the program is built, so they describe the binary that runs, not
/// the checkout that lies beside it. What counts is decided by the room SourceDigest.
@main
struct ScienceDigest: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let root = context.package.directoryURL
    let folder = root.appending(path: "Sources").path(percentEncoded: false)
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder)
      .filter { path in [".swift", ".c", ".h", ".modulemap"].contains { path.hasSuffix($0) } }
      .map { "Sources/\($0)" }.sorted()
    let output = context.pluginWorkDirectoryURL.appending(path: "BuiltScience.swift")
    let commit = context.pluginWorkDirectoryURL.appending(path: "commit")
    return [
      .buildCommand(
        displayName: "Digests of the science",
        executable: try context.tool(named: "science-digest").url,
        arguments: [output.path(percentEncoded: false), root.path(percentEncoded: false)] + files,
        inputFiles: (files + ["Package.swift"]).map { root.appending(path: $0) },
        outputFiles: [output]),
      .prebuildCommand(
        displayName: "Commit of the sources",
        executable: URL(filePath: "/bin/sh"),
        arguments: [
          "-c", Self.commitScript, "commit", root.path(percentEncoded: false),
          commit.path(percentEncoded: false),
        ], outputFilesDirectory: commit),
    ]
  }

  /// Writes the commit that the sources are of, with `+dirty` where they differ from it.
  ///
  /// `unknown` without git or outside of a repository of our own. What stays the same isn't touched: nothing is compiled again.
  static let commitScript = """
    unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX
    unset CDPATH
    cd "$1" || exit 2
    commit=unknown
    if prefix=$(git rev-parse --show-prefix 2>/dev/null) && [ -z "$prefix" ] &&
      head=$(git rev-parse --verify HEAD 2>/dev/null); then
      commit=$head
      changes=$(git --no-optional-locks status --porcelain -- Package.swift Plugins Sources 2>/dev/null)
      [ -z "$changes" ] || commit=$commit+dirty
    fi
    text="/// The commit that this program was built from; made by the build.
    let builtCommit = \\"$commit\\""
    mkdir -p "$2" || exit 2
    if [ "$(cat "$2/BuiltCommit.swift" 2>/dev/null)" != "$text" ]; then
      printf '%s\\n' "$text" >"$2/BuiltCommit.swift"
    fi
    """
}
