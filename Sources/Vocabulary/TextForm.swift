/// How the bytes of a part become text where they aren't the text themselves.
public enum TextForm: String, Codable, Sendable, CaseIterable {
  /// JSON objects, one a line; the text is the member `text` of each, with an LF after each.
  ///
  /// How packages carry verses that have a number, a chapter and a book beside their words.
  case jsonLines = "jsonl:text"
}
