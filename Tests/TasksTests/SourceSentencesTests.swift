import Tasks
import TestSupport
import Testing
import Vocabulary

/// Sentences of two sources: what is one, what is left out, and how many of each are asked about.
@Suite struct SourceSentencesTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func part(_ text: String, _ answer: Int, _ name: String) throws -> SourceSentences.Part {
    try SourceSentences.Part(.init(folder.write(text, to: name)), answer: answer)
  }

  @Test(
    "A sentence ends at its mark, and never goes over a blank line",
    arguments: [
      ("One two three four five six.\n", ["One two three four five six."]),
      (
        "One two\r\n\tthree  four five six! And one two three four five?",
        [
          "One two three four five six!", "And one two three four five?",
        ]
      ),
      (
        "One two three\n \nfour five six. One two three four five six.",
        [
          "One two three four five six."
        ]
      ),
      // Five words, and twenty-one.
      ("One two three four five. " + "A" + String(repeating: " b", count: 20) + ".", []),
      (
        "A" + String(repeating: " b", count: 19) + ".",
        ["A" + String(repeating: " b", count: 19) + "."]
      ),
      // What gives a book's print away: speakers, verses, stage directions, a beginning that is none.
      ("HAMLET. To be or not to be that is it.", ["To be or not to be that is it."]),
      ("And the LORD said to me a word.", []),
      ("O I see three or four of them.", ["O I see three or four of them."]),
      ("He had 4 of them in his house.", []),
      ("He [Exit] had none of them in his house.", []),
      ("and so he went to the house.", []),
      ("Never ended, this one that goes on and on", []),
    ])
  func sentences(text: String, expected: [String]) {
    #expect(SourceSentences.sentences(of: Array(text.utf8)) == expected)
  }

  @Test("As many of each source as the smaller has, each once, none that both have")
  func balance() throws {
    let shared = "We both have this sentence in us."
    let examples = try SourceSentences.examples(of: [
      part("\(shared) The first one has this one too. The first one has this one too.", 0, "a"),
      part("The first one has another one too.", 0, "b"),
      part("\(shared) A b c d e f. G b c d e f. H b c d e f.", 1, "c"),
    ])
    #expect(examples.map(\.answer) == [0, 1, 0, 1])
    let sentences = examples.map { String($0.options[0].context.dropLast(" It was".count)) }
    #expect(Set(sentences).count == 4 && !sentences.contains(shared))
    #expect(
      Set([sentences[0], sentences[2]]) == [
        "The first one has this one too.", "The first one has another one too.",
      ])
    #expect(sentences[1].hasSuffix(" b c d e f.") && sentences[3].hasSuffix(" b c d e f."))
    #expect(examples[0].options.map(\.continuation) == [" terrible", " great"])
  }

  @Test("Lines of JSON are read as the text is, and only from where the part begins")
  func forms() throws {
    let lines = #"{"text": "Not this one of the two here."}"# + "\n"
    let path = try folder.write(
      lines + #"{"text": "This one goes over"}"# + "\n" + #"{"text": "the end of its line."}"#
        + "\n",
      to: "verses")
    let examples = try SourceSentences.examples(of: [
      .init(.init(path, form: .jsonLines, from: lines.utf8.count), answer: 0),
      part("This one is of the other book.", 1, "play"),
    ])
    #expect(
      examples[0].options[0].context == "This one goes over the end of its line. It was")
  }

  @Test("A third source, and one without a sentence, are errors that name the file")
  func refusals() throws {
    let play = try part("This one is of the other book.", 1, "play")
    #expect(throws: TaskError.unknownSource(file: play.text.path, answer: 2, count: 2)) {
      try SourceSentences.examples(of: [play, .init(play.text, answer: 2)])
    }
    let empty = try part("None here", 0, "empty")
    let error = TaskError.noSentences(source: 0, files: [empty.text.path])
    #expect(throws: error) { try SourceSentences.examples(of: [play, empty]) }
    #expect(
      "\(error)"
        == "expected a sentence of 6 to 20 words of source 0, found none in \(empty.text.path)")
    #expect(
      "\(TaskError.unknownSource(file: "play", answer: 2, count: 2))"
        == "play: error: expected an answer from 0 to 1 for the part of this file, found 2")
  }
}
