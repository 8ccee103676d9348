import Checkpoints
import FuzzedFile

/// Made when the first input comes: nothing here runs before.
private enum Input {
  static let file = FuzzedFile()
}

/// Any bytes as a GGUF file: all of its tensors and metadata, or errors that say something.
@c(LLVMFuzzerTestOneInput)
public func fuzzGGUF(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  guard
    let gguf = Input.file.readAll(
      bytes, open: { path throws(CheckpointError) in try GGUFFile(path) })
  else { return 0 }
  for key in gguf.metadataKeys {
    guard case .array(let array) = gguf.metadata[key] else { continue }
    do throws(CheckpointError) {
      let count: Int
      switch array.elementType {
      case .string: count = try gguf.strings(key).count
      case .float32, .float64: count = try gguf.floats(key).count
      case .array, .bool: count = array.count
      default: count = try gguf.integers(key).count
      }
      precondition(count == array.count)
    } catch {
      precondition(!error.description.isEmpty)
    }
  }
  return 0
}
