import JSONText
import System
import TestSupport
import Testing

/// The committed manual page, and completions, are what the parser says.
@Suite struct ManualTests {
  private static let page =
    parent(of: parent(of: parent(of: #filePath))) + "/Documentation/man/zeroqat.1"

  private func output(_ arguments: String...) throws -> String {
    var output: [UInt8] = []
    let child = ChildProcess(
      executable: try BuiltProgram.path, arguments: arguments,
      environment: ["PATH": "/usr/bin:/bin"])
    let ending = try child.run(interruption: { (0, 0) }) { output += $0 }
    #expect(ending.exit == .status(0))
    return String(decoding: output, as: UTF8.self)
  }

  @Test func theCommittedPageIsThisProgramsOwn() throws {
    let committed = String(decoding: try readFile(Self.page), as: UTF8.self)
    // Not compared as a whole by the expectation: the difference would be two pages long.
    let own = try output("manual")
    let first = zip(own.split(separator: "\n"), committed.split(separator: "\n")).first { $0 != $1 }
    #expect(
      first == nil && own.count == committed.count,
      "'zeroqat manual > Documentation/man/zeroqat.1' writes it again; first difference: \(first.map { "\($0)" } ?? "the end")"
    )
  }

  /// Names of commands and options that are shown, from the parser's own description.
  private func names(in command: JSON, below path: [String] = []) -> [(
    path: [String], option: String?
  )] {
    guard command["shouldDisplay"] == .bool(true), case .string(let name)? = command["commandName"]
    else {
      return []
    }
    let here = path + [name]
    var found: [(path: [String], option: String?)] = [(here, nil)]
    if case .array(let arguments)? = command["arguments"] {
      for argument in arguments where argument["shouldDisplay"] == .bool(true) {
        guard case .array(let names)? = argument["names"] else { continue }
        for option in names {
          if case .string(let text)? = option["name"], option["kind"] == .string("long") {
            found.append((here, "--" + text))
          }
        }
      }
    }
    if case .array(let inner)? = command["subcommands"] {
      for command in inner { found += names(in: command, below: here) }
    }
    return found
  }

  @Test func everyCommandAndOptionIsInThePageAndInTheCompletions() throws {
    let description = try output("--experimental-dump-help")
    let root = try JSONDocument(text: Array(description.utf8), file: "").root
    let names = names(in: try #require(root["command"]))
    #expect(names.count > 100)
    let page = String(decoding: try readFile(Self.page), as: UTF8.self).replacing("\\-", with: "-")
    let shells = try ["bash", "zsh", "fish"].map { try output("--generate-completion-script", $0) }
    for (path, option) in names {
      if let option {
        #expect(page.contains(option), "\(path) \(option)")
        for shell in shells {
          #expect(shell.contains(option.dropFirst(2)), "\(path) \(option)")
        }
      } else if path.count > 1, path.last != "help" {
        #expect(page.contains("\n.SS \(path.dropFirst().joined(separator: " "))\n"), "\(path)")
        for shell in shells { #expect(shell.contains(path[path.count - 1]), "\(path)") }
      }
    }
  }
}
