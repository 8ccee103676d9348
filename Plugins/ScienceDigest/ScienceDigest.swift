import Foundation
import PackagePlugin

/// Puts the digest of the science rooms' sources into the program.
///
/// The digest is part of every cell's id: a record is used again only while the code that made it is
/// the code that would make it. It is taken when the program is built, so it describes the binary that
/// runs, not the checkout that lies beside it.
@main
struct ScienceDigest: BuildToolPlugin {
  /// The rooms that can change a number: every room below the worker, and the worker.
  static let rooms = [
    "CBLAS", "CKernels", "Checkpoints", "Digests", "MethodKit", "Methods", "Optimizers",
    "Quantizers", "Statistics", "System", "Tasks", "Tensors", "Tokenizers", "Transformers",
    "Worker",
  ]

  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let root = context.package.directoryURL
    let files = try Self.rooms.flatMap { try Self.files(in: "Sources/\($0)", of: root) }.sorted()
    let output = context.pluginWorkDirectoryURL.appending(path: "ScienceDigest.swift")
    // Names and contents, both relative to the checkout: the same digest wherever it lies.
    let script = """
      set -eu
      cd "$1"
      output=$2
      shift 2
      digest=$(sha256sum -- "$@" | sha256sum)
      printf '%s\\n' '/// SHA-256 over the sources of the science rooms; made by the build.' \
        "let scienceDigest = \\"${digest%% *}\\"" >"$output"
      """
    return [
      .buildCommand(
        displayName: "Digest of the science rooms",
        executable: URL(filePath: "/bin/sh"),
        arguments: [
          "-c", script, "science-digest", root.path(percentEncoded: false),
          output.path(percentEncoded: false),
        ] + files,
        inputFiles: files.map { root.appending(path: $0) },
        outputFiles: [output])
    ]
  }

  /// Paths of a room's files, relative to the checkout.
  private static func files(in room: String, of root: URL) throws -> [String] {
    let folder = root.appending(path: room).path(percentEncoded: false)
    return try FileManager.default.subpathsOfDirectory(atPath: folder)
      .filter { path in [".swift", ".c", ".h", ".modulemap"].contains { path.hasSuffix($0) } }
      .map { "\(room)/\($0)" }
  }
}
