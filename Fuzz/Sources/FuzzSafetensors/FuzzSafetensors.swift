import Checkpoints
import FuzzedFile

/// Made when the first input comes: nothing here runs before.
private enum Input {
  static let file = FuzzedFile()
}

/// Any bytes as a safetensors file: all of its tensors, or errors that say something.
@c(LLVMFuzzerTestOneInput)
public func fuzzSafetensors(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  _ = Input.file.readAll(bytes) { path throws(CheckpointError) in try SafetensorsFile(path) }
  return 0
}
