internal import ArgumentParser
internal import Reporting
internal import System

/// `zeroqat manual`: the manual page, made of the parser.
struct ManualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual",
    abstract: "Print the manual page, for 'man -l -'.",
    discussion: """
      'zeroqat --generate-completion-script bash' (or zsh, or fish) prints what completes commands and options in a \
      shell; Documentation/guides/Shell.md says where both go.
      """)

  func run() throws {
    try writeToStandardOutput(ManualPage(description: Zeroqat._dumpHelp()).text)
  }
}
