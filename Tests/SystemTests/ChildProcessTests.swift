import Glibc
import System
import Testing

@Suite struct ChildProcessTests {
  static func shell(_ script: String, _ environment: [String: String] = ["PATH": "/usr/bin:/bin"])
    -> ChildProcess
  {
    ChildProcess(executable: "/bin/sh", arguments: ["-c", script], environment: environment)
  }

  static func run(
    _ script: String, interruption: () -> (count: Int, number: Int32) = { (0, 0) }
  ) throws -> (ChildProcess.Ending, String) {
    var output: [UInt8] = []
    let ending = try shell(script).run(interruption: interruption) { output += $0 }
    return (ending, String(decoding: output, as: UTF8.self))
  }

  @Test func statusAndBothOutputsArrive() throws {
    let (ending, output) = try Self.run("echo one; echo two >&2; exit 5")
    #expect(ending.exit == .status(5))
    #expect(output == "one\ntwo\n")
    #expect(ending.interruption == nil)
  }

  @Test func muchOutputArrivesWhole() throws {
    let (_, output) = try Self.run("head -c 1000000 /dev/zero | tr '\\0' x; printf end")
    #expect(output.utf8.count == 1_000_003)
    #expect(output.hasSuffix("xend"))
  }

  @Test func signalsAreTold() throws {
    #expect(try Self.run("kill -SEGV $$").0.exit == .signal(SIGSEGV))
    #expect(try Self.run("kill -KILL $$").0.exit == .signal(SIGKILL))
  }

  @Test func aChildThatClosesItsOutputIsWaitedFor() throws {
    let (ending, output) = try Self.run("echo a; exec >&- 2>&-; sleep 0.3; exit 3")
    #expect(ending.exit == .status(3))
    #expect(output == "a\n")
  }

  @Test func aGrandchildThatHoldsTheOutputIsNotWaitedFor() throws {
    let begin = monotonicSeconds()
    let (ending, output) = try Self.run("sleep 5 & echo parent")
    #expect(ending.exit == .status(0))
    #expect(output == "parent\n")
    #expect(monotonicSeconds() - begin < 4)
  }

  @Test func theEnvironmentIsExactlyTheGivenOne() throws {
    var output: [UInt8] = []
    _ = try ChildProcess(
      executable: "/usr/bin/env", arguments: [], environment: ["B": "2 = two", "A": ""]
    ).run(interruption: { (0, 0) }) { output += $0 }
    let lines = String(decoding: output, as: UTF8.self).split(separator: "\n").sorted()
    #expect(lines == ["A=", "B=2 = two"])
  }

  @Test func aMissingProgramIsAnError() {
    let error = #expect(throws: FileError.self) {
      try ChildProcess(executable: "/no/such/program", arguments: [], environment: [:])
        .run(interruption: { (0, 0) }) { _ in }
    }
    #expect(
      error?.description == "cannot start '/no/such/program': No such file or directory")
  }

  @Test func aSignalIsPassedOnOnce() throws {
    let begin = monotonicSeconds()
    let (ending, output) = try Self.run(
      "trap 'echo got it; exit 9' TERM; echo ready; while :; do sleep 0.05; done",
      interruption: { monotonicSeconds() - begin > 0.5 ? (1, SIGTERM) : (0, 0) })
    #expect(ending.exit == .status(9))
    #expect(ending.interruption == SIGTERM)
    // The shell may add that its `sleep` was ended too: the signal goes to the whole group.
    #expect(output.hasPrefix("ready\n"))
    #expect(output.split(separator: "\n").filter { $0 == "got it" }.count == 1)
  }

  @Test func aSecondSignalKills() throws {
    let begin = monotonicSeconds()
    let (ending, _) = try Self.run(
      "trap '' TERM INT; while :; do sleep 0.05; done",
      interruption: {
        let passed = monotonicSeconds() - begin
        return passed > 0.8 ? (2, SIGINT) : passed > 0.4 ? (1, SIGINT) : (0, 0)
      })
    #expect(ending.exit == .signal(SIGKILL))
    #expect(monotonicSeconds() - begin < 5)
  }

  /// A short-lived block of known size shows in wait4's figure.
  @Test func residentMemoryIsTheChilds() throws {
    let mebibytes = 64
    let (large, _) = try Self.run(
      "x=$(head -c \(mebibytes << 20) /dev/zero | tr '\\0' a); sleep 0.005; echo ${#x}")
    #expect(large.residentBytes >= mebibytes << 20)
  }

  /// The child's input ends when the parent closes its end; until then it stays open.
  @Test func inputStaysOpenWhileTheParentLives() throws {
    // `timeout` ends a waiting `cat` with status 124; at the end of its input `cat` ends with 0.
    let (ending, output) = try Self.run("timeout 0.3 cat; echo $?")
    #expect(ending.exit == .status(0))
    #expect(output == "124\n")
  }
}
