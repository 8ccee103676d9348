/// Files, or byte ranges of files, that become one text.
package struct TextSpecification: Sendable, Equatable {
  /// A byte range of a file.
  package struct Part: Sendable, Equatable {
    /// The file.
    package var path: String
    /// How the bytes become text.
    package var form: TextForm
    /// Offset of the first byte.
    package var from: Int
    /// Offset past the last byte; nil means the end of the file.
    package var to: Int?

    /// A part from its fields.
    package init(_ path: String, form: TextForm = .bytes, from: Int = 0, to: Int? = nil) {
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

/// How the bytes of a part become text.
package enum TextForm: String, Sendable, CaseIterable {
  /// They are the text.
  case bytes
  /// JSON objects, one a line; the text is the member `text` of each, with an LF after each.
  ///
  /// How packages carry verses that have a number, a chapter and a book beside their words.
  case jsonLines = "jsonl:text"
}

/// How parts are joined and lines treated.
package enum TextJoin: String, Sendable, CaseIterable {
  /// WikiText's rows, as GPTQ, OmniQuant and ZeroQAT join them: split into lines at LF, a line with
  /// something in it keeps its LF, a blank one becomes empty, all are joined by two newlines.
  ///
  /// > Source: Frantar et al. 2022, released code, `datautils.py`: rows of `wikitext-2-raw-v1`.
  case wikitext2
  /// CR LF becomes LF; parts are joined by two newlines.
  case plain
}
