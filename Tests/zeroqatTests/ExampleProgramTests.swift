import Glibc
import JSONText
import Methods
import System
import TestSupport
import Testing

/// The examples of programs, as they lie in the repository.
@Suite("Examples of programs", .serialized)
struct ExampleProgramTests {
  private static let root: String = #filePath.split(separator: "/").dropLast(3)
    .reduce("") { "\($0)/\($1)" }
  private static var folder: String { root + "/Examples/external" }

  private func run(_ program: String, _ arguments: [String]) throws -> (Int32, String) {
    var output: [UInt8] = []
    let child = ChildProcess(
      executable: program, arguments: arguments,
      environment: processEnvironment().filter { $0.key != "TMPDIR" })
    let ending = try child.run(interruption: { (0, 0) }) { output += $0 }
    guard case .status(let status) = ending.exit else { return (-1, "\(ending)") }
    return (status, String(decoding: output, as: UTF8.self))
  }

  private func verdicts(of program: String, _ more: [String]) throws -> [String] {
    let results = try TemporaryFolder()
    let (status, text) = try run(
      BuiltProgram.path,
      ["conformance", program, "--root", Self.root, "--results", results.path, "--threads", "1"]
        + more)
    #expect(status == 0, "\(text)")
    #expect(TemporaryFolder.names(in: results.path) == [])
    return text.split(separator: "\n").filter { $0.contains(" passed ") }
      .compactMap { $0.split(separator: " ").first.map(String.init) }
  }

  @Test("Each is shorter than sixty lines, and its manifest is sound")
  func short() throws {
    for (name, manifest) in [
      ("zeroqat-method-awk-rtn", "zeroqat-method-awk-rtn"), ("c-rtn.c", "c-rtn"),
      ("zeroqat-method-autoround", "zeroqat-method-autoround"),
    ] {
      let text = try TemporaryFolder.bytes(of: "\(Self.folder)/\(name)")
      #expect(text.count { $0 == UInt8(ascii: "\n") } < 60, "\(name)")
      let found = try ExternalProgramManifest(
        JSONDocument(contentsOf: "\(Self.folder)/\(manifest).json"))
      #expect(String(decoding: text, as: UTF8.self).contains(found.name))
    }
  }

  @Test("The one in C conforms in every scenario")
  func c() throws {
    let folder = try TemporaryFolder()
    let program = folder.path("zeroqat-method-c-rtn")
    let compiler = try run(
      "/usr/bin/env", ["cc", "-O2", "-o", program, Self.folder + "/c-rtn.c", "-lm"])
    try #require(compiler.0 == 0, "\(compiler.1)")
    try folder.write(
      TemporaryFolder.bytes(of: Self.folder + "/c-rtn.json"), to: "zeroqat-method-c-rtn.json")
    #expect(
      try verdicts(of: program, []) == [
        "llama-w4a16", "again", "other-seed", "groups", "activations", "opt", "outliers",
      ])
  }

  @Test("The one in shell conforms on another architecture")
  func shell() throws {
    #expect(
      try verdicts(of: Self.folder + "/zeroqat-method-awk-rtn", ["--scenario", "opt"]) == ["opt"])
  }
}
