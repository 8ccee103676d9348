internal import Glibc
internal import System

/// A command of a scheduler: run to its end, with what it says.
struct SchedulerCommand: Sendable {
  /// Its environment, where `PATH` says which program a name is.
  let environment: [String: String]
  /// Seconds after which it is ended: a scheduler that is down may let a client wait for minutes.
  var patience = 60.0

  /// What it came to.
  struct Answer {
    /// The exit status; negative for a signal, -9 also where it took too long.
    let status: Int32
    /// Both of its outputs.
    let output: String

    /// Lines that aren't blank.
    var lines: [Substring] {
      output.split(separator: "\n").filter { !$0.allSatisfy(\.isWhitespace) }
    }

    /// What it complains of, on one line.
    var words: String {
      let words = lines.suffix(3).map { $0.drop(while: \.isWhitespace) }.joined(separator: "; ")
      return words.isEmpty ? "exit status \(status), without a word" : String(words.prefix(500))
    }
  }

  /// Runs `words`, the first of which is the program.
  ///
  /// - Throws: ``HarnessError/scheduler(command:words:)`` where there is no such program.
  func callAsFunction(_ words: [String]) throws(HarnessError) -> Answer {
    let end = monotonicSeconds() + patience
    var output: [UInt8] = []
    let ending: ChildProcess.Ending
    do throws(FileError) {
      ending = try ChildProcess(
        executable: "/usr/bin/env", arguments: words, environment: environment
      ).run(
        signalsBefore: 0, interruption: { monotonicSeconds() < end ? (0, 0) : (1, SIGKILL) },
        output: { output += $0 })
    } catch { throw .cannotStart(error) }
    let text = String(decoding: output, as: UTF8.self)
    switch ending.exit {
    // env(1): 127 where there is no such program, 126 where it can't be run.
    case .status(let status) where status == 127 || status == 126:
      throw .scheduler(
        command: words.first ?? "", words: Answer(status: status, output: text).words)
    case .status(let status): return Answer(status: status, output: text)
    case .signal(let number): return Answer(status: -number, output: text)
    }
  }
}

/// `text` as one word of a shell.
func shellQuoted(_ text: String) -> String {
  let plain = text.utf8.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "/._-+=:,@%".utf8.contains(byte)
    }
  }
  if plain, !text.isEmpty { return text }
  return "'" + text.replacing("'", with: #"'\''"#) + "'"
}
