import JSONText
import Testing

/// A vocabulary of 50,000 words is read in a moment; anything quadratic would take minutes.
struct SpeedTests {
  @Test func largeVocabulary() throws {
    let words = (0..<50_000).map { "\u{120}word\($0)" }
    let text =
      "{" + words.enumerated().map { #""\#($1)": \#($0)"# }.joined(separator: ", ") + "}"
    var decoded: [String: Int] = [:]
    let elapsed = try ContinuousClock().measure {
      decoded = try JSONDocument(text: Array(text.utf8), file: "vocab.json").decode(
        [String: Int].self)
    }
    #expect(decoded.count == 50_000)
    #expect(decoded["\u{120}word49999"] == 49_999)
    // 0.15 s in release and about 1 s in debug builds on an idle machine.
    #expect(elapsed < .seconds(15))
  }
}
