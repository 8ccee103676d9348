extension ClusterProfile {
  /// A shell script that runs one task.
  ///
  /// - Parameters:
  ///   - lines: What a scheduler reads, below the first line.
  ///   - title: What it is, for whoever reads it.
  ///   - command: The task's program and arguments.
  ///   - number: The task's number, as the shell has it.
  /// - Returns: The script's text.
  func script(_ lines: [String], title: String, command: [String], number: String) -> String {
    // `module` is a function of login shells.
    let shell = modules.isEmpty ? "#!/bin/bash" : "#!/bin/bash -l"
    let loads = modules.map { "module load \(shellQuoted($0)) || exit 2" }
    // The task takes the shell's place, so that signals reach it.
    let words = (container + command).map(shellQuoted) + ["--index", number]
    return
      ([shell] + lines + ["# zeroqat: \(title)"] + loads + ["exec \(words.joined(separator: " "))"])
      .joined(separator: "\n") + "\n"
  }
}
