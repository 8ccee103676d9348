import Harness
import Testing

@Suite struct OutputTailTests {
  static func reason(_ text: String) -> String? {
    var tail = OutputTail()
    tail.append(Array(text.utf8)[...])
    return tail.reason
  }

  @Test(
    arguments: [
      ("", nil), ("\n \n", nil), ("one\ntwo\n", "two"), ("one\ntwo\n\n", "two"),
      ("error: bad\nbye\n", "error: bad"), ("error: one\nerror: two\n", "error: two"),
      (
        "Fatal error: Index out of range\n\nThread 0 crashed:\n0 main\n",
        "Fatal error: Index out of range"
      ),
      ("10 %\r50 %\r", "50 %"), ("\u{1b}[31mred\u{1b}[0m\n", "red"),
      ("   \u{7}indented", "indented"),
    ] as [(String, String?)])
  func findsTheTellingLine(output: String, expected: String?) {
    #expect(Self.reason(output) == expected)
  }

  @Test func forgetsTheBeginningOnly() {
    var tail = OutputTail()
    tail.append(Array("error: forgotten\n".utf8)[...])
    for _ in 0..<10 { tail.append(Array(repeating: UInt8(ascii: "x"), count: 10_000)[...]) }
    tail.append(Array("\nlast".utf8)[...])
    #expect(tail.reason == "last")
    #expect(Self.reason(String(repeating: "y", count: 1000))?.count == 300)
  }
}
