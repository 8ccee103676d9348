package import JSONText
package import Records
internal import Vocabulary

/// What the paper claims of one table: `tables/<table>/claims.json`.
package struct ClaimSheet: Codable, Sendable, Equatable {
  /// The version of this layout.
  package static let currentSchema = 1

  /// Version of this layout.
  package var schema: Int
  /// The claims, in the order in which pages print them.
  package var claims: [Claim]

  /// A sheet from its claims.
  package init(claims: [Claim]) {
    schema = Self.currentSchema
    self.claims = claims
  }

  /// Leaves out the claims that aren't put to a scale, and all other scales of the others.
  package mutating func keepOnly(_ scale: Scale) {
    claims = claims.filter { $0.scales.contains(scale) }
    for index in claims.indices { claims[index].scales = [scale] }
  }

  /// The claims in a parsed file, held to the table's grid.
  ///
  /// - Throws: ``JSONError`` with the place of the first member that is unknown, names no row, column or
  ///   scale of the grid, or doesn't fit the relation.
  package init(document: JSONDocument, grid: Grid) throws(JSONError) {
    self = try document.decode(ClaimSheet.self)
    guard schema == Self.currentSchema else {
      throw document.error(
        at: "/schema", "schema \(schema) isn't supported; this build reads schema 1")
    }
    guard !claims.isEmpty else { throw document.error(at: "/claims", "expected a claim") }
    for (index, claim) in claims.enumerated() {
      let checked = ClaimCheck(
        claim: claim, place: "/claims/\(index)", document: document, grid: grid)
      try checked.checkWords(others: claims[..<index].map(\.id))
      try checked.checkScales()
      try checked.checkCells()
      try checked.checkNumbers()
    }
  }
}

/// One claim and the rules that its types can't express.
private struct ClaimCheck {
  let claim: Claim
  let place: String
  let document: JSONDocument
  let grid: Grid

  private func error(_ member: String, _ reason: String) -> JSONError {
    document.error(at: "\(place)/\(member)", reason)
  }

  func checkWords(others: [String]) throws(JSONError) {
    let letters = Set("abcdefghijklmnopqrstuvwxyz0123456789-")
    guard !claim.id.isEmpty, claim.id.allSatisfy(letters.contains) else {
      throw error(
        "id", "an id has only lowercase letters, digits and hyphens; found '\(claim.id)'")
    }
    if let first = others.firstIndex(of: claim.id) {
      throw error("id", "the id '\(claim.id)' is already taken by claim \(first)")
    }
    for (member, text) in [("says", claim.says), ("where", claim.place), ("note", claim.note)] {
      if text == "" { throw error(member, "expected words, found an empty string") }
    }
  }

  func checkScales() throws(JSONError) {
    if claim.scales.isEmpty {
      throw error("scale", "expected at least one scale, found an empty list")
    }
    let known = Scale.allCases.filter { grid.scales[$0] != nil }.map(\.rawValue)
    for (index, scale) in claim.scales.enumerated() {
      if claim.scales[..<index].contains(scale) {
        throw error("scale/\(index)", "the scale '\(scale.rawValue)' is listed twice")
      }
      if grid.scales[scale] == nil {
        throw error(
          "scale/\(index)",
          "\(grid.table) has no scale '\(scale.rawValue)'; "
            + suggestion(for: scale.rawValue, among: known))
      }
    }
  }

  func checkCells() throws(JSONError) {
    let left = try column(of: claim.left, "left")
    guard claim.relation.needsRight else {
      if claim.right != nil {
        throw error(
          "right", "the relation '\(claim.relation.rawValue)' is of one cell; leave 'right' out")
      }
      return try checkMetric(left)
    }
    guard let other = claim.right else {
      throw document.error(
        at: place, "the relation '\(claim.relation.rawValue)' needs a cell in 'right'")
    }
    let right = try column(of: other, "right")
    guard claim.left != other else {
      throw error("right", "expected another cell than 'left'")
    }
    guard left.metric == right.metric, grid.panels(of: left) == grid.panels(of: right) else {
      throw error(
        "right/column",
        "the columns '\(left.key)' and '\(right.key)' aren't of one metric, model and text, so that their "
          + "cells can't be compared")
    }
    try checkMetric(left)
  }

  private func column(of cell: ClaimCell, _ member: String) throws(JSONError) -> GridColumn {
    guard grid.row(cell.row) != nil else {
      throw error(
        "\(member)/row",
        "unknown row '\(cell.row)'; \(suggestion(for: cell.row, among: grid.rows.map(\.key)))")
    }
    guard let column = grid.column(cell.column) else {
      throw error(
        "\(member)/column",
        "unknown column '\(cell.column)'; "
          + suggestion(for: cell.column, among: grid.columns.map(\.key)))
    }
    return column
  }

  private func checkMetric(_ column: GridColumn) throws(JSONError) {
    let relation = claim.relation
    if relation == .atChance, !column.metric.isOfTasks {
      throw error(
        "relation",
        "'at-chance' is of tasks, the column '\(column.key)' is of \(column.metric.rawValue)")
    }
    guard relation.isTested == !column.metric.isOfProcess else {
      throw error(
        "relation",
        "'\(relation.rawValue)' is of \(relation.isTested ? "scores" : "memory and time"), "
          + "the column '\(column.key)' is of \(column.metric.rawValue)")
    }
  }

  func checkNumbers() throws(JSONError) {
    let relation = claim.relation
    guard claim.margin >= 0, claim.margin.isFinite else {
      throw error("margin", "expected a margin of 0 or more, found \(claim.margin)")
    }
    if relation.isOfEquality, claim.margin == 0 {
      throw document.error(
        at: place,
        "'\(relation.rawValue)' needs a 'margin' above 0: no test shows that nothing differs")
    }
    if !relation.isTested, claim.margin > 0 {
      throw error(
        "margin", "the relation '\(relation.rawValue)' has its margin in 'most'; leave 'margin' out"
      )
    }
    try check(claim.chance, "chance", isOf: relation == .atChance)
    try check(claim.most, "most", isOf: !relation.isTested)
  }

  private func check(_ value: Double?, _ member: String, isOf relation: Bool) throws(JSONError) {
    let name = claim.relation.rawValue
    guard let value else {
      if relation { throw document.error(at: place, "the relation '\(name)' needs '\(member)'") }
      return
    }
    guard relation else {
      throw error(member, "the relation '\(name)' has no '\(member)'; leave it out")
    }
    guard value > 0, value.isFinite else {
      throw error(member, "expected a positive number, found \(value)")
    }
  }
}
