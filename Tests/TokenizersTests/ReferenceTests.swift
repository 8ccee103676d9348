import Checkpoints
import Digests
import JSONText
import TestSupport
import Testing
import Tokenizers

/// Ids against those of the tokenizers and sentencepiece packages, exactly.
@Suite struct ReferenceTests {
  @Test(.needsTestData("tokenizers/opt/vocab.json", "tokenizers/opt/merges.txt"))
  func opt() throws {
    try compareMixedText(try Real.opt(), "opt")
  }

  @Test(.needsTestData("tokenizers/llama/tokenizer.model"))
  func llama() throws {
    try compareMixedText(try Real.llama(), "llama")
  }

  @Test(.needsSmolLM2)
  func smolLM2() throws {
    let tokenizer = try Real.smolLM2()
    #expect(
      tokenizer.encode("Hello world, 1234 tokens!").ids
        == [19556, 905, 28, 216, 33, 34, 35, 36, 17837, 17])
    try compareMixedText(tokenizer, "smollm2")
  }

  /// 5,000 lines one by one, the whole file as one text, and text that looks like special tokens.
  private func compareMixedText(_ tokenizer: any Tokenizer, _ name: String) throws {
    let vectors = try Vectors.safetensors("tokenizers/mixed")
    let expected = try vectors.readIntegers("\(name).ids")
    let ends = try vectors.readIntegers("\(name).ends")
    let text = try TemporaryFolder.bytes(of: Vectors.path("tokenizers/mixed.txt"))
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .dropLast()
    #expect(lines.count == 5000 && ends.count == 5000)
    var wrong: [Int] = []
    var notIdentical: [Int] = []
    var start = 0
    for (number, (line, end)) in zip(lines, ends).enumerated() {
      let encoding = tokenizer.encode(Array(line))
      if encoding.ids != Array(expected[start..<Int(end)]) { wrong.append(number) }
      start = Int(end)
      #expect(encoding.replacedBytes == 0)
      let isSpelled = encoding.droppedBytes == 0
      if isSpelled, try tokenizer.decode(encoding.ids) != Array(line) {
        notIdentical.append(number)
      }
    }
    #expect(wrong.isEmpty, "lines from 0 with other ids: \(wrong.prefix(20))")
    #expect(notIdentical.isEmpty, "lines from 0 that don't come back: \(notIdentical.prefix(20))")

    let whole = tokenizer.encode(text).ids
    #expect(Array(whole.prefix(256)) == (try vectors.readIntegers("\(name).whole_head")))
    #expect(Array(whole.suffix(256)) == (try vectors.readIntegers("\(name).whole_tail")))
    let values = try manifestValues()
    #expect(values[name]?["whole_count"] == .integer(Int64(whole.count)))
    #expect(values[name]?["whole_digest"] == .string(digest(whole)))
    try compareExamples(tokenizer, name, values)
  }

  private func compareExamples(
    _ tokenizer: any Tokenizer, _ name: String, _ values: JSON
  ) throws {
    var examples: [(JSON, JSON?)] = []
    if case .array(let special) = values["special_looking_as_plain_text"] {
      examples += special.map { ($0, $0[name]) }
    }
    #expect(examples.count >= 8)
    if name == "smollm2", case .array(let missing) = values["smollm2_missing_byte_examples"] {
      examples += missing.map { ($0, $0["ids"]) }
    }
    for (example, ids) in examples {
      guard case .string(let text) = example["text"], case .array(let ids) = ids else {
        Issue.record("an example without text or ids: \(example)")
        continue
      }
      #expect(tokenizer.encode(text).ids.map { JSON.integer(Int64($0)) } == ids, "\(text)")
    }
  }

  /// SmolLM2's vocabulary has no token for these bytes: as the package, we drop them; we say how many.
  @Test(.needsSmolLM2)
  func smolLM2LacksBytes() throws {
    let tokenizer = try Real.smolLM2()
    let values = try manifestValues()
    #expect(
      values["smollm2_missing_bytes"]
        == .array(tokenizer.missingBytes.map { .integer(Int64($0)) }))
    let encoding = tokenizer.encode("hel\u{6}lo wor\u{13}ld")
    #expect(encoding == Encoding(ids: [2797, 5365, 458, 400], droppedBytes: 2))
    #expect(try tokenizer.decode(encoding.ids) == Array("hello world".utf8))
    #expect(tokenizer.beginningOfSequence == 1)
    #expect(tokenizer.endOfSequence == 2)
    #expect(tokenizer.vocabularySize == 49152)
  }

  private func manifestValues() throws -> JSON {
    try #require(try Vectors.manifest("tokenizers/mixed")?["values"])
  }

  private func digest(_ ids: [Int32]) -> String {
    Real.digest(ids)
  }
}
