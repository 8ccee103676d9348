import System
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

  /// What a crash leaves: its words first, then frames, registers, images and how long all that took.
  @Test(arguments: [
    (
      "Methods/GPTQ.swift:12: Fatal error: shapes differ", "Program crashed: Illegal instruction",
      "0 0x00007f8a _assertionFailure(_:_:file:line:flags:) + 225 in libswiftCore.so",
      "Fatal error: shapes differ"
    ),
    (
      "error: a warning before", "Swift runtime failure: Index out of range",
      "0 [inlined] [system] 0x00005557 Swift runtime failure: Index out of range in z at //<compiler>",
      "Swift runtime failure: Index out of range in z"
    ),
    (
      "step 3", "Swift runtime failure: precondition failure", "0 0x00005557 main + 28 in z",
      "Swift runtime failure: precondition failure"
    ),
    (
      "step 3", "Program crashed: Illegal instruction", "0 0x00005557 main + 28 in z",
      "Program crashed: Illegal instruction"
    ),
    ("step 3", "System trace", "0 0x00005557 main + 28 in z at /z.swift:1", "r8 0x0 0"),
  ])
  func aCrashIsToldByItsWords(before: String, headline: String, frame: String, expected: String) {
    let text = """
      \(before)

      *** Signal 4: Backtracing from 0x5557f4ac0b3c... done ***

      *** \(headline) ***

      Thread 0 "z" crashed:

        \(frame)
      ...

      Registers:

      r8 0x0 0

      Backtrace took 0.67s


      """
    #expect(Self.reason(text) == expected)
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
