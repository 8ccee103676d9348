internal import JSONText

/// What this machine has of what the program needs, line by line.
package struct MachineReport: Sendable, Equatable, Encodable {
  /// One thing that was looked at.
  package struct Item: Sendable, Equatable, Encodable {
    /// How it stands.
    package enum State: String, Sendable, Encodable {
      /// There.
      case good
      /// Not there, and something can't be done without it.
      case missing
      /// Not there, and most can be done without it.
      case lacking
    }

    /// What it is.
    package var name: String
    /// How it stands.
    package var state: State
    /// What was found.
    package var words: String
    /// What brings it; null where nothing need be done.
    package var remedy: String?

    /// An item from its parts.
    package init(_ name: String, _ state: State, _ words: String, remedy: String? = nil) {
      self.name = name
      self.state = state
      self.words = words
      self.remedy = remedy
    }
  }

  /// Everything that was looked at, in order.
  package let items: [Item]

  /// A report of these items.
  package init(_ items: [Item]) { self.items = items }

  /// Whether nothing is missing that something can't be done without.
  package var isComplete: Bool { !items.contains { $0.state == .missing } }
}

extension MachineReport: CustomStringConvertible {
  /// A line per item, and one below it with the remedy where there is one; each with its newline.
  package var description: String {
    let width = items.map(\.name.count).max() ?? 0
    return items.map { item in
      let mark =
        switch item.state {
        case .good: "  "
        case .missing: "! "
        case .lacking: "- "
        }
      let indent = String(repeating: " ", count: width + 4)
      let lines = item.words.split(separator: "\n").joined(separator: "\n" + indent)
      return mark + item.name + String(repeating: " ", count: width - item.name.count + 2) + lines
        + "\n"
        + (item.remedy.map { indent + "→ \($0)\n" } ?? "")
    }.joined()
      + (isComplete
        ? "nothing that is needed is missing\n"
        : "missing: \(items.filter { $0.state == .missing }.map(\.name).joined(separator: ", "))\n")
  }
}
