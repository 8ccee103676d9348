import MethodKit
import Methods
import Optimizers
import TestSupport
import Testing

@Suite("Rates of zeroth order that fall")
struct ScheduleTests {
  @Test("A shorter run of a falling rate is the beginning of the longer one")
  func prefix() throws {
    func probes(_ steps: Int, _ others: String) throws -> [Probe] {
      let rehearsal = try Rehearsal(model: Vectors.path("model/llama_gqa_untied"))
      _ = try rehearsal(
        make(
          ZeroQAT.self,
          """
          {"steps": \(steps), "learningRate": 1e-3, "epsilon": 1e-3, "checkpointEvery": 2\(others)}
          """, spec(4, 4, group: 4)))
      return try #require(rehearsal.summary).probes
    }
    let whole = try probes(6, #", "schedule": "linear""#)
    #expect(try probes(3, #", "schedule": "linear", "scheduleSteps": 6"#) == Array(whole[..<3]))
    let (constant, sooner) = (try probes(6, ""), try probes(3, #", "schedule": "linear""#))
    // The first step's rate is the highest, whatever comes after it.
    #expect(constant[..<2] == whole[..<2] && sooner[..<2] == whole[..<2])
    #expect(constant[2] != whole[2] && sooner[2] != whole[2] && sooner[2] != constant[2])
  }

  @Test(
    "A schedule that contradicts the run is refused by name",
    arguments: [
      (
        #""scheduleSteps": 9"#,
        "option 'scheduleSteps': expected none while 'schedule' is 'constant', found 9"
      ),
      (
        #""schedule": "cosine", "scheduleSteps": 3"#,
        "option 'scheduleSteps': expected at least 4, the updates, found 3"
      ),
      (
        #""schedule": "linear", "learn": "weights+quantizer""#,
        "option 'schedule': expected 'constant' with 'learn' at 'weights+quantizer', found 'linear'"
      ),
      (
        #""clipStart": "search""#,
        "option 'clipStart': expected 'constant' without \"initialisation\": \"blocks\", found 'search'"
      ),
    ])
  func refusedSchedules(options: String, words: String) throws {
    let error = #expect(throws: MethodError.self) {
      try make(
        ZeroQAT.self,
        "{\"steps\": 4, \"learningRate\": 1e-3, \"epsilon\": 1e-3, \(options)}", spec(4, 4))
    }
    #expect("\(try #require(error))" == words)
  }
}
