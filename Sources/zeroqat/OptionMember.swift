internal import ArgumentParser
internal import JSONText

/// `name=value` of the command line: the value is JSON where it can be read so, else a string.
func optionMember(_ option: String) throws -> JSON.Member {
  guard let mark = option.firstIndex(of: "="), mark != option.startIndex else {
    throw ValidationError("expected --option name=value, found '\(option)'")
  }
  let text = String(option[option.index(after: mark)...])
  let value = try? JSONDocument(text: Array(text.utf8), file: "--option").root
  return JSON.Member(String(option[..<mark]), value ?? .string(text))
}
