import Dispatch
import Glibc
import Harness
import System
import TestSupport
import Testing

@Suite struct StoreLockTests {
  /// A number that is closed twice may be another thread's by the second time.
  @Test func aRefusedLockIsClosedOnce() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let held = try StoreLock(folder: folder.path)
      let path = folder.path
      let end = monotonicSeconds() + 1
      DispatchQueue.concurrentPerform(iterations: 2) { thread in
        while monotonicSeconds() < end {
          if thread == 0 {
            _ = try? StoreLock(folder: path)
          } else {
            let descriptor = open("/dev/null", O_RDONLY)
            precondition(close(descriptor) == 0, "somebody closed \(descriptor)")
          }
        }
      }
      precondition(held.isHeld)
    }
  }
}
