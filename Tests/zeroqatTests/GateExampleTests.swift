import Harness
import System
import TestSupport
import Testing

/// The files of `Examples/ci`: every command in them that measures or gates is run, on a small model.
@Suite struct GateExampleTests {
  private static let folder = CommittedPagesTests.root + "/Examples/ci"

  private static func text(_ name: String) throws -> String {
    String(decoding: try readFile("\(folder)/\(name)"), as: UTF8.self)
  }

  /// The lines that call zeroqat, as a shell gets them.
  static func commands(in text: String) -> [String] {
    text.split(separator: "\n").compactMap { line in
      var words = line.drop(while: { $0 == " " })
      for start in ["- ", "run: "] where words.hasPrefix(start) {
        words = words.dropFirst(start.count)
      }
      return words.hasPrefix("zeroqat ") ? String(words) : nil
    }
  }

  /// A folder as a user's repository: a model, a text, the policy.
  private struct Repository {
    let checkout: RealCheckout
    var folder: String { checkout.root + "/repository" }

    init() throws {
      checkout = try RealCheckout()
      for inner in ["repository/ci", "repository/bin"] {
        try makeFolder(checkout.root + "/" + inner)
      }
      try moveFile(checkout.root + "/cache/zeroqat/models/fixture", to: folder + "/model")
      let words = (0..<200).map { "tree \($0) of water and \($0 % 7) sounds.\n" }.joined()
      try writeDurably(Array(words.utf8), to: folder + "/ci/text.txt")
      try writeDurably(
        Array(try GateExampleTests.text("gate.json").utf8), to: folder + "/gate.json")
      let program = "#!/bin/sh\nexec '\(try BuiltProgram.path)' \"$@\"\n"
      try writeDurably(Array(program.utf8), to: folder + "/bin/zeroqat")
    }

    /// Runs lines of shell there, with the program in the path.
    func callAsFunction(_ lines: String, bits: String = "FP") throws -> (
      status: Int32, output: String
    ) {
      var output: [UInt8] = []
      let child = ChildProcess(
        executable: "/bin/sh",
        arguments: ["-c", "cd '\(folder)' && chmod +x bin/zeroqat && set -e\n\(lines)"],
        environment: [
          "PATH": "\(folder)/bin:/usr/local/bin:/usr/bin:/bin", "HOME": folder, "MODEL": "model",
          "TEXT": "ci/text.txt", "BITS": bits,
        ])
      let ending = try child.run(interruption: { (0, 0) }) { output += $0 }
      guard case .status(let status) = ending.exit else { return (-1, "") }
      return (status, String(decoding: output, as: UTF8.self))
    }
  }

  @Test(arguments: ["github-workflow.yml", "gitlab-ci.yml", "gate.sh"])
  func everyCommandRuns(name: String) throws {
    let text = try Self.text(name)
    let commands = Self.commands(in: text)
    #expect(commands.count == 2, "\(commands)")
    let repository = try Repository()
    let lines = commands.joined(separator: "\n")
    // The first time there is no baseline: that is no pass.
    let first = try repository(lines)
    #expect(first.status == 4, "\(first.output)")
    let accepted = try repository("zeroqat accept gate.json --results results --reason 'the start'")
    #expect(accepted.status == 0, "\(accepted.output)")
    let second = try repository("rm -rf results\n\(lines)")
    #expect(second.status == 0, "\(second.output)")
    // The same model in two bits would be another cell; its baseline is missing, and so is the first's result.
    let other = try repository("rm -rf results\n\(lines)", bits: "W2A16")
    #expect(other.status == 4, "\(other.output)")
  }

  @Test("The script as a whole") func script() throws {
    let repository = try Repository()
    try writeDurably(Array(try Self.text("gate.sh").utf8), to: repository.folder + "/gate.sh")
    #expect(try repository("sh gate.sh").status == 4)
    #expect(
      try repository("zeroqat accept gate.json --results results --reason 'the start'").status == 0)
    let gated = try repository("sh gate.sh")
    #expect(gated.status == 0, "\(gated.output)")
  }

  @Test("The guide's commands are the program's") func guide() throws {
    let guide = String(
      decoding: try readFile(CommittedPagesTests.root + "/Documentation/guides/Gate.md"),
      as: UTF8.self)
    let repository = try Repository()
    let commands = Self.commands(in: guide)
    #expect(commands.count >= 3)
    // In the guide's order: measure, accept, measure again, gate.
    for (index, command) in commands.enumerated() {
      let run = try repository(command)
      #expect(run.status == 0, "\(index): \(command): \(run.output)")
    }
  }

  @Test("The project's own workflow runs what anybody can run") func ownWorkflow() throws {
    let text = String(
      decoding: try readFile(CommittedPagesTests.root + "/.github/workflows/ci.yml"),
      as: UTF8.self)
    let runs = text.split(separator: "\n").filter { $0.contains("run: ") }
    #expect(runs.map { $0.drop { $0 == " " } } == ["- run: bash .ci/run"])
  }
}
