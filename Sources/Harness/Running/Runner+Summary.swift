internal import Records

extension Runner.Summary {
  /// What is known before anything runs: cells with a record, and those that full precision holds back.
  init(before plan: Plan) {
    self.init()
    already = plan.entries.count { if case .done = $0.state { true } else { false } }
    for case .blocked(let reason) in plan.entries.map(\.state) { blocked.append(reason) }
    let missed = plan.missedAnchors
    missedAnchor = plan.entries.lazy.compactMap { missed[$0.point.panel] }.first
  }

  /// Counts a cell that ran.
  mutating func count(_ record: RunRecord) {
    switch record.status {
    case .finished: finished += 1
    case .diverged: diverged += 1
    case .failed: failed += 1
    case .tooLarge: tooLarge += 1
    }
  }
}

extension Plan {
  /// Throws unless every file is there that a cell needs, with the bytes that its manifest says.
  ///
  /// - Throws: ``HarnessError/missingFiles(_:table:scale:)``, or what is wrong with a file.
  func requireFiles() throws(HarnessError) {
    if let corruption = resolver.corruption { throw corruption }
    guard resolver.missing.isEmpty else {
      throw .missingFiles(resolver.missing, table: grid.table, scale: scale.rawValue)
    }
  }
}
