package import JSONText
internal import Tokenizers

/// One line of a task's file, parsed, that can say where it stands.
///
/// Members that a task doesn't ask for are ignored: published files carry ids and sources beside what
/// is asked.
package struct TaskRow: Sendable {
  /// The file, as the user named it.
  package let file: String
  /// The line, from 1.
  package let line: Int
  /// What the line holds.
  package let value: JSON

  /// A row from its parts.
  package init(file: String, line: Int, value: JSON) {
    self.file = file
    self.line = line
    self.value = value
  }

  /// Reads the rows of a JSON Lines file; blank lines are skipped, CR LF is taken for LF.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - from: The first byte that is read; lines are counted from there.
  ///   - to: One past the last byte; nil means the end of the file.
  /// - Returns: The rows, in order.
  /// - Throws: ``TaskError`` when the file can't be read, a line isn't a JSON object, or there is none.
  package static func jsonLines(at path: String, from: Int = 0, to: Int? = nil) throws(TaskError)
    -> [TaskRow]
  {
    var rows: [TaskRow] = []
    for (number, line) in try lines(at: path, from: from, to: to)
    where !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
      let value: JSON
      do {
        value = try JSONDocument(text: Array(line), file: path).root
      } catch {
        throw .row(
          file: path, line: number,
          "expected one JSON object per line, found at column \(error.column): \(error.reason)")
      }
      guard case .object = value else {
        throw .row(
          file: path, line: number, "expected one JSON object per line, found another value")
      }
      rows.append(TaskRow(file: path, line: number, value: value))
    }
    guard !rows.isEmpty else { throw .noExamples(file: path) }
    return rows
  }

  /// Reads the rows of a file of tab-separated values.
  ///
  /// No quoting: a field is what stands between two tabs, as in GLUE's files. Every field is a string.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - from: The first byte that is read; lines are counted from there.
  ///   - to: One past the last byte; nil means the end of the file.
  ///   - names: What the fields are called; nil when the first line says so.
  /// - Returns: The rows, in order.
  /// - Throws: As for JSON Lines, and when a line has another number of fields than there are names.
  package static func tabSeparated(
    at path: String, from: Int = 0, to: Int? = nil, names: [String]? = nil
  ) throws(TaskError) -> [TaskRow] {
    var lines = try lines(at: path, from: from, to: to)[...]
    func fields(_ line: ArraySlice<UInt8>) -> [String] {
      line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
    }
    guard let names = names ?? lines.popFirst().map({ fields($0.text) }), !lines.isEmpty else {
      throw .noExamples(file: path)
    }
    return try lines.map { (number, line) throws(TaskError) in
      let values = fields(line)
      guard values.count == names.count else {
        throw .row(
          file: path, line: number,
          "expected \(names.count) fields between tabs, found \(values.count)")
      }
      return TaskRow(
        file: path, line: number,
        value: .object(zip(names, values).map { JSON.Member($0, .string($1)) }))
    }
  }

  private static func lines(at path: String, from: Int, to: Int?) throws(TaskError)
    -> [(number: Int, text: ArraySlice<UInt8>)]
  {
    let bytes: [UInt8]
    do throws(FileReadError) {
      bytes = try fileBytes(at: path, from: from, to: to)
    } catch {
      throw .unreadable(error)
    }
    let newline = UInt8(ascii: "\n")
    return bytes.split(separator: newline, omittingEmptySubsequences: false)
      .enumerated()
      .map { offset, line in
        (offset + 1, line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
      }
      .filter { !$0.1.isEmpty }
  }

  /// An error about this row.
  package func error(_ reason: String) -> TaskError { .row(file: file, line: line, reason) }

  /// Whether the row has the member.
  package func has(_ name: String) -> Bool { value[name] != nil }

  /// The text of a member.
  ///
  /// - Throws: ``TaskError/row(file:line:_:)`` when there is none, or it isn't a string.
  package func string(_ name: String) throws(TaskError) -> String {
    try string(value[name], "'\(name)'")
  }

  /// The texts of a member that is a list, of at least `least` entries.
  ///
  /// - Throws: ``TaskError/row(file:line:_:)`` when it isn't that.
  package func strings(_ name: String, in parent: JSON? = nil, least: Int = 1)
    throws(TaskError) -> [String]
  {
    guard case .array(let values) = (parent ?? value)[name] else {
      throw error("expected a list of strings in '\(name)'")
    }
    guard values.count >= least else {
      throw error("expected at least \(least) entries in '\(name)', found \(values.count)")
    }
    return try values.map { value throws(TaskError) in try string(value, "'\(name)'") }
  }

  /// The whole number of a member, which a file may also write as a string.
  ///
  /// - Throws: ``TaskError/row(file:line:_:)`` when it isn't one from 0 to `count` − 1: an unknown label.
  package func index(_ name: String, below count: Int, from first: Int = 0)
    throws(TaskError) -> Int
  {
    let found: Int? =
      switch value[name] {
      case .integer(let number): Int(exactly: number)
      case .string(let text): Int(text)
      default: nil
      }
    guard let found, (first..<first + count).contains(found) else {
      throw error(
        "expected a label from \(first) to \(first + count - 1) in '\(name)', "
          + "found \(inWords(value[name]))")
    }
    return found - first
  }

  /// The position of a member's text among `names`; anything else is an unknown label.
  package func index(_ name: String, among names: [String]) throws(TaskError) -> Int {
    let text = try string(name)
    guard let index = names.firstIndex(of: text) else {
      throw error(
        "expected '\(name)' to be one of \(names.joined(separator: ", ")), found '\(text)'")
    }
    return index
  }

  /// The truth value of a member.
  package func bool(_ name: String) throws(TaskError) -> Bool {
    guard case .bool(let found) = value[name] else {
      throw error("expected true or false in '\(name)', found \(inWords(value[name]))")
    }
    return found
  }

  /// The text of a value that a message calls `place`.
  package func string(_ value: JSON?, _ place: String) throws(TaskError) -> String {
    guard case .string(let text) = value else {
      throw error("expected a string in \(place), found \(inWords(value))")
    }
    return text
  }

  private func inWords(_ value: JSON?) -> String {
    switch value {
    case nil: "no such member"
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(_, let text): text
    case .string(let text): "'\(text)'"
    case .array: "a list"
    case .object: "an object"
    }
  }
}
