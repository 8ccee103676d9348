/// Whether one beginning-of-sequence token opens a stream.
public enum BeginningOfSequencePolicy: String, Codable, Sendable, CaseIterable {
  /// The stream is the text's tokens.
  case none
  /// One token in front of the first; windows after the first don't begin with one.
  case once
}
