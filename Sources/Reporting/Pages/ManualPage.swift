package import JSONText

/// The manual page of a program, made of what its parser says of itself.
///
/// > Source: the parser's description is `ToolInfoV0` of swift-argument-parser; the page's form is man-pages(7),
/// > its requests are those of groff_man(7).
package struct ManualPage: Sendable {
  private let root: JSON

  /// A page of a program.
  ///
  /// - Parameter description: The text that `--experimental-dump-help` prints.
  /// - Throws: `JSONError` for a text that isn't JSON, or of a version that isn't read here.
  package init(description: String) throws(JSONError) {
    let document = try JSONDocument(text: Array(description.utf8), file: "--experimental-dump-help")
    guard document.root["serializationVersion"] == .integer(0),
      let command = document.root["command"]
    else { throw document.error(at: "", "expected a description of version 0, with a command") }
    root = command
  }

  /// The page in the requests of man.
  package var text: String {
    let name = root.string("commandName") ?? "?"
    var page = """
      .\\" Made by '\(name) manual' of what the parser says; never edited by hand.
      .TH \(name.uppercased()) 1 "" "" "User Commands"
      .SH NAME
      \(Self.plain(name)) \\- \(Self.plain(Self.sentence(root.string("abstract") ?? "")))
      .SH SYNOPSIS
      .B \(Self.plain(name))
      .I command
      [options]
      .SH DESCRIPTION

      """
    page += Self.paragraphs(root.string("discussion"))
    page +=
      ".PP\nAny command with\n.B \\-\\-help\nsays what it takes, with\n.B \\-\\-version\nwhat it was built from.\n"
    page += ".SH COMMANDS\n"
    for command in root.array("subcommands") where command["shouldDisplay"] == .bool(true) {
      page += Self.section(of: command, below: [name])
    }
    return page
  }

  /// A command and those below it.
  private static func section(of command: JSON, below path: [String]) -> String {
    let names = path + [command.string("commandName") ?? "?"]
    let arguments = command.array("arguments").filter {
      $0["shouldDisplay"] == .bool(true) && !isHelp($0)
    }
    let synopsis = arguments.map(usage).joined(separator: " ")
    var text = ".SS \(plain(names.dropFirst().joined(separator: " ")))\n"
    text += ".B \(plain(names.joined(separator: " ")))\n"
    if !synopsis.isEmpty { text += synopsis + "\n" }
    text += ".PP\n" + plain(command.string("abstract") ?? "") + "\n"
    text += paragraphs(command.string("discussion"), first: ".PP\n")
    for argument in arguments { text += entry(of: argument) }
    for inner in command.array("subcommands") where inner["shouldDisplay"] == .bool(true) {
      guard inner.string("commandName") != "help" else { continue }
      text += section(of: inner, below: names)
    }
    return text
  }

  /// `--help` and `--version`, which every command has.
  private static func isHelp(_ argument: JSON) -> Bool {
    ["help", "version"].contains(argument["preferredName"]?.string("name"))
  }

  /// `[--bits <bits>]`, in the page's letters.
  private static func usage(_ argument: JSON) -> String {
    let value = argument.string("valueName").map { "\\fI\(plain($0))\\fR" } ?? ""
    let repeats = argument["isRepeating"] == .bool(true) ? " ..." : ""
    let body =
      switch argument.string("kind") {
      case "positional": value + repeats
      case "flag": "\\fB\(names(of: argument).first ?? "")\\fR"
      default: "\\fB\(names(of: argument).first ?? "")\\fR \(value)\(repeats)"
      }
    return argument["isOptional"] == .bool(true) ? "[\(body)]" : body
  }

  /// An option's names and what it does.
  private static func entry(of argument: JSON) -> String {
    let value = argument.string("valueName").map { "\\fI\(plain($0))\\fR" } ?? ""
    let names = names(of: argument).map { "\\fB\($0)\\fR" }.joined(separator: ", ")
    let head =
      switch argument.string("kind") {
      case "positional": value
      case "flag": names
      default: "\(names) \(value)"
      }
    var words = argument.string("abstract") ?? ""
    let values = argument.array("allValues").compactMap(\.ownString)
    if !values.isEmpty { words += " (\(values.joined(separator: ", ")))" }
    if let start = argument.string("defaultValue") { words += " (default: \(start))" }
    return ".TP\n\(head)\n\(plain(words.isEmpty ? "See above." : words))\n"
      + paragraphs(argument.string("discussion"))
  }

  private static func names(of argument: JSON) -> [String] {
    argument.array("names").compactMap { name in
      name.string("name").map {
        plain(($0.count == 1 && name.string("kind") == "short" ? "-" : "--") + $0)
      }
    }
  }

  /// A text's paragraphs; `first` stands before the first one.
  private static func paragraphs(_ text: String?, first: String = "") -> String {
    guard let text, !text.isEmpty else { return "" }
    let parts = text.split(separator: "\n\n").map { part in
      part.split(separator: "\n").map { plain(String($0)) }.joined(separator: "\n")
    }
    return first + parts.joined(separator: "\n.PP\n") + "\n"
  }

  /// Small at its beginning and without a full stop, as the line NAME has it.
  private static func sentence(_ text: String) -> String {
    let body = text.hasSuffix(".") ? text.dropLast() : text[...]
    return body.prefix(1).lowercased() + body.dropFirst()
  }

  /// A line that says what it says: no request, no escape, and hyphens that can be copied to a shell.
  private static func plain(_ text: String) -> String {
    let escaped = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
    return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
  }
}

extension JSON {
  fileprivate var ownString: String? {
    if case .string(let text) = self { return text }
    return nil
  }

  fileprivate func string(_ name: String) -> String? { self[name]?.ownString }

  fileprivate func array(_ name: String) -> [JSON] {
    if case .array(let elements)? = self[name] { return elements }
    return []
  }
}
