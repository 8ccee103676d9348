import Tasks
import Testing

/// Words of answers as SQuAD's evaluation counts them.
@Suite struct AnswerWordsTests {
  @Test(arguments: [
    ("The Eiffel-Tower, in  Paris!", ["eiffeltower", "in", "paris"]),
    ("a an the", []), ("Theatre a\u{A0}b", ["theatre", "b"]), ("la—a—the b", ["la—", "—", "b"]),
    ("A1 the_x $3.50", ["a1", "thex", "350"]), ("Été", ["été"]),
  ])
  func words(text: String, expected: [String]) {
    #expect(AnswerWords.of(text) == expected)
  }

  @Test func overlap() {
    #expect(AnswerWords.f1("in the big house", ["a big red house"]) == 2.0 / 3)
    #expect(AnswerWords.f1("house house", ["house"]) == 2.0 / 3)
    #expect(AnswerWords.f1("tree", ["a house", "The tree."]) == 1)
    #expect(AnswerWords.f1("tree", ["house"]) == 0)
    #expect(AnswerWords.f1("the", ["a"]) == 0)
    #expect(AnswerWords.f1("x", []) == 0)
    #expect(AnswerWords.exactMatch("The Tree!", ["house", "tree"]) == 1)
    #expect(AnswerWords.exactMatch("tree house", ["house tree"]) == 0)
  }

  @Test func edges() { #expect(AnswerWords.trimmed(" \n a b \t") == "a b") }
}
