import Checkpoints
import FuzzedFile

/// Made when the first input comes: nothing here runs before.
private enum Input {
  static let file = FuzzedFile()
}

/// Any bytes as the pickle of an archive with five storages of 64 bytes, and as a whole `pytorch_model.bin` where
/// they begin as one: all of its tensors, or errors that say something.
@c(LLVMFuzzerTestOneInput)
public func fuzzPickle(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let isArchive = bytes.starts(with: [0x50, 0x4b, 0x03, 0x04])
  _ = Input.file.readAll(isArchive ? bytes : archive(bytes)) { path throws(CheckpointError) in
    try PyTorchFile(path)
  }
  return 0
}

/// A zip archive as torch.save writes it, of a pickle and storages.
private func archive(_ pickle: [UInt8]) -> [UInt8] {
  let storage = (0..<64).map { UInt8($0) }
  let members =
    [("a/data.pkl", pickle)] + (0..<5).map { ("a/data/\($0)", storage) }
  var (all, directory): ([UInt8], [UInt8]) = ([], [])
  for (name, bytes) in members {
    let (start, text) = (all.count, Array(name.utf8))
    all += number(0x0403_4b50, 4) + number(0, 22) + number(text.count, 2) + number(0, 2)
    all += text + bytes
    directory += number(0x0201_4b50, 4) + number(0, 16) + number(bytes.count, 4)
    directory += number(bytes.count, 4) + number(text.count, 2) + number(0, 12)
    directory += number(start, 4) + text
  }
  let start = all.count
  all += directory + number(0x0605_4b50, 4) + number(0, 4) + number(members.count, 2)
  all += number(members.count, 2) + number(directory.count, 4) + number(start, 4) + number(0, 2)
  return all
}

/// The lowest bytes of a number, least first.
private func number(_ value: Int, _ count: Int) -> [UInt8] {
  (0..<count).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
}
