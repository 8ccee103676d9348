public import Checkpoints
import Glibc

/// A file without a name that holds one input at a time, for readers that map files.
public struct FuzzedFile: Sendable {
  private let descriptor: CInt

  /// Opens a file in memory where the system has such a folder, in `/tmp` elsewhere.
  public init() {
    var opened: CInt = -1
    for folder in ["/dev/shm", "/tmp"] where opened < 0 {
      var template = Array("\(folder)/zeroqat-fuzz-XXXXXX".utf8CString)
      opened = mkstemp(&template)
      if opened >= 0 { unlink(template) }
    }
    precondition(opened >= 0, "no file could be made")
    descriptor = opened
  }

  /// Puts an input in the file, and says by which path it can be opened.
  public func path(holding bytes: [UInt8]) -> String {
    precondition(ftruncate(descriptor, 0) == 0)
    precondition(pwrite(descriptor, bytes, bytes.count, 0) == bytes.count)
    return "/proc/self/fd/\(descriptor)"
  }

  /// Opens an input with `open` and reads every tensor of it: numbers as many as announced and finite, or an
  /// error that says something.
  public func readAll<Opened: Checkpoint>(
    _ bytes: [UInt8], open: (String) throws(CheckpointError) -> Opened
  ) -> Opened? {
    let path = path(holding: bytes)
    do {
      let checkpoint = try open(path)
      for tensor in checkpoint.tensors {
        precondition(checkpoint.descriptor(of: tensor.name) == tensor)
        read(tensor, of: checkpoint)
      }
      return checkpoint
    } catch {
      precondition(!error.reason.isEmpty && !error.description.isEmpty)
      return nil
    }
  }

  private func read(_ tensor: TensorDescriptor, of checkpoint: some Checkpoint) {
    do {
      if tensor.type.isInteger {
        let values = try checkpoint.readIntegers(tensor.name)
        precondition(values.count == tensor.elementCount)
      } else {
        let values = try checkpoint.read(tensor.name)
        precondition(values.count == tensor.elementCount && values.allSatisfy(\.isFinite))
        guard tensor.rowCount > 0, tensor.rowElementCount % tensor.type.elementsPerBlock == 0,
          tensor.elementCount > 0
        else { return }
        // The last row alone is the end of the whole.
        var row = [Float](repeating: .nan, count: tensor.rowElementCount)
        try row.withUnsafeMutableBufferPointer { buffer in
          try checkpoint.read(
            tensor.name, rows: tensor.rowCount - 1..<tensor.rowCount, into: buffer)
        }
        precondition(row.elementsEqual(values.suffix(row.count)))
      }
    } catch let error as CheckpointError {
      precondition(!error.reason.isEmpty && !error.description.isEmpty)
    } catch {
      preconditionFailure("another error than a checkpoint's: \(error)")
    }
  }
}
