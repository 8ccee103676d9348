import JSONText
import System
import TestSupport
import Testing

/// `zeroqat doctor`: what this machine has.
@Suite struct DoctorTests {
  @Test func aLineForEachThing() throws {
    let program = try BuiltProgram()
    let tools = program.sample.folder.path("tools")
    try makeFolder(tools)
    // A machine without any tool: everything that is needed is named, with what brings it.
    let bare = try run(["doctor"], program, path: tools)
    #expect(bare.status == 2)
    for words in [
      "! Swift", "no 'swift' in PATH\n",
      "→ Swift 6.2 or later: https://www.swift.org/install/linux/\n",
      "! pkg-config", "install -y --no-install-recommends pkg-config\n", "! git", "- gnuplot",
      "install -y --no-install-recommends gnuplot-nox\n", "missing: Swift, pkg-config, git\n",
    ] { #expect(bare.output.contains(words), "\(words) in \(bare.output)") }
    // One with all of them.
    for (name, answer) in [
      ("swift", "Swift version 6.3.1 (swift-6.3.1-RELEASE)"), ("pkg-config", "1.2"), ("git", ""),
      ("gnuplot", ""), ("python3", "pip 23.0 from here"),
    ] { try script(answer, at: "\(tools)/\(name)") }
    let whole = try run(["doctor"], program, path: tools)
    #expect(whole.status == 0, "\(whole.output)")
    for words in [
      "  Swift        6.3.1 at \(tools)/swift\n", "  openblas     1.2\n", "  json-c       1.2\n",
      "'\(program.sample.cacheHome)/zeroqat' (XDG_CACHE_HOME), ",
      "'\(program.sample.cacheHome)/huggingface/hub' (XDG_CACHE_HOME), not there\n",
      "  texts        here: verse\n", "  pip          pip 23.0\n",
    ] { #expect(whole.output.contains(words), "\(words) in \(whole.output)") }
    #expect(whole.output.hasSuffix("nothing that is needed is missing\n"))
    // An old toolchain is none.
    try script("Swift version 5.10", at: tools + "/swift")
    let old = try run(["doctor"], program, path: tools)
    #expect(old.status == 2 && old.output.contains("5.10 at \(tools)/swift, older than 6.2\n"))
  }

  @Test func theSameAsJSON() throws {
    let program = try BuiltProgram()
    let found = try run(["doctor", "--json"], program, path: "/nowhere")
    #expect(found.status == 2)
    let root = try JSONDocument(text: Array(found.output.utf8), file: "out").root
    guard case .array(let items)? = root["items"] else {
      Issue.record("no items: \(root)")
      return
    }
    let swift = items.first { $0["name"] == .string("Swift") }
    #expect(swift?["state"] == .string("missing"))
    #expect(items.contains { $0["name"] == .string("memory") && $0["state"] != .string("missing") })
  }

  private func run(_ arguments: [String], _ program: BuiltProgram, path: String) throws -> (
    status: Int32, output: String
  ) {
    var environment = program.sample.environment
    environment["PATH"] = path
    var output: [UInt8] = []
    let child = ChildProcess(
      executable: try BuiltProgram.path, arguments: arguments + program.place,
      environment: environment)
    let ending = try child.run(interruption: { (0, 0) }) { output += $0 }
    guard case .status(let status) = ending.exit else { return (-1, "") }
    return (status, String(decoding: output, as: UTF8.self))
  }

  private func script(_ answer: String, at path: String) throws {
    try writeDurably(Array("#!/bin/sh\necho '\(answer)'\n".utf8), to: path)
    var output: [UInt8] = []
    _ = try ChildProcess(executable: "/bin/chmod", arguments: ["755", path], environment: [:]).run(
      interruption: { (0, 0) }
    ) { output += $0 }
  }
}
