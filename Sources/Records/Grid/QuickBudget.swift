internal import JSONText
internal import Vocabulary

/// How much of a table runs: all that its grid declares, or beginnings of that.
package enum Budget: String, Sendable, CaseIterable {
  /// Beginnings, for whoever wants to see the claim in minutes.
  case quick
  /// All that the grid declares, which is what is committed.
  case full
}

/// What a quick run takes of a scale's full budget; whatever isn't named here runs whole.
///
/// Each is a beginning of what the full budget has: the first updates of a training, whose rates fall over the
/// full number, the first windows and examples, the first seeds. So a quick run's numbers are held to the
/// committed ones bit for bit, see ``Reporting``'s check.
package struct QuickBudget: Codable, Sendable, Equatable {
  /// The most updates of a training on text, by method: of those whose shorter runs are beginnings of longer ones.
  package var pretrainingSteps: [String: Int]
  /// The same of a training on a task.
  package var finetuningSteps: [String: Int]
  /// The most test windows; nil means all.
  package var testWindows: Int?
  /// The most test examples of a task; nil means all.
  package var testExamples: Int?
  /// The most seeds of a row; nil means all.
  package var seeds: Int?
  /// Keys of rows that a quick run leaves out: what takes long and has no beginning.
  package var without: [String]
  /// Estimated minutes of a cut cell, by method; whoever isn't here takes as long as in full.
  package var minutes: [String: Double]

  /// A budget from its parts.
  package init(
    pretrainingSteps: [String: Int] = [:], finetuningSteps: [String: Int] = [:],
    testWindows: Int? = nil, testExamples: Int? = nil, seeds: Int? = nil,
    without: [String] = [], minutes: [String: Double] = [:]
  ) {
    self.pretrainingSteps = pretrainingSteps
    self.finetuningSteps = finetuningSteps
    self.testWindows = testWindows
    self.testExamples = testExamples
    self.seeds = seeds
    self.without = without
    self.minutes = minutes
  }

  /// Reads a budget; every member may be left out.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    pretrainingSteps =
      try container.decodeIfPresent([String: Int].self, forKey: .pretrainingSteps) ?? [:]
    finetuningSteps =
      try container.decodeIfPresent([String: Int].self, forKey: .finetuningSteps) ?? [:]
    testWindows = try container.decodeIfPresent(Int.self, forKey: .testWindows)
    testExamples = try container.decodeIfPresent(Int.self, forKey: .testExamples)
    seeds = try container.decodeIfPresent(Int.self, forKey: .seeds)
    without = try container.decodeIfPresent([String].self, forKey: .without) ?? []
    minutes = try container.decodeIfPresent([String: Double].self, forKey: .minutes) ?? [:]
  }
}

extension QuickBudget {
  /// Holds the budget to the rules that its types can't express.
  ///
  /// - Throws: ``JSONError`` at the first value that breaks one.
  func check(
    in document: JSONDocument, at place: String, rows: [String], against names: KnownNames
  ) throws(JSONError) {
    for (name, value) in [
      ("testWindows", testWindows), ("testExamples", testExamples), ("seeds", seeds),
    ] {
      if let value, value < 1 {
        throw document.error(at: "\(place)/\(name)", "expected a positive number, found \(value)")
      }
    }
    for (name, steps) in [
      ("pretrainingSteps", pretrainingSteps), ("finetuningSteps", finetuningSteps),
    ] {
      for (method, value) in steps.sorted(by: { $0.key < $1.key }) {
        try check(method, at: "\(place)/\(name)/\(escaped(method))", in: document, against: names)
        guard value >= 1 else {
          throw document.error(
            at: "\(place)/\(name)/\(escaped(method))",
            "expected a positive number of updates, found \(value)")
        }
      }
    }
    try checkRowKeys(without, at: place + "/without", among: rows, in: document)
    for (method, value) in minutes.sorted(by: { $0.key < $1.key }) {
      let place = "\(place)/minutes/\(escaped(method))"
      try check(method, at: place, in: document, against: names)
      guard value > 0 else {
        throw document.error(at: place, "expected a positive estimate, found \(value)")
      }
    }
  }

  private func check(
    _ method: String, at place: String, in document: JSONDocument, against names: KnownNames
  ) throws(JSONError) {
    guard !names.methods.contains(method) else { return }
    throw document.error(
      at: place, "unknown method '\(method)'; \(suggestion(for: method, among: names.methods))")
  }

  /// The most updates of a method in a stage; nil means all.
  func steps(of method: String, in stage: TrainingStage) -> Int? {
    (stage == .finetuning ? finetuningSteps : pretrainingSteps)[method]
  }

  /// A method's options with no more updates than there may be, their rate still that of the full number.
  func options(_ options: JSON, of method: String, in stage: TrainingStage) -> JSON {
    guard let most = steps(of: method, in: stage), case .integer(let steps)? = options["steps"],
      steps > most
    else { return options }
    var changes = [JSON.Member("steps", .integer(Int64(most)))]
    let falls = options["schedule"].map { $0 != .string("constant") } ?? false
    if falls, options["scheduleSteps"] ?? .null == .null {
      changes.append(JSON.Member("scheduleSteps", .integer(steps)))
    }
    return options.overlaid(by: .object(changes))
  }
}

extension Grid {
  /// The grid with the rows that a scale has.
  package func withRows(of scale: Scale) -> Grid {
    guard let absent = scales[scale]?.without, !absent.isEmpty else { return self }
    var grid = self
    grid.rows.removeAll { absent.contains($0.key) }
    return grid
  }

  /// The grid as a budget runs it; a scale without a quick budget stays what it is.
  package func at(_ budget: Budget) -> Grid {
    guard budget == .quick else { return self }
    var grid = self
    for scale in Scale.allCases {
      guard let quick = scales[scale]?.quick else { continue }
      grid.scales[scale]?.begin(quick)
      grid.scales[scale]?.leftOut = quick.without
      guard let seeds = quick.seeds else { continue }
      for index in grid.rows.indices {
        let all = scales[scale]?.seeds[rows[index].key] ?? rows[index].seeds
        grid.scales[scale]?.seeds[rows[index].key] = all.map { Array($0.prefix(seeds)) }
      }
    }
    grid.budget = .quick
    return grid
  }
}

extension GridScale {
  /// Shortens what is scored.
  fileprivate mutating func begin(_ quick: QuickBudget) {
    if let most = quick.testWindows { testWindows = min(testWindows ?? most, most) }
    if let most = quick.testExamples {
      var counts = examples ?? ExampleCounts(mayBeFewer: true)
      counts.test = min(counts.test ?? most, most)
      examples = counts
    }
  }
}
