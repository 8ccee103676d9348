import Harness
import Testing

/// Other schedulers' answers: the forms that their manuals show.
@Suite struct CommandBatchTests {
  @Test(arguments: [
    ("1234.pbs01\n", "{job}", "1234.pbs01"),
    ("Job <5678> is submitted to queue <normal>.\n", "Job <{job}>", "5678"),
    ("ƒ2fPzQ1bd\n", "{job}", "ƒ2fPzQ1bd"),
    ("warning: slow\nJob submitted successfully, job ID: 7\n", "job ID: {job}", "7"),
    ("12;cluster\n", "{job};", "12"),
  ])
  func whatAJobIsCalled(answer: String, pattern: String, job: String) {
    #expect(CommandBatch.job(in: answer, pattern) == job)
  }

  @Test(arguments: [("", "{job}"), ("Job <> is", "Job <{job}>"), ("no such queue", "Job <{job}>")])
  func whatNamesNoJob(answer: String, pattern: String) {
    #expect(CommandBatch.job(in: answer, pattern) == nil)
  }

  @Test func templatesAreFilledAndTimesWritten() {
    #expect(
      CommandBatch.filled("walltime={hms},{x}", ["hms": CommandBatch.clock(150)])
        == "walltime=02:30:00,{x}")
    #expect(CommandBatch.filled("{{state}} {job}", ["job": "7", "state": "x"]) == "{state} 7")
    #expect(CommandBatch.clock(6000) == "100:00:00")
  }
}
