package import Vocabulary

/// Files, or byte ranges of files, that become one text.
package struct TextSpecification: Sendable, Equatable {
  /// A byte range of a file.
  package struct Part: Sendable, Equatable {
    /// The file.
    package var path: String
    /// How the bytes become text; nil means that they are the text.
    package var form: TextForm?
    /// Offset of the first byte.
    package var from: Int
    /// Offset past the last byte; nil means the end of the file.
    package var to: Int?

    /// A part from its fields.
    package init(_ path: String, form: TextForm? = nil, from: Int = 0, to: Int? = nil) {
      self.path = path
      self.form = form
      self.from = from
      self.to = to
    }
  }

  /// The parts, in order.
  package var parts: [Part]
  /// How the parts become one text.
  package var join: TextJoin

  /// A specification from its parts.
  package init(parts: [Part], join: TextJoin) {
    self.parts = parts
    self.join = join
  }
}
