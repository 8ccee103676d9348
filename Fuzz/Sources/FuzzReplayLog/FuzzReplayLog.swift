import FuzzedFile
import Optimizers

/// Made when the first input comes: nothing here runs before.
private enum Input {
  static let file = FuzzedFile()
}

/// Any bytes as the log of a training: its whole frames, which a second reading finds again, or an error that says something.
@c(LLVMFuzzerTestOneInput)
public func fuzzReplayLog(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let path = Input.file.path(holding: bytes)
  do {
    let log = try ReplayLog(path: path, binding: "fuzz")
    precondition(log.discardedBytes <= count)
    for directions in 1...3 {
      let whole = log.keepWholeSteps(of: directions)
      precondition(whole.count <= log.probes.count && whole.count % directions == 0)
    }
    // What was cut off is gone, and nothing else.
    let again = try ReplayLog(path: path, binding: "fuzz")
    precondition(again.discardedBytes == 0)
    precondition(again.probes.count == log.probes.count)
    precondition(again.evaluations.count == log.evaluations.count)
  } catch {
    precondition(!error.reason.isEmpty && !error.description.isEmpty)
  }
  return 0
}
