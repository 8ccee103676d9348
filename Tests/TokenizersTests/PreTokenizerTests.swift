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
}
