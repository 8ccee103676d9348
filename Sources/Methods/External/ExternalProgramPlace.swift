import Digests
import Glibc
import JSONText
import System

/// An external program that was found on this machine: its files, its manifest, and what they come to.
package struct ExternalProgramPlace: Sendable {
  /// The program's absolute path.
  package let path: String
  /// What it says of itself.
  package let manifest: ExternalProgramManifest
  /// SHA-256 over the program, its manifest and the files that it names, hex: its part in a cell's id.
  package let digest: String

  /// Finds the program that a grid calls `program`.
  ///
  /// A name with a slash is a path; another is looked for on `PATH`. The manifest is the file `manifest`, else the one
  /// beside the program with `.json` behind its name, else that beside the file which a link leads to.
  ///
  /// - Throws: ``ExternalProgramMissing`` where there is no such program, ``ExternalProgramMisfit`` for one without
  ///   a manifest that can be read.
  package init(_ program: String, manifest given: String?, searchPath: String? = nil) throws {
    guard let found = try Self.find(program, searchPath: searchPath) else {
      throw ExternalProgramMissing(program: program)
    }
    path = found
    let places =
      try given.map { [try absolute($0)] }
      ?? [found + ".json"] + (Self.target(of: found).map { [$0 + ".json"] } ?? [])
    guard let place = places.first(where: { FileStatus(of: $0)?.isRegular == true }) else {
      throw ExternalProgramMisfit(
        description: "program '\(program)' has no manifest; expected the file '\(places[0])'")
    }
    do {
      manifest = try ExternalProgramManifest(JSONDocument(contentsOf: place))
    } catch {
      let pointer = error.pointer.isEmpty ? "" : "\(error.pointer): "
      throw ExternalProgramMisfit(
        description: "the manifest of program '\(program)' can't be used: "
          + "\(error.file):\(error.line):\(error.column): \(pointer)\(error.reason)")
    }
    var parts = [("program", found), ("manifest", place)]
    for file in manifest.files { parts.append(("file \(file)", parent(of: place) + "/" + file)) }
    var lines: [String] = []
    for (role, file) in parts {
      do { lines.append("\(try sha256Hex(ofFile: file))  \(role)") } catch {
        throw ExternalProgramMisfit(
          description: "program '\(program)': '\(file)', which its manifest names, can't be read: "
            + error.reason)
      }
    }
    digest = sha256Hex(of: lines.joined(separator: "\n"))
  }

  /// The file that a program's name stands for; nil when there is none that can be run.
  private static func find(_ program: String, searchPath: String?) throws -> String? {
    let candidates: [String]
    if program.contains("/") {
      candidates = [try absolute(program)]
    } else {
      let path = searchPath ?? processEnvironment()["PATH"] ?? ""
      candidates = try path.split(separator: ":").map { try absolute("\($0)/\(program)") }
    }
    return candidates.first {
      FileStatus(of: $0)?.isRegular == true && access($0, X_OK) == 0
    }
  }

  /// Where a link leads to in the end; nil for what can't be followed.
  private static func target(of path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }
}
