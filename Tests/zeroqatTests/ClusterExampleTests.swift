import Harness
import JSONText
import System
import TestSupport
import Testing

/// The profiles that a lab copies.
@Suite struct ClusterExampleTests {
  private static let folder = CommittedPagesTests.root + "/Examples/cluster"

  @Test func everyExampleIsAProfile() throws {
    let names = try listFolder(Self.folder).filter { $0.hasSuffix(".json") }
    #expect(names == ["flux.json", "hyperqueue.json", "lsf.json", "pbs.json", "slurm.json"])
    for name in names {
      let profile = try ClusterProfile(
        document: JSONDocument(contentsOf: "\(Self.folder)/\(name)"))
      #expect((profile.commands == nil) == (name == "slurm.json"), "\(name)")
    }
  }

  @Test func optionsOfClustersAreHeldToTheirUse() throws {
    let program = try BuiltProgram()
    for (arguments, words) in [
      (["--profile", "x.json"], "--profile needs --executor slurm or --executor commands"),
      (["--cancel"], "--cancel needs --executor slurm or --executor commands"),
      (["--executor", "commands"], "--executor commands needs --profile"),
      (["--executor", "slurm", "--jobs", "2"], "--jobs is for runs on this machine"),
      (["--executor", "slurm", "--force"], "--force is for runs on this machine"),
      (["--executor", "slrum"], "slrum"),
    ] {
      let (status, output) = try program(program.run + arguments)
      #expect(status == 2 && output.contains(words), "\(arguments): \(output)")
    }
    let profile = try program.sample.folder.write(
      #"{ "slurm": { "partitoin": "cpu" } }"#, to: "site.json")
    let (status, output) = try program(
      program.run + ["--executor", "slurm", "--profile", profile])
    #expect(status == 2 && output.contains("site.json:1:"), "\(output)")
    #expect(output.contains("unknown member 'partitoin'"), "\(output)")
  }

  @Test func aListForSomebodyElsesArrayIsWorkedOff() throws {
    let program = try BuiltProgram()
    let list = program.sample.folder.path("list/tasks.json")
    let (status, output) = try program(program.run + ["--write-tasks", list])
    #expect(status == 0)
    #expect(
      output.contains(#""tasks": 5, "minutes": 120, "mebibytes": 1024, "threads": 1}"#), "\(output)"
    )
    for task in 0..<5 {
      #expect(try program(["task", "--list", list, "--index", "\(task)"]).status == 0)
    }
    #expect(try program.records().count == 5)
    let beyond = try program(["task", "--list", list, "--index", "5"])
    #expect(beyond.status == 2)
    #expect(beyond.output.contains("\(list) has tasks 0 to 4, found 5"))
    #expect(try program(program.run + ["--write-tasks", list]).output.contains("nothing to run"))
  }
}
