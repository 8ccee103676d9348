public import JSONText

/// Why a tokenizer can't be built from its files, or can't decode.
public enum TokenizerError: Error, Sendable, Equatable {
  /// A file that can't be read.
  case unreadable(FileReadError)
  /// A `vocab.json` that isn't the JSON expected.
  case json(JSONError)
  /// A file that was read but isn't what it should be.
  case malformed(file: String, place: Place, expected: String, found: String)
  /// An id that no token has, at `position` of the ids to decode.
  case unknownID(Int32, position: Int, vocabularySize: Int)

  /// A place in a tokenizer's file.
  public enum Place: Sendable, Equatable {
    /// Line and column, both from 1; columns count UTF-8 bytes.
    case line(Int, column: Int)
    /// Offset in bytes from the start of the file.
    case byte(Int)
    /// Entry of the token array, from 0.
    case token(Int)
    /// Entry of the merges array, from 0.
    case merge(Int)
    /// The file as a whole.
    case file
  }
}
