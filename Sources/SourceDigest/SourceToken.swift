/// One word of a source: what a compiler sees of it.
public struct SourceToken: Sendable, Equatable {
  /// What kind of word it is.
  public enum Kind: Sendable {
    /// A name or a keyword.
    case word
    /// A number, as it is written.
    case number
    /// A string literal with its quotes, to the byte.
    case string
    /// Anything else: brackets, commas, operators.
    case mark
    /// The end of a line of C's preprocessor, which no character stands for.
    case endOfDirective
  }

  /// What kind of word it is.
  public var kind: Kind
  /// Its characters.
  public var text: ArraySlice<UInt8>
  /// What white space around it says to the compiler, where that can matter; 0 where it can't.
  ///
  /// Swift tells `a - b` from `a -b` by white space, and C tells `#define f(x)` from `#define f (x)`.
  public var spacing: UInt8
  /// Whether nothing but white space and comments stands before it on its line.
  public var startsLine: Bool
  /// For a string literal: the words of the values inside it.
  public var inner: [SourceToken]

  /// A token from its parts.
  public init(
    _ kind: Kind, _ text: ArraySlice<UInt8>, spacing: UInt8 = 0, startsLine: Bool = false,
    inner: [SourceToken] = []
  ) {
    self.kind = kind
    self.text = text
    self.spacing = spacing
    self.startsLine = startsLine
    self.inner = inner
  }

  /// Its characters as a string.
  public var string: String { String(decoding: text, as: UTF8.self) }

  /// Whether it is `other`, and no string literal.
  func `is`(_ other: StaticString) -> Bool {
    kind != .string && text.count == other.utf8CodeUnitCount
      && other.withUTF8Buffer { text.elementsEqual($0) }
  }
}

/// What a byte can be a part of, in Swift as in C.
enum SourceByte {
  static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) || byte == 0 }

  static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

  /// Whether a name can begin with it: all of UTF-8 beyond ASCII counts.
  static func isLetter(_ byte: UInt8) -> Bool {
    (97...122).contains(byte) || (65...90).contains(byte) || byte == UInt8(ascii: "_")
      || byte == UInt8(ascii: "$") || byte >= 128
  }

  static func isWord(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) }
}
