internal import Records
internal import Statistics
internal import Vocabulary

extension TableContents {
  /// What of the paper's orders stands here and what doesn't, in words; nil when there is nothing to say.
  ///
  /// Follows from the pairs behind the verdicts and from what was trained, and from nothing else.
  var heldSection: [Passage]? {
    let passages =
      orderPassages
      + [trainingSentence.map { [.paragraph($0)] }, referenceList, missingSentence]
      .compactMap(\.self).flatMap(\.self)
    guard !passages.isEmpty else { return nil }
    return [.heading(2, "What held, what didn't")] + passages
  }

  /// How many orders of two methods stand, and which; nothing for a table in which no two could meet.
  private var orderPassages: [Passage] {
    let groups = grid.columns.flatMap { bitsGroups(inColumn: $0.key) }
    guard groups.contains(where: { $0.count > 1 }) else { return [] }
    let columns = groups.compactMap { group in
      group.first.map { ColumnPairs(title: columnTitle($0), pairs: pairsInPapersOrder(group)) }
    }
    let pairs = columns.flatMap(\.pairs)
    guard !pairs.isEmpty else {
      let isPrinted = groups.joined().contains { $0.paper?.number != nil }
      return [
        .paragraph(
          isPrinted
            ? """
            This table ranks nothing: in no column do two methods of the same bits have both a number in the paper and \
            one here, with a difference between them.
            """
            : "This table ranks nothing: the paper prints no value for any of its quantized cells."
        )
      ]
    }
    func count(_ isMeant: (RankedPair) -> Bool) -> Int { pairs.count(where: isMeant) }
    let supported = count { $0.outcome == .agrees && $0.isSupported }
    let weak = count { $0.outcome == .agrees && !$0.isSupported }
    let reversed = count { $0.outcome == .reversed && $0.isSupported }
    let others = pairs.count - supported - weak - reversed
    func verb(_ count: Int, _ one: String, _ many: String) -> String { count == 1 ? one : many }
    let support =
      judgesModels ? "the paired test supports it" : "by more than such a measurement varies"
    var summary: Phrase = """
      Of \(pairs.count) \(verb(pairs.count, "order", "orders")) of two methods that the paper prints and both sides \
      have, \(supported) \(verb(supported, "stands", "stand")) as in the paper and \(support), \(weak) \
      \(verb(weak, "stands", "stand")) so \(judgesModels ? "without its support" : "by less"), \(reversed) \
      \(verb(reversed, "is", "are")) \(strong: "reversed \(judgesModels ? "with its support" : "by more")"), \
      \(others) \(verb(others, "is", "are")) reversed \(judgesModels ? "without support" : "by less") or tied.
      """
    if pairs.contains(where: { $0.ground == .divergence }) {
      summary += " A method that diverged is worse than any that didn't; that needs no test."
    }
    var passages: [Passage] = [.paragraph(summary)]
    if let tests = pairs.compactMap(\.step?.tests).max(), tests > 1 {
      passages.append(
        .paragraph(
          """
          \(tests) of these orders rest on paired tests and are read together, so that the p which decides is \
          \(strong: "Holm's"): corrected for their number, below 0.05. The uncorrected p stands before it. "Would have \
          been seen" is the smallest true difference that this test supports with a chance of 80 % (the same correction \
          included).
          """))
    }
    func list(_ title: Phrase, _ line: (ColumnPairs) -> String?) {
      let lines = columns.compactMap { column in
        line(column).map { "\(column.title): \($0)" as Phrase }
      }
      guard !lines.isEmpty else { return }
      passages += [.paragraph("\(strong: title)"), .list(lines)]
    }
    list("Held") { $0.heldText }
    list("Didn't hold") { $0.reversedText }
    list("Undecided") { $0.undecidedText }
    return passages
  }

  /// The pairs of these entries, the paper's best methods first.
  private func pairsInPapersOrder(_ group: [TableEntry]) -> [RankedPair] {
    guard let metric = group.first?.column.metric else { return [] }
    let sign = metric.isLowerBetter ? 1.0 : -1.0
    let ordered = group.enumerated().sorted {
      (($0.element.paper?.number ?? .infinity) * sign, $0.offset)
        < (($1.element.paper?.number ?? .infinity) * sign, $1.offset)
    }
    return rankedPairs(among: ordered.map(\.element))
  }

  /// How entries without a number came by that, by reason; nil when all have one.
  private var missingSentence: [Passage]? {
    let reasons = entries.compactMap(\.missingReason)
    guard !reasons.isEmpty else { return nil }
    var kinds: [(reason: String, count: Int)] = []
    for reason in reasons {
      if let index = kinds.firstIndex(where: { $0.reason == reason }) {
        kinds[index].count += 1
      } else {
        kinds.append((reason, 1))
      }
    }
    let sorted = kinds.enumerated().sorted {
      (-$0.element.count, $0.offset) < (-$1.element.count, $1.offset)
    }.map(\.element)
    let most = 8
    var texts = sorted.prefix(most).map {
      "\($0.count) \($0.reason.withoutFolders.cut(to: 100))"
    }
    let others = sorted.dropFirst(most)
    if !others.isEmpty {
      texts.append("\(others.reduce(0) { $0 + $1.count }) for \(others.count) other reasons")
    }
    return [
      .paragraph(
        """
        Without a number \(reasons.count == 1 ? "is" : "are") \(reasons.count) of \(entries.count) \
        \(entries.count == 1 ? "entry" : "entries"): \(texts.joined(separator: "; ")).
        """)
    ]
  }
}

/// The pairs of one column at equal bits.
private struct ColumnPairs {
  var title: String
  var pairs: [RankedPair]

  /// `ZeroQAT before SmoothQuant, RTN; OmniQuant before RTN`: the orders that stand with support.
  var heldText: String? {
    var groups: [(better: GridRow, worse: [String])] = []
    for pair in pairs where pair.outcome == .agrees && pair.isSupported {
      let worse = pair.worse.label
      if let index = groups.firstIndex(where: { $0.better.key == pair.better.key }) {
        groups[index].worse.append(worse)
      } else {
        groups.append((pair.better, [worse]))
      }
    }
    return joined(
      groups.map { "\($0.better.label) before \($0.worse.joined(separator: ", "))" })
  }

  /// The orders that are reversed with support.
  var reversedText: String? {
    joined(
      pairs.filter { $0.outcome == .reversed && $0.isSupported }.map {
        "the paper has \($0.inWords), here it is the other way round (\($0.support))"
      })
  }

  /// The orders that nothing supports, either way.
  var undecidedText: String? {
    joined(
      pairs.filter { !$0.isSupported }.map { pair in
        switch pair.outcome {
        case .agrees: "\(pair.inWords) stands (\(pair.support))"
        case .reversed: "\(pair.inWords) is reversed (\(pair.support))"
        case .tied:
          "\(pair.inWords) is tied" + (pair.test == nil ? "" : " (\(pair.support))")
        }
      })
  }

  private func joined(_ texts: [String]) -> String? {
    texts.isEmpty ? nil : texts.joined(separator: "; ")
  }
}

extension RankedPair {
  /// `ZeroQAT before RTN`: the paper's order.
  fileprivate var inWords: String {
    "\(better.label) before \(worse.label)"
  }
}

extension TableEntry {
  /// Why the entry has no number; nil when it has one.
  ///
  /// Where a loss left the finite numbers, and what a cell would take, is different in every cell, and a
  /// footnote there.
  fileprivate var missingReason: String? {
    switch state {
    case .measured: nil
    case .diverged: "diverged"
    case .failed(let reason, _): "failed: \(reason)"
    case .tooLarge: "too large for the machine"
    case .notRun(let reason): "not run: \(reason)"
    case .withheld(let reason, _): "withheld: \(reason)"
    }
  }
}

extension String {
  /// The text, or as many of its words as fit into `length` characters and an ellipsis.
  fileprivate func cut(to length: Int) -> String {
    guard count > length else { return self }
    let start = prefix(length)
    let end = start.lastIndex(of: " ") ?? start.endIndex
    return start[..<end] + "…"
  }
}
