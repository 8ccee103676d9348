import TestSupport
import Testing
import Tokenizers

/// Every refusal of a byte-level vocabulary, word for word.
@Suite struct ByteLevelErrorTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The message for a vocabulary and merges, with the folder's name taken out.
  private func message(
    _ vocabulary: String, _ merges: String = "", mark: String? = nil
  ) throws -> String? {
    let vocabularyFile = try folder.write(vocabulary, to: "vocab.json")
    let mergesFile = try folder.write(merges, to: "merges.txt")
    let text = errorText {
      _ = try ByteLevelBPE(
        vocabularyFile: vocabularyFile, mergesFile: mergesFile, beginningOfSequence: mark,
        endOfSequence: nil)
    }
    return text.map { withoutFolder($0) }
  }

  private func withoutFolder(_ text: String) -> String {
    text.split(separator: folder.path + "/", omittingEmptySubsequences: false).joined()
  }

  private let vocabulary = #"{"a": 0, "b": 1, "ab": 2, "c": 3}"#

  @Test func accepted() throws {
    #expect(try message(vocabulary, "#version: 0.2\na b\n") == nil)
    #expect(try message(vocabulary, "#version: 0.2\r\na b\r\n") == nil)
  }

  @Test func merges() throws {
    let cases: [(String, String)] = [
      ("a b\na x\n", "merges.txt:2:3: error: expected a token of vocab.json, found 'x'"),
      ("x b\n", "merges.txt:1:1: error: expected a token of vocab.json, found 'x'"),
      (
        "#version\na c",
        "merges.txt:2:1: error: expected a pair that makes a token of vocab.json, found 'ac'"
      ),
      (
        "a b\n\n", "merges.txt:2:1: error: expected two tokens with one space between, found ''"
      ),
      ("ab\n", "merges.txt:1:1: error: expected two tokens with one space between, found 'ab'"),
      (
        "a b c\n",
        "merges.txt:1:1: error: expected two tokens with one space between, found 'a b c'"
      ),
      ("a b\rb\n", #"merges.txt:1:3: error: expected a token of vocab.json, found 'b\x0db'"#),
      (
        "a b\na b\n",
        "merges.txt:2:1: error: expected a pair that isn't listed before, found 'a b', which is merge 0 too"
      ),
    ]
    for (merges, expected) in cases { #expect(try message(vocabulary, merges) == expected) }
  }

  @Test func vocabularies() throws {
    let cases: [(String, String)] = [
      (
        #"{"a": 0, "b": 2}"#,
        "vocab.json:1:15: error: expected an id from 0 to 1, one for each token, found 2\n  = at /b"
      ),
      (
        #"{"a": -1}"#,
        "vocab.json:1:7: error: expected an id from 0 to 0, one for each token, found -1\n  = at /a"
      ),
      (
        #"{"a/~": 0, "b": 0}"#,
        "vocab.json:1:17: error: expected an id that no other token has, found 0, which 'a/~' has too\n  = at /b"
      ),
      (#"{"a/~": "0"}"#, "vocab.json:1:9: error: expected an integer id\n  = at /a~1~0"),
      (#"["a"]"#, "vocab.json:1:1: error: expected an object from token to id"),
      ("{}", "vocab.json: error: expected at least one token, found none"),
      (#"{"": 0}"#, "vocab.json: token 0: error: expected a token's text, found an empty string"),
    ]
    for (vocabulary, expected) in cases {
      let found = try #require(try message(vocabulary))
      // The JSON reader adds the line with a caret below it.
      #expect(found == expected || found.hasPrefix(expected + "\n1 | "), "\(found)")
    }
    // What the JSON reader refuses keeps its place.
    let broken = try #require(try message(#"{"a": 0, "a": 1}"#))
    #expect(broken.hasPrefix("vocab.json:1:10: error: "), "\(broken)")
    #expect(try #require(try message(#"{"a": 0"#)).hasPrefix("vocab.json:1:"))
  }

  @Test func marks() throws {
    #expect(
      try message(vocabulary, mark: "</s>")
        == "vocab.json: error: expected a token '</s>', found none")
  }

  @Test func unreadableFiles() throws {
    let vocabularyFile = try folder.write(vocabulary, to: "vocab.json")
    let text = errorText {
      _ = try ByteLevelBPE(
        vocabularyFile: vocabularyFile, mergesFile: folder.path("absent.txt"))
    }
    #expect(text == "\(folder.path)/absent.txt: error: can't open: No such file or directory")
    let other = errorText {
      _ = try ByteLevelBPE(vocabularyFile: vocabularyFile, mergesFile: folder.path)
    }
    #expect(other == "\(folder.path): error: expected a regular file, found another kind")
  }

  @Test func arrays() throws {
    func message(
      _ tokens: [String], _ merges: [String] = [], _ types: [Int]? = nil, end: Int32? = nil
    ) -> String? {
      errorText {
        _ = try ByteLevelBPE(
          tokens: tokens, merges: merges, types: types, preTokenizer: .smollm, endOfSequence: end,
          file: "m.gguf")
      }
    }
    #expect(message(["a", "b"], [], [1, 1]) == nil)
    #expect(message([]) == "m.gguf: error: expected at least one token, found none")
    #expect(
      message(["a", ""]) == "m.gguf: token 1: error: expected a token's text, found an empty string"
    )
    #expect(
      message(["a", "b", "a"])
        == "m.gguf: token 2: error: expected a text that no other token has, found 'a', which is token 0 too"
    )
    #expect(
      message(["a"], [], [1, 1])
        == "m.gguf: error: expected one type for each of 1 tokens, found 2 types")
    #expect(
      message(["a"], [], [9]) == "m.gguf: token 0: error: expected a type from 1 to 6, found 9")
    #expect(
      message(["a", "b", "ab"], ["a b", "a c"])
        == "m.gguf: merge 1: error: expected a token of m.gguf, found 'c'")
    #expect(message(["a", "<x>", "[MASK]"], [], [1, 4, 4]) == nil)
    #expect(message(["a", "  "], [], [1, 4]) == nil)
    for end: Int32 in [-1, 1, .max] {
      #expect(
        message(["a"], end: end)
          == "m.gguf: error: expected ids of the sequence marks from 0 to 0, found \(end)")
    }
  }

  /// One byte changed at random: an error or another tokenizer, never a crash.
  @Test func randomFlips() throws {
    var generator = SplitMix64(seed: 11)
    let small = SmallVocabulary([("h", "e"), (" ", "t"), (" t", "he")])
    let vocabulary = Array(small.json.utf8)
    let merges = Array(small.merges.joined(separator: "\n").utf8)
    var refused = 0
    for round in 0..<300 {
      var changed = round % 2 == 0 ? vocabulary : merges
      let place = Int.random(in: 0..<changed.count, using: &generator)
      if round % 5 == 0 {
        changed.removeSubrange(place...)
      } else {
        changed[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      }
      let vocabularyFile = try folder.write(round % 2 == 0 ? changed : vocabulary, to: "v.json")
      let mergesFile = try folder.write(round % 2 == 0 ? merges : changed, to: "m.txt")
      do {
        let tokenizer = try ByteLevelBPE(vocabularyFile: vocabularyFile, mergesFile: mergesFile)
        let encoding = tokenizer.encode("hello the 12 世界")
        _ = try tokenizer.decode(encoding.ids)
      } catch {
        refused += 1
        #expect(!"\(error)".isEmpty)
      }
    }
    #expect(refused > 100)
  }
}
