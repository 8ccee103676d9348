import Glibc
import Harness
import System
import Testing

@Suite struct ParentWatchTests {
  @Test func theWorkerEndsWithItsParent() async {
    await #expect(processExitsWith: .signal(SIGIO)) {
      var ends: [Int32] = [-1, -1]
      pipe(&ends)
      dup2(ends[0], 0)
      ParentWatch.arm()
      close(ends[1])
      sleep(10)
    }
  }

  @Test func aParentThatIsGoneAlreadyIsNoticed() async {
    await #expect(processExitsWith: .exitCode(130)) {
      var ends: [Int32] = [-1, -1]
      pipe(&ends)
      dup2(ends[0], 0)
      close(ends[1])
      ParentWatch.arm()
    }
  }

  @Test func otherInputsAreLeftAlone() async {
    await #expect(processExitsWith: .exitCode(7)) {
      dup2(open("/dev/null", O_RDONLY), 0)
      ParentWatch.arm()
      exit(7)
    }
  }
}
