internal import Vocabulary

/// What an external program did wrong: its fault, not this program's.
public struct ExternalProgramFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// The program's name.
  public let program: String
  /// What it did, in words that begin in the middle of a sentence.
  public let reason: String
  /// Whether it said itself that it can't do what was asked.
  public let isRefusal: Bool

  /// A fault from its parts.
  public init(_ program: String, _ reason: String, isRefusal: Bool = false) {
    self.program = program
    self.reason = reason
    self.isRefusal = isRefusal
  }

  /// One line: `program 'foo': it never said hello`.
  public var description: String { "program '\(program)': \(reason)" }

  /// The fact that a failed cell's record has where the program is at fault.
  public static let factName = "fault of the program"
  /// The fact that it has where the program itself refused.
  public static let refusalName = "refused by the program"
  /// The fact that every record has of the program's time, in seconds.
  public static let timeName = "program's time"
  /// The fact that every record has of the memory of it and all its children, in bytes.
  public static let memoryName = "program's peak memory"
}

/// A program that isn't on this machine: its cells don't run here.
package struct ExternalProgramMissing: Error, Sendable, Equatable, CustomStringConvertible {
  /// The program as a grid names it.
  package let program: String

  /// One line, with what to do.
  package var description: String {
    program.contains("/")
      ? "there is no program '\(program)' that can be run"
      : "there is no program '\(program)' on PATH"
  }
}

/// An external program that can't be used as it is described.
package struct ExternalProgramMisfit: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong: where, what was expected, what was found.
  package let description: String
}

/// An option that an external program doesn't take.
package struct ExternalProgramOptionError: OptionComplaint, Sendable, Equatable,
  CustomStringConvertible
{
  /// The program's name.
  package let program: String
  /// The option.
  package let option: String
  /// What is wrong with it.
  package let reason: String

  /// The option's place below the method's own options.
  package var optionName: String? { "options/\(option)" }

  /// One line.
  package var description: String { "program '\(program)': option '\(option)': \(reason)" }
}
