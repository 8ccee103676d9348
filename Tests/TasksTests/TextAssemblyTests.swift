import Tasks
import TestSupport
import Testing
import Vocabulary

@Suite struct TextAssemblyTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func assembled(_ texts: [String], _ join: TextJoin) throws -> String {
    let parts = try texts.enumerated().map { number, text in
      TextSpecification.Part(try folder.write(text, to: "\(number).txt"))
    }
    let bytes = try TextSpecification(parts: parts, join: join).assembled()
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(arguments: [
    ([" \n = A = \n \n b c \n"], "\n\n = A = \n\n\n\n\n b c \n"),
    (["a\nb"], "a\n\n\nb\n"),
    (["a\n"], "a\n"),
    (["\n"], ""),
    (["\n\n"], "\n\n"),
    (["a\r\n\t\u{B}\u{C}\r\nb\n"], "a\r\n\n\n\n\nb\n"),
    (["a\n", "b\n"], "a\n\n\nb\n"),
    (["\u{2028}\n"], "\u{2028}\n"),
  ])
  func wikiText(_ texts: [String], _ expected: String) throws {
    #expect(try assembled(texts, .wikitext2) == expected)
  }

  @Test(arguments: [
    (["a\r\nb\rc\n"], "a\nb\rc\n"),
    (["a\r\n", "\r\nb"], "a\n\n\n\nb"),
    (["a\r"], "a\r"),
    (["a\r\r\n"], "a\r\n"),
    (["é", "世"], "é\n\n世"),
  ])
  func plain(_ texts: [String], _ expected: String) throws {
    #expect(try assembled(texts, .plain).utf8.elementsEqual(expected.utf8))
  }

  @Test func jsonLines() throws {
    func text(_ lines: String, from: Int = 0, join: TextJoin = .plain) throws -> String {
      let part = TextSpecification.Part(
        try folder.write(lines, to: "lines.jsonl"), form: .jsonLines, from: from)
      let bytes = try TextSpecification(parts: [part], join: join).assembled()
      return String(decoding: bytes, as: UTF8.self)
    }
    let first = #"{"verse": 1, "text": "In the\u00e9"}"# + "\n"
    let verses = first + #"{"text": "b \"c\"", "x": []}"#
    #expect(try text(verses) == "In theé\nb \"c\"\n")
    #expect(try text(verses + "\n\n", from: first.utf8.count) == "b \"c\"\n")
    let path = folder.path("lines.jsonl")
    for (line, reason) in [
      ("{}", "there is none"), ("[1]", "there is none"), (#"{"text": 3}"#, "there is none"),
      (#"{"text": "a"#, "the text ends inside this string"),
    ] {
      #expect(
        errorText { _ = try text(#"{"text": "a"}"# + "\n" + line) }
          == "\(path): line 2 of the part: error: expected a JSON object with a string 'text': "
          + reason)
    }
  }

  @Test func ranges() throws {
    let path = try folder.write("0123456789", to: "digits")
    func text(_ from: Int, _ to: Int?) throws -> [UInt8] {
      try TextSpecification(parts: [.init(path, from: from, to: to)], join: .plain).assembled()
    }
    #expect(try text(2, 5) == Array("234".utf8))
    #expect(try text(7, nil) == Array("789".utf8))
    let cases: [(Int, Int?, String)] = [
      (3, 3, "\(path): error: expected at least one byte from 3 to 3, found none"),
      (10, nil, "\(path): error: expected at least one byte from 10 to the end, found none"),
      (0, 11, "\(path): error: expected a byte range within 0 to 10, found 0 to 11"),
      (-1, 4, "\(path): error: expected a byte range within 0 to 10, found -1 to 4"),
      (5, 4, "\(path): error: expected a byte range within 0 to 10, found 5 to 4"),
      (11, nil, "\(path): error: expected a byte range within 0 to 10, found 11 to 10"),
      (
        .max, .max,
        "\(path): error: expected a byte range within 0 to 10, found \(Int.max) to \(Int.max)"
      ),
      (
        .min, .max,
        "\(path): error: expected a byte range within 0 to 10, found \(Int.min) to \(Int.max)"
      ),
    ]
    for (from, to, expected) in cases {
      #expect(errorText { _ = try text(from, to) } == expected)
    }
  }

  @Test func partsDoNotCutCharacters() throws {
    // 世 is three bytes, é two, 🎉 four.
    let path = try folder.write("世é🎉a", to: "wide")
    func error(_ from: Int, _ to: Int?) -> String? {
      errorText {
        _ = try TextSpecification(parts: [.init(path, from: from, to: to)], join: .plain)
          .assembled()
      }
    }
    func message(_ offset: Int) -> String {
      "\(path): byte \(offset): error: expected a part to begin and end between characters, "
        + "found the middle of a UTF-8 sequence"
    }
    for offset in [3, 5, 9, 10] {
      #expect(error(0, offset) == nil)
      #expect(offset == 10 || error(offset, nil) == nil)
    }
    for offset in [1, 2, 4, 6, 7, 8] {
      #expect(error(0, offset) == message(offset))
      #expect(error(offset, nil) == message(offset))
    }
  }

  @Test func errors() throws {
    #expect(
      errorText { _ = try TextSpecification(parts: [], join: .plain).assembled() }
        == "expected a text of at least one part, found none")
    let absent = folder.path("absent")
    #expect(
      errorText {
        _ = try TextSpecification(parts: [.init(absent)], join: .wikitext2).assembled()
      } == "\(absent): error: can't open: No such file or directory")
    let empty = try folder.write("", to: "empty")
    #expect(
      errorText { _ = try TextSpecification(parts: [.init(empty)], join: .plain).assembled() }
        == "\(empty): error: expected at least one byte from 0 to the end, found none")
  }
}

/// The error that `body` throws, as text; nil when it throws none.
func errorText(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}
