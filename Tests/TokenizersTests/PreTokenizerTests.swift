import TestSupport
import Testing
import Tokenizers

@Suite struct PreTokenizerTests {
  @Test(arguments: [
    ("Hello world, 1234 tokens!", ["Hello", " world", ",", " 1234", " tokens", "!"]),
    ("", []),
    ("a", ["a"]),
    ("  a", [" ", " a"]),
    ("   a", ["  ", " a"]),
    ("a  ", ["a", "  "]),
    ("a\n\nb", ["a", "\n", "\n", "b"]),
    ("a\n b", ["a", "\n", " b"]),
    ("\n\n\n", ["\n\n\n"]),
    (" \n", [" \n"]),
    ("\ta", ["\t", "a"]),
    (" \ta", [" ", "\t", "a"]),
    ("a\u{A0}b", ["a", "\u{A0}", "b"]),
    ("a \u{3000}b", ["a", " ", "\u{3000}", "b"]),
    ("I'm don't we'll", ["I", "'m", " don", "'t", " we", "'ll"]),
    ("they've 'RE you're'd", ["they", "'ve", " '", "RE", " you", "'re", "'d"]),
    ("'l 'lx", ["'", "l", " '", "lx"]),
    ("'s's", ["'s", "'s"]),
    ("!'s", ["!'", "s"]),
    ("x²½Ⅷ", ["x", "²½Ⅷ"]),
    ("naïve 世界", ["naïve", " 世界"]),
    ("e\u{301}a", ["e", "\u{301}", "a"]),
    ("12  34", ["12", " ", " 34"]),
  ])
  func gpt2(_ text: String, _ expected: [String]) {
    #expect(pieces(text, .gpt2) == expected)
  }

  @Test(arguments: [
    ("tokens 1234!", ["tokens", " ", "1", "2", "3", "4", "!"]),
    ("a  1", ["a", "  ", "1"]),
    ("a  b", ["a", " ", " b"]),
    ("x²½", ["x", "²", "½"]),
    ("1'2", ["1", "'", "2"]),
    ("1's", ["1", "'s"]),
    ("\n\n1", ["\n\n", "1"]),
  ])
  func smollm(_ text: String, _ expected: [String]) {
    #expect(pieces(text, .smollm) == expected)
  }

  /// Ranges follow one another without gaps, whatever the bytes.
  @Test(arguments: PreTokenizer.allCases) func coversAnyBytes(_ rule: PreTokenizer) {
    var generator = SplitMix64(seed: 7)
    let interesting: [UInt8] = [
      0x20, 0x0A, 0x27, 0x73, 0x31, 0x41, 0xC2, 0xA0, 0xE3, 0x80, 0xF4, 0xFF,
    ]
    for _ in 0..<500 {
      let count = Int.random(in: 0..<24, using: &generator)
      let bytes = (0..<count).map { _ in
        interesting.randomElement(using: &generator) ?? 0
      }
      var end = 0
      for range in PreTokens(bytes, rule) {
        #expect(range.lowerBound == end && !range.isEmpty)
        end = range.upperBound
      }
      #expect(end == count)
    }
  }

  @Test func illFormedBytesAreNeitherLettersNorSpaces() {
    // A lone lead byte, a surrogate, an overlong slash: each byte joins its kind.
    let bytes: [UInt8] = [0x61, 0xC3, 0x20, 0xED, 0xA0, 0x80, 0x20, 0xC0, 0xAF, 0x62]
    #expect(PreTokens(bytes, .gpt2).map { $0 } == [0..<1, 1..<2, 2..<6, 6..<9, 9..<10])
  }

  @Test(arguments: [
    (
      "Hello world, 1234 tokens!",
      ["Hello", " world", ",", " ", "1", "2", "3", "4", " tokens", "!"]
    ),
    ("a(b:\nc 12", ["a", "(b", ":\n", "c", " ", "1", "2"]),
    (
      "'RE 'Real we'LL it'\u{17F} 'l",
      ["'RE", " '", "Real", " we", "'LL", " it", "'\u{17F}", " '", "l"]
    ),
    ("a  b\t\tc", ["a", " ", " b", "\t", "\tc"]),
    ("x \n \n  y", ["x", " \n \n", " ", " y"]),
    ("\r\n\r\nz\n a", ["\r\n\r\n", "z", "\n", " a"]),
    ("(((a)))\n\n!", ["(((", "a", ")))\n\n", "!"]),
    (" ( \"q\"\n", [" (", " \"", "q", "\"\n"]),
    ("12345 6 78", ["1", "2", "3", "4", "5", " ", "6", " ", "7", "8"]),
    ("e\u{301}a \u{3000}b\u{A0}c", ["e", "\u{301}a", " ", "\u{3000}b", "\u{A0}c"]),
    (
      "\u{B2}\u{BD}\u{2167} \u{4E00}\u{4E8C}",
      ["\u{B2}", "\u{BD}", "\u{2167}", " \u{4E00}\u{4E8C}"]
    ),
    ("  ", ["  "]),
    (" \n", [" \n"]),
    ("\u{2026}\r\nno", ["\u{2026}\r\n", "no"]),
  ])
  func qwen2(_ text: String, _ expected: [String]) {
    #expect(pieces(text, .qwen2) == expected)
  }

  @Test(arguments: [
    ("Hello world, 1234 tokens!", ["Hello", " world", ",", " ", "123", "4", " tokens", "!"]),
    ("a(b:\nc 12", ["a", "(b", ":\n", "c", " ", "12"]),
    (
      "'RE 'Real we'LL it'\u{17F} 'l",
      ["'RE", " '", "Real", " we", "'LL", " it", "'\u{17F}", " '", "l"]
    ),
    ("a  b\t\tc", ["a", " ", " b", "\t", "\tc"]),
    ("x \n \n  y", ["x", " \n \n", " ", " y"]),
    ("\r\n\r\nz\n a", ["\r\n\r\n", "z", "\n", " a"]),
    ("(((a)))\n\n!", ["(((", "a", ")))\n\n", "!"]),
    (" ( \"q\"\n", [" (", " \"", "q", "\"\n"]),
    ("12345 6 78", ["123", "45", " ", "6", " ", "78"]),
    ("e\u{301}a \u{3000}b\u{A0}c", ["e", "\u{301}a", " ", "\u{3000}b", "\u{A0}c"]),
    ("\u{B2}\u{BD}\u{2167} \u{4E00}\u{4E8C}", ["\u{B2}\u{BD}\u{2167}", " \u{4E00}\u{4E8C}"]),
    ("  ", ["  "]),
    (" \n", [" \n"]),
    ("\u{2026}\r\nno", ["\u{2026}\r\n", "no"]),
  ])
  func llama3(_ text: String, _ expected: [String]) {
    #expect(pieces(text, .llama3) == expected)
  }

  /// 60,000 scalars that meet in every way; numbers from `Reference/tokenizer_cuts.py`.
  private static let random: [UInt8] = {
    let alphabet = Array(
      ("abEsStTdDmMlLrReEvV''' \t\n\r   .,!(0123456789\u{B2}\u{BD}\u{E9}\u{17F}\u{301}\u{A0}"
        + "\u{3000}\u{4E16}\u{416}\u{436}").unicodeScalars)
    var generator = SplitMix64(seed: 5)
    var text = String.UnicodeScalarView()
    for _ in 0..<60_000 {
      text.append(alphabet[Int(generator.next() % UInt64(alphabet.count))])
    }
    return Array(String(text).utf8)
  }()

  private static func digest(_ values: some Sequence<UInt64>) -> UInt64 {
    values.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ $1) &* 0x100_0000_01B3 }
  }

  @Test(
    "A long random text, as the tokenizers package cuts it",
    arguments: [
      (PreTokenizer.qwen2, 38_187, 0x32EE_3EA7_B3FD_5BB8),
      (.llama3, 35_233, 0x371E_1DDC_37A4_2610),
    ] as [(PreTokenizer, Int, UInt64)])
  func longText(rule: PreTokenizer, count: Int, digest: UInt64) {
    let lengths = PreTokens(Self.random, rule).map { UInt64($0.count) }
    #expect(lengths.count == count)
    #expect(Self.digest(lengths) == digest)
  }

  @Test("Normalization form C, as Python composes it")
  func composes() throws {
    let small = try SmallVocabulary().tokenizer(.qwen2)
    #expect(small.composes)
    let text = try small.decode(small.encode(Self.random).ids)
    #expect(Self.digest(text.map { UInt64($0) }) == 0x7531_EDFE_9EE8_6F0E)
    // What isn't UTF-8 stays, and ends what is composed.
    let broken: [UInt8] = [0x65, 0xFF, 0xCC, 0x81, 0x65, 0xCC, 0x81]
    #expect(
      try small.decode(small.encode(broken).ids) == [0x65, 0xFF, 0xCC, 0x81, 0xC3, 0xA9])
  }
}
