import Harness
import Testing
import Vocabulary

@Suite("Findings of conformance")
struct ConformanceFindingTests {
  private func status(_ verdicts: ConformanceFinding.Verdict...) -> Int32 {
    ConformanceFinding.exitStatus(of: verdicts.map { ConformanceFinding("s", $0, "w") })
  }

  @Test("The exit status tells whose fault it is; doing nothing is no conformance")
  func statuses() {
    #expect(status(.passed) == 0)
    #expect(status(.passed, .refused, .expected) == 0)
    #expect(status(.passed, .fault) == 1)
    #expect(status(.fault, .ours) == 3)
    #expect(status(.refused, .refused) == 1)
    #expect(status(.expected) == 1)
    #expect(status() == 1)
  }

  @Test("An expected failure is one, and one that doesn't come is the program's fault")
  func expecting() {
    let fault = ConformanceFinding("opt", .fault, "it ended with status 1")
    #expect(fault.expecting(nil) == fault)
    #expect(
      fault.expecting("only LLaMA")
        == ConformanceFinding("opt", .expected, "only LLaMA: it ended with status 1"))
    #expect(
      ConformanceFinding("opt", .passed, "1 s").expecting("only LLaMA")
        == ConformanceFinding(
          "opt", .fault, "its manifest expects a failure ('only LLaMA'), and there was none"))
    let ours = ConformanceFinding("opt", .ours, "no disk")
    #expect(ours.expecting("only LLaMA") == ours)
  }

  @Test("The scenarios of version 1 are frozen, and its text is")
  func frozen() throws {
    #expect(ConformanceScenario.version == 1)
    #expect(
      ConformanceScenario.all.map {
        "\($0.name) \($0.model) \($0.bits) \($0.seed) \($0.twin ?? "-")"
      }
        == [
          "llama-w4a16 tiny-llama W4A16 1 -", "again tiny-llama W4A16 1 llama-w4a16",
          "other-seed tiny-llama W4A16 7 -", "groups tiny-llama W2A16g64 1 -",
          "activations tiny-llama W4A4 1 -", "opt tiny-opt W3A16 1 -",
          "outliers tiny-llama-outliers W8A8 1 -",
        ])
    for scenario in ConformanceScenario.all { _ = try BitsLabel(scenario.bits) }
    let text = ConformanceText.lines(600, seed: 2)
    #expect(text == ConformanceText.lines(600, seed: 2))
    #expect(text.hasPrefix("nought and two are two.\n"))
    #expect(text != ConformanceText.lines(600, seed: 1))
  }
}
