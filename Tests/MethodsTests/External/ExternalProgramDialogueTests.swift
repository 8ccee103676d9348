import JSONText
import Methods
import Testing

@Suite("Dialogues with external programs")
struct ExternalProgramDialogueTests {
  private static let hello = #"{"type":"hello","protocol":1,"name":"p","version":"2"}"#
  private static let result = #"{"type":"result","weights":"w"}"#

  private func dialogue(_ activationBits: Int? = nil) throws -> ExternalProgramDialogue {
    let text = """
      { "schema": 1, "name": "p", "version": "2", "summary": "s", "citation": "c",
        "protocol": { "from": 1, "to": 1 } }
      """
    return ExternalProgramDialogue(
      try ExternalProgramManifest(JSONDocument(text: Array(text.utf8), file: "m")),
      activationBits: activationBits)
  }

  @Test("However a text is cut, the same messages come of it")
  func cuts() throws {
    let lines = [
      Self.hello, #"{"type":"progress","done":1,"of":4}"#,
      #"{"type":"fact","name":"a","value":-0.5,"unit":""}"#, #"{"type":"remark","text":"ä"}"#,
      Self.result,
    ]
    let bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
    let expected: [ExternalProgramMessage] = [
      .hello(protocolVersion: 1, name: "p", version: "2"), .progress(done: 1, total: 4),
      .fact(name: "a", value: -0.5, unit: ""), .remark("ä"),
      .result(weights: "w", activationBits: nil),
    ]
    for size in [1, 2, 3, 7, 64, bytes.count] {
      var dialogue = try dialogue()
      var found: [ExternalProgramMessage] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        found += try dialogue.take(bytes[start..<min(start + size, bytes.count)])
      }
      try dialogue.finish()
      #expect(found == expected, "pieces of \(size)")
      #expect(dialogue.last == expected.last)
    }
  }

  @Test(
    "What the protocol doesn't know is refused with its place",
    arguments: [
      (
        #"{"type":"progress","done":5,"of":4}"#,
        "column 27: /done: expected 0 to 'of', found 5 of 4"
      ),
      (
        #"{"type":"fact","name":"a","value":1}"#,
        "column 1: missing required member 'unit'"
      ),
      (
        #"{"type":"remark","text":"\u001b[31m"}"#,
        "column 25: /text: expected 1 to 500 characters without control characters, found 5"
      ),
      (#"{"type":"fact","name":"a","value":1e999,"unit":""}"#, nil),
      (#"["hello"]"#, "column 1: expected an object with a string 'type'"),
      (#"{"type":7}"#, "column 1: expected an object with a string 'type'"),
    ] as [(String, String?)])
  func refused(line: String, reason: String?) throws {
    var dialogue = try dialogue()
    _ = try dialogue.take(Array((Self.hello + "\n").utf8)[...])
    let fault = try #require(throws: ExternalProgramFault.self) {
      try dialogue.take(Array((line + "\n").utf8)[...])
    }
    if let reason { #expect(fault.reason == "line 2 of its output, \(reason)") }
    #expect(fault.reason.hasPrefix("line 2 of its output, column "))
  }

  @Test("Activation bits are the cell's, and 16 where it has none")
  func activations() throws {
    for (bits, said, isRight) in [(4, 4, true), (nil, 16, true), (nil, 8, false), (8, 16, false)]
      as [(Int?, Int, Bool)]
    {
      var dialogue = try dialogue(bits)
      _ = try dialogue.take(Array((Self.hello + "\n").utf8)[...])
      let line = #"{"type":"result","weights":"w","activationBits":\#(said)}"# + "\n"
      let outcome = Result { try dialogue.take(Array(line.utf8)[...]) }
      #expect(((try? outcome.get()) != nil) == isRight)
    }
  }
}
