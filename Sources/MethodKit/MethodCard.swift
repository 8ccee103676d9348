/// What a method is, for tables and lists.
package struct MethodCard: Sendable, Equatable {
  /// Which cost and which access to weights a method has.
  package enum Category: String, Sendable {
    /// Nothing is quantised.
    case fullPrecision = "full precision"
    /// Post-training quantisation.
    case postTraining = "PTQ"
    /// Quantisation-aware training by forward passes only.
    case zerothOrder = "ZO-QAT"
    /// Quantisation-aware training by backpropagation.
    case firstOrder = "FO-QAT"
    /// For studying methods or testing the harness; never a row of a table.
    case diagnostic = "diagnostic"
  }

  /// Name in grids: lowercase words joined by hyphens.
  package let name: String
  /// One line, without a period.
  package let summary: String
  /// Its family.
  package let category: Category
  /// Author, year and arXiv id, or what else it is known by.
  package let citation: String

  /// A card from its parts.
  package init(name: String, summary: String, category: Category, citation: String) {
    self.name = name
    self.summary = summary
    self.category = category
    self.citation = citation
  }
}
