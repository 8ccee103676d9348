/// Running text before it is Markdown or HTML: words of this program, texts from files, and what stands out of them.
///
/// Written as a string literal. What is interpolated is a text from elsewhere and never taken for markup; emphasis has a
/// name: `"it is \(strong: "better") than \(row.label)"`.
package struct Phrase: Sendable, Equatable {
  /// A stretch of text of one kind.
  package indirect enum Piece: Sendable, Equatable {
    /// Words of this program, in which nothing is markup.
    case words(String)
    /// A text from a file, or a number.
    case value(String)
    /// What stands out most.
    case strong(Phrase)
    /// What is stressed, or a sentence's subject.
    case emphasis(Phrase)
    /// A name that a program reads.
    case code(String)
    /// What leads somewhere else.
    case link(Phrase, to: PageLink)
    /// The end of a line inside of a cell.
    case lineBreak
    /// Numbers of notes below.
    case marks([Int])
  }

  /// The pieces, in order.
  package private(set) var pieces: [Piece]

  /// A phrase from its pieces.
  package init(_ pieces: [Piece] = []) { self.pieces = pieces }

  /// A text from elsewhere.
  package init(_ value: String) { pieces = value.isEmpty ? [] : [.value(value)] }

  /// Whether there is nothing to read.
  package var isEmpty: Bool { pieces.isEmpty }

  /// One phrase behind the other.
  package static func + (a: Phrase, b: Phrase) -> Phrase { Phrase(a.pieces + b.pieces) }

  /// Goes on with another phrase.
  package static func += (a: inout Phrase, b: Phrase) { a.pieces += b.pieces }

  /// The words without anything that stands out, and without marks of notes.
  package var plain: String {
    pieces.map { piece in
      switch piece {
      case .words(let text), .value(let text), .code(let text): text
      case .strong(let phrase), .emphasis(let phrase), .link(let phrase, _): phrase.plain
      case .lineBreak: " "
      case .marks: ""
      }
    }.joined()
  }
}

/// Where a link leads.
package enum PageLink: Sendable, Equatable {
  /// A heading of the same page.
  case heading(String)
  /// A table at one scale, at a heading of it; `path` is that of its Markdown page.
  case table(String, scale: String, heading: String? = nil, path: String)
  /// A table of words, by its name; pages of a report alone have it.
  case words(String)
  /// The page of all claims.
  case claims(path: String)
  /// The page of a record; pages of a report alone have it.
  case record(RecordName)
  /// A report's first page.
  case front
  /// A committed file, which only a page in the repository can lead to.
  case file(path: String)
  /// A page on the web.
  case web(String)
}

extension Phrase: ExpressibleByStringInterpolation {
  /// Words of this program.
  package init(stringLiteral words: String) { pieces = words.isEmpty ? [] : [.words(words)] }

  /// Words of this program with others in them.
  package init(stringInterpolation: Interpolation) { pieces = stringInterpolation.pieces }

  /// Collects a literal's pieces.
  package struct Interpolation: StringInterpolationProtocol {
    fileprivate var pieces: [Piece] = []

    /// No piece yet.
    package init(literalCapacity: Int, interpolationCount: Int) {}

    /// Words of this program.
    package mutating func appendLiteral(_ words: String) {
      if !words.isEmpty { pieces.append(.words(words)) }
    }

    /// A text from elsewhere, or anything that describes itself.
    package mutating func appendInterpolation<Value: CustomStringConvertible>(_ value: Value) {
      let text = value.description
      if !text.isEmpty { pieces.append(.value(text)) }
    }

    /// A phrase as it is.
    package mutating func appendInterpolation(_ phrase: Phrase) { pieces += phrase.pieces }

    /// What stands out most.
    package mutating func appendInterpolation(strong phrase: Phrase) {
      pieces.append(.strong(phrase))
    }

    /// What is stressed.
    package mutating func appendInterpolation(emphasis phrase: Phrase) {
      pieces.append(.emphasis(phrase))
    }

    /// A name that a program reads.
    package mutating func appendInterpolation(code text: String) { pieces.append(.code(text)) }

    /// What leads somewhere else.
    package mutating func appendInterpolation(link phrase: Phrase, to link: PageLink) {
      pieces.append(.link(phrase, to: link))
    }
  }

  /// The end of a line inside of a cell.
  package static let lineBreak = Phrase([.lineBreak])
}

extension Sequence where Element == Phrase {
  /// All of them with `separator` between each two.
  package func joined(separator: Phrase) -> Phrase {
    var whole = Phrase()
    for (index, phrase) in enumerated() { whole += index == 0 ? phrase : separator + phrase }
    return whole
  }
}
