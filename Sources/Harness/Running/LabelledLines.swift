internal import Synchronization

/// The output of one of several cells, a whole line at a time, each with the cell's label in front of its words.
package final class LabelledLines: Sendable {
  private let label: [UInt8]?
  private let output: @Sendable (ArraySlice<UInt8>) -> Void
  private let open = Mutex<[UInt8]>([])

  /// Lines for `output`; without a label they are handed on as they come.
  package init(_ label: String?, _ output: @escaping @Sendable (ArraySlice<UInt8>) -> Void) {
    self.label = label.map { Array("\($0) ".utf8) }
    self.output = output
  }

  /// Hands on every line that is whole.
  package func append(_ bytes: ArraySlice<UInt8>) {
    guard let label else { return output(bytes) }
    let whole = open.withLock { open in
      open += bytes
      var text: [UInt8] = []
      while let end = open.firstIndex(of: UInt8(ascii: "\n")) {
        text += Self.line(open[...end], label)
        open.removeSubrange(...end)
      }
      return text
    }
    if !whole.isEmpty { output(whole[...]) }
  }

  /// Hands on what is left: a last line without an end.
  package func end() {
    guard let label else { return }
    let rest = open.withLock { open in
      defer { open = [] }
      return open
    }
    if !rest.isEmpty { output((Self.line(rest[...], label) + [UInt8(ascii: "\n")])[...]) }
  }

  /// The label behind the spaces that the line begins with.
  private static func line(_ line: ArraySlice<UInt8>, _ label: [UInt8]) -> [UInt8] {
    let spaces = line.prefix { $0 == UInt8(ascii: " ") }
    return spaces + label + line.dropFirst(spaces.count)
  }
}
