import Harness
import JSONText
import Testing

@Suite struct ClusterProfileTests {
  private func read(_ text: String) throws -> ClusterProfile {
    try ClusterProfile(document: JSONDocument(text: Array(text.utf8), file: "site.json"))
  }

  @Test func whatIsntSaidHasItsDefault() throws {
    let profile = try read(
      """
      { "schema": 1, "atATime": 8, "limits": { "minutes": 1440 },
        "slurm": { "partition": "cpu", "options": ["--constraint=avx512"] } }
      """)
    var expected = ClusterProfile()
    expected.atATime = 8
    expected.limits.minutes = 1440
    expected.slurm.partition = "cpu"
    expected.slurm.options = ["--constraint=avx512"]
    #expect(profile == expected)
    #expect(try read("{}") == ClusterProfile())
  }

  @Test(arguments: [
    (#"{ "partition": "cpu" }"#, "/partition", "unknown member 'partition'"),
    (#"{ "slurm": { "partitoin": "cpu" } }"#, "/slurm/partitoin", "did you mean 'partition'?"),
    (#"{ "schema": 2 }"#, "/schema", "schema 2 isn't supported; this build reads schema 1"),
    (#"{ "atATime": 0 }"#, "/atATime", "expected 1 to 1000000, found 0"),
    (
      #"{ "limits": { "minutes": 0.5 } }"#, "/limits/minutes", "expected 1 to 525600, found 0.5"
    ),
    (
      #"{ "slurm": { "partition": "two words" } }"#, "/slurm/partition",
      "expected a name without spaces, found 'two words'"
    ),
    (
      #"{ "slurm": { "options": ["--time=10"] } }"#, "/slurm/options/0",
      "'--time' is the program's own; the profile's 'limits/minutes' decides"
    ),
    (
      #"{ "slurm": { "options": ["-J x"] } }"#, "/slurm/options/0", "'-J' is the program's own"
    ),
    (
      #"{ "slurm": { "options": ["constraint=x"] } }"#, "/slurm/options/0",
      "expected an option of sbatch, such as '--constraint=avx512', found 'constraint=x'"
    ),
    (
      #"{ "commands": { "submit": ["qsub"], "status": ["qstat", "{job}"], "cancel": ["qdel", "{job}"] } }"#,
      "/commands/submit", "expected '{script}' in one of the words, found none"
    ),
    (
      #"{ "commands": { "submit": ["qsub", "{scirpt}"], "status": ["x", "{job}"], "cancel": ["x", "{job}"] } }"#,
      "/commands/submit/1", "unknown '{scirpt}'; did you mean 'script'?"
    ),
    (
      #"{ "commands": { "submit": ["qsub", "{script}"], "cancel": ["x", "{job}"] } }"#,
      "/commands", "missing required member 'status'"
    ),
    (
      #"{ "commands": { "submit": ["q", "{script}"], "status": ["x", "{job}"], "cancel": ["x", "{job}"], "answer": "Job" } }"#,
      "/commands/answer", "expected text around '{job}', found 'Job'"
    ),
    (#"{ "container": [""] }"#, "/container/0", "expected one argument on one line, found nothing"),
  ])
  func whatIsWrongIsRefusedWithItsPlace(text: String, pointer: String, words: String) throws {
    let error = #expect(throws: JSONError.self) { try read(text) }
    #expect(error?.pointer == pointer)
    #expect(error?.reason.contains(words) == true, "\(error?.reason ?? "")")
  }
}
