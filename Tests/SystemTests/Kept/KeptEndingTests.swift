import System
import Testing

@Suite("Endings of kept programs")
struct KeptEndingTests {
  static let endings = [
    KeptEnding(exit: .status(0)),
    KeptEnding(
      exit: .signal(9), cause: .memory, seconds: 1.25, processorSeconds: 0.1, peakBytes: 1 << 40,
      leftBehind: ["a b", "sleep"], fences: [.network, .signals]),
    KeptEnding(exit: .status(255), cause: .time, fences: Set(Fence.allCases)),
  ]

  @Test("What a keeper tells is read as it was meant", arguments: endings)
  func text(ending: KeptEnding) { #expect(KeptEnding(text: ending.text) == ending) }

  @Test(
    "Anything that isn't whole is nothing",
    arguments: [
      "", "end\n", "status 0\n", "status 0\nseconds 1", "status x\nend\n",
      "status 0\nfence moat\nend\n",
      "status 0\ncause luck\nend\n", "status 0\nwhat 1\nend\n", "status 0\npeak 1.5\nend\n",
    ])
  func torn(text: String) { #expect(KeptEnding(text: text) == nil) }
}
