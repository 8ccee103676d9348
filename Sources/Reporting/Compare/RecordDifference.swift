package import JSONText
package import Records
internal import Statistics

/// What two records of one cell, A and B, differ in: conditions, scores, windows, curves.
package struct RecordDifference: Encodable, Sendable, Equatable {
  /// The cell's name.
  package let name: String
  /// Whether both ended alike with equal digests, windows, examples and trajectory, to the last bit.
  package let isIdentical: Bool
  /// The first thing that isn't equal, in words; null where everything is.
  package let firstDifference: String?
  /// Members of the cells that differ, and of the machines.
  package let conditions: [ConditionDifference]
  /// Every test score of either.
  package let scores: [ScoreDifference]
  /// Curves that part, with the place.
  package let curves: [CurveDifference]
  /// Figures that the method kept and that differ.
  package let facts: [ValueDifference]
  /// Fallbacks and oddities of A alone.
  package let eventsOfA: [String]
  /// Fallbacks and oddities of B alone.
  package let eventsOfB: [String]

  /// Compares two records; B is the later one, where there is one.
  ///
  /// - Throws: `JSONError` for a cell that can't be written as JSON.
  package init(_ name: String, _ a: RunRecord, _ b: RunRecord) throws {
    self.name = name
    let difference = b.firstDifference(from: a)
    firstDifference = difference
    isIdentical = difference == nil
    conditions =
      try ConditionDifference.all(a.cell, b.cell)
      + ConditionDifference.ofMachines(a.measurement, b.measurement)
    let names = (a.testNames + b.testNames).reduce(into: [Score.Name]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    scores = names.map { ScoreDifference(a.score(named: $0), b.score(named: $0), $0) }
    curves = CurveDifference.all(a, b)
    facts = ValueDifference.all(a.facts, b.facts)
    eventsOfA = a.events.filter { !b.events.contains($0) }
    eventsOfB = b.events.filter { !a.events.contains($0) }
  }
}

/// One condition in which two cells differ.
package struct ConditionDifference: Encodable, Sendable, Equatable {
  /// RFC 6901 pointer into the cell, or the name of a member of the measurement.
  package let member: String
  /// What A has, as JSON; null where it has nothing there.
  package let a: JSON?
  /// What B has.
  package let b: JSON?

  /// Members of two cells that differ, places and folders aside.
  static func all(_ a: Cell, _ b: Cell) throws(JSONError) -> [ConditionDifference] {
    func tree(_ cell: Cell) throws(JSONError) -> JSON {
      let text = try jsonText(of: cell.withoutPlaces, style: .compact)
      return try JSONDocument(text: Array(text.utf8), file: "cell").root
    }
    return differences(try tree(a), try tree(b), at: "")
  }

  /// What of the machines differs that can change bits or times.
  static func ofMachines(_ a: Measurement?, _ b: Measurement?) -> [ConditionDifference] {
    guard let a, let b else { return [] }
    func text(_ name: String, _ path: KeyPath<Measurement, String>) -> ConditionDifference? {
      a[keyPath: path] == b[keyPath: path]
        ? nil
        : ConditionDifference(
          member: name, a: .string(a[keyPath: path]), b: .string(b[keyPath: path]))
    }
    var list = [
      text("blasCore", \.blasCore), text("processor", \.processor),
      text("operatingSystem", \.operatingSystem), text("compiler", \.compiler),
    ].compactMap(\.self)
    if a.threads != b.threads {
      list.append(
        ConditionDifference(
          member: "threads", a: .integer(Int64(a.threads)), b: .integer(Int64(b.threads))))
    }
    if a.commit != b.commit {
      list.append(
        ConditionDifference(
          member: "commit", a: a.commit.map { .string($0) }, b: b.commit.map { .string($0) }))
    }
    return list
  }

  private static func differences(_ a: JSON, _ b: JSON, at pointer: String)
    -> [ConditionDifference]
  {
    switch (a, b) {
    case (.object(let left), .object(let right)):
      let names = left.map(\.name) + right.map(\.name).filter { a[$0] == nil }
      return names.flatMap { name -> [ConditionDifference] in
        let place = "\(pointer)/\(name)"
        guard let x = a[name], let y = b[name] else {
          return [ConditionDifference(member: place, a: a[name], b: b[name])]
        }
        return differences(x, y, at: place)
      }
    case (.array(let left), .array(let right)) where left.count == right.count:
      return zip(left, right).enumerated().flatMap { index, pair in
        differences(pair.0, pair.1, at: "\(pointer)/\(index)")
      }
    default:
      return a == b ? [] : [ConditionDifference(member: pointer, a: a, b: b)]
    }
  }
}

/// One figure that differs.
package struct ValueDifference: Encodable, Sendable, Equatable {
  /// What it is.
  package let name: String
  /// Its unit.
  package let unit: String
  /// What A has; null where it has none.
  package let a: Double?
  /// What B has.
  package let b: Double?

  static func all(_ a: [NamedNumber], _ b: [NamedNumber]) -> [ValueDifference] {
    let names = a + b.filter { fact in !a.contains { $0.name == fact.name } }
    return names.compactMap { fact in
      let (x, y) = (
        a.first { $0.name == fact.name }?.value, b.first { $0.name == fact.name }?.value
      )
      return x?.bitPattern == y?.bitPattern
        ? nil : ValueDifference(name: fact.name, unit: fact.unit, a: x, b: y)
    }
  }
}

extension Score {
  /// What tells a record's scores apart.
  struct Name: Equatable {
    let metric: String
    let task: String?
  }
}

extension RunRecord {
  fileprivate var testNames: [Score.Name] {
    scores.filter { $0.split == "test" }.map { Score.Name(metric: $0.metric, task: $0.task) }
  }

  fileprivate func score(named name: Score.Name) -> Score? {
    scores.first { $0.split == "test" && $0.metric == name.metric && $0.task == name.task }
  }
}
