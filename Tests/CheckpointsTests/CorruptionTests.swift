import Checkpoints
import TestSupport
import Testing

/// No file, however broken, may crash the process or be read outside its bytes.
@Suite struct CorruptionTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Opens a checkpoint and reads all that is in it; says whether everything could be read.
  ///
  /// Whatever is read has as many elements as announced, all finite; whatever isn't says why.
  private func readsAll(_ path: String) -> Bool {
    var isWhole = true
    func attempt(_ body: () throws(CheckpointError) -> Void) {
      do {
        try body()
      } catch {
        isWhole = false
        #expect(error.path.hasPrefix(folder.path))
        #expect(!error.reason.isEmpty)
      }
    }
    attempt { () throws(CheckpointError) in
      let checkpoint = try openCheckpoint(at: path)
      for tensor in checkpoint.tensors {
        attempt { () throws(CheckpointError) in
          if tensor.type.isInteger {
            let values = try checkpoint.readIntegers(tensor.name)
            #expect(values.count == tensor.elementCount)
          } else {
            let values = try checkpoint.read(tensor.name)
            #expect(values.count == tensor.elementCount && values.allSatisfy(\.isFinite))
          }
        }
      }
      guard let gguf = checkpoint as? GGUFFile else { return }
      for key in gguf.metadataKeys {
        guard case .array(let array) = gguf.metadata[key] else { continue }
        attempt { () throws(CheckpointError) in
          switch array.elementType {
          case .string: #expect(try gguf.strings(key).count == array.count)
          case .float32, .float64: #expect(try gguf.floats(key).count == array.count)
          case .array, .bool: break
          default: #expect(try gguf.integers(key).count == array.count)
          }
        }
      }
    }
    return isWhole
  }

  /// A safetensors file with several tensors, types and metadata.
  static let safetensorsFile = safetensors(
    """
    {"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},\
    "b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]},\
    "c":{"dtype":"I64","shape":[1],"data_offsets":[32,40]},\
    "d":{"dtype":"F16","shape":[],"data_offsets":[40,42]}}
    """, little([1, 2, 3, 4, 5, 6]) + little(Int64(0x3f80)) + little(Int64(9)) + [0, 0x3c])

  static let files: [(name: String, bytes: [UInt8])] = [
    ("a.gguf", GGUFBytes.everything.file), ("a.safetensors", safetensorsFile),
    ("a.bin", PyTorchBytes.everything.file),
  ]

  @Test(arguments: files) func theWholeFileIsFine(name: String, bytes: [UInt8]) throws {
    #expect(readsAll(try folder.write(bytes, to: name)))
  }

  @Test(arguments: files) func everyTruncationIsRefused(name: String, bytes: [UInt8]) throws {
    for length in 0..<bytes.count {
      let path = try folder.write(Array(bytes[..<length]), to: name)
      let error = #expect(throws: CheckpointError.self, "\(length) of \(bytes.count) bytes") {
        try openCheckpoint(at: path)
      }
      // Never a complaint about something behind the end.
      if case .byte(let offset) = error?.place { #expect(offset <= length) }
    }
  }

  @Test(arguments: files) func extraBytes(name: String, bytes: [UInt8]) throws {
    // GGUF files may be padded at the end, safetensors files have no holes.
    let path = try folder.write(bytes + [0], to: name)
    #expect(readsAll(path) == (name == "a.gguf"))
  }

  @Test(arguments: files, [1, 2, 8]) func randomDamage(
    _ file: (name: String, bytes: [UInt8]), width: Int
  ) throws {
    var generator = SplitMix64(seed: UInt64(width))
    var refused = 0
    let rounds = 2000
    for _ in 0..<rounds {
      var bytes = file.bytes
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let start = Int.random(in: 0...bytes.count - width, using: &generator)
        // Half are random, half are the extremes that arithmetic trips over.
        let extremes: [UInt64] = [.max, UInt64(Int.max), 1 << 63, 1 << 32]
        let isExtreme = Bool.random(using: &generator)
        let value =
          isExtreme ? extremes[Int.random(in: 0..<4, using: &generator)] : generator.next()
        for index in 0..<width {
          bytes[start + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
        }
      }
      if !readsAll(try folder.write(bytes, to: file.name)) { refused += 1 }
    }
    // Most damage is noticed; damage inside a weight can't be.
    #expect(refused > rounds / 4)
    #expect(refused < rounds)
  }

  @Test(arguments: files) func randomHeads(name: String, bytes: [UInt8]) throws {
    // Random bytes behind a valid beginning, which leads the reader as deep as possible.
    var generator = SplitMix64(seed: 11)
    for _ in 0..<1000 {
      let kept = Int.random(in: 0..<bytes.count, using: &generator)
      let tail = (0..<64).map { _ in UInt8(truncatingIfNeeded: generator.next() >> 60) }
      let path = try folder.write(Array(bytes[..<kept]) + tail, to: name)
      _ = readsAll(path)
    }
  }
}
