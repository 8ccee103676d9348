import Foundation
import PackagePlugin

/// Puts the digests of the science's sources into the program.
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
    return [
      .buildCommand(
        displayName: "Digests of the science",
        executable: try context.tool(named: "science-digest").url,
        arguments: [output.path(percentEncoded: false), root.path(percentEncoded: false)] + files,
        inputFiles: (files + ["Package.swift"]).map { root.appending(path: $0) },
        outputFiles: [output])
    ]
  }
}
