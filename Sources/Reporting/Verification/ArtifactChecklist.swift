/// What a verification found, as the list that reviewers of artifacts tick off.
///
/// > Source: the three questions of ACM's artifact review: is it complete, is it consistent, are its results reproduced?
package struct ArtifactChecklist: Sendable, Equatable {
  /// A question of the list.
  package enum Question: String, Sendable, CaseIterable {
    /// Is everything there?
    case complete = "Complete"
    /// Does everything say the same?
    case consistent = "Consistent"
    /// Does it come out again?
    case reproduced = "Reproduced"
  }

  /// How an item stands.
  package enum Standing: String, Sendable {
    /// Looked at, and nothing is wrong.
    case sound = "✓"
    /// Something is wrong.
    case faulty = "✗"
    /// Not looked at.
    case open = "–"
  }

  /// An item of the list.
  package struct Item: Sendable, Equatable {
    /// The question that it answers.
    package var question: Question
    /// What was looked at, in a word or two.
    package var name: String
    /// How it stands.
    package var standing: Standing
    /// What was done, and how much of it there is.
    package var detail: String
    /// What is wrong; each begins with the path of a file, or with a cell's place.
    package var faults: [String]

    /// An item that was looked at.
    package init(_ question: Question, _ name: String, _ detail: String, faults: [String]) {
      self.question = question
      self.name = name
      standing = faults.isEmpty ? .sound : .faulty
      self.detail = detail
      self.faults = faults
    }

    /// An item that wasn't looked at, and why.
    package init(_ question: Question, _ name: String, notDone reason: String) {
      self.question = question
      self.name = name
      standing = .open
      detail = reason
      faults = []
    }
  }

  /// The items, in the order in which they were looked at.
  package var items: [Item] = []

  /// A list without items.
  package init() {}

  /// Whether nothing is wrong with anything that was looked at.
  package var isSound: Bool { items.allSatisfy { $0.standing != .faulty } }
}

extension ArtifactChecklist: CustomStringConvertible {
  /// Faults of one item that are printed.
  private static let mostFaults = 50

  /// The list, a line for each item and for each fault.
  package var description: String {
    let width = (items.map(\.name.count).max() ?? 0) + 2
    var lines: [String] = []
    for question in Question.allCases {
      let own = items.filter { $0.question == question }
      guard !own.isEmpty else { continue }
      lines.append(question.rawValue)
      for item in own {
        let space = String(repeating: " ", count: width - item.name.count)
        lines.append("  \(item.standing.rawValue) \(item.name)\(space)\(item.detail)")
        lines += item.faults.prefix(Self.mostFaults).map { "      \($0)" }
        let rest = item.faults.count - Self.mostFaults
        if rest > 0 { lines.append("      and \(rest) more") }
      }
    }
    let faults = items.reduce(0) { $0 + $1.faults.count }
    let open = items.count { $0.standing == .open }
    lines.append(
      isSound
        ? "Nothing is wrong\(open > 0 ? "; \(open) of \(items.count) items weren't looked at" : "")."
        : "\(faults) \(faults == 1 ? "thing is" : "things are") wrong.")
    return lines.joined(separator: "\n") + "\n"
  }
}
