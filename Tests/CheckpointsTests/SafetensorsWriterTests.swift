import Checkpoints
import Glibc
import TestSupport
import Testing

@Suite struct SafetensorsWriterTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func whatIsWrittenIsReadBack() throws {
    var generator = SplitMix64(seed: 7)
    let shapes = [[3, 5], [], [0, 4], [1], [2, 3, 7], [257]]
    let names = ["w", "scalar", "empty", "ü\"\\/~\u{1}", "model.layers.0.weight", " "]
    let tensors: [SafetensorsWriter.Tensor] = zip(names, shapes).map { name, shape in
      (name, shape, generator.normal(shape.reduce(1, *), deviation: 1e3))
    }
    let path = folder.path("a.safetensors")
    try SafetensorsWriter.write(tensors, metadata: ["z": "1", "a": "é\n"], to: path)
    let file = try SafetensorsFile(path)
    #expect(file.metadata == ["z": "1", "a": "é\n"])
    #expect(file.tensors.map(\.name) == names)
    #expect(file.tensors.map(\.shape) == shapes)
    for (name, _, values) in tensors {
      #expect(try file.read(name).map(\.bitPattern) == values.map(\.bitPattern))
    }
  }

  @Test func bytesAreThoseOfTheFormat() throws {
    let path = folder.path("a.safetensors")
    try SafetensorsWriter.write([("b", [1, 2], [1, -2])], to: path)
    let header = #"{"b":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}"#
    let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    #expect(try TemporaryFolder.bytes(of: path) == safetensors(padded, little([1, -2])))
    // Tensors start at a multiple of 8 bytes.
    #expect(padded.utf8.count % 8 == 0)
  }

  @Test func writesNothingAndNoTensors() throws {
    let path = folder.path("a.safetensors")
    try SafetensorsWriter.write([], to: path)
    #expect(try SafetensorsFile(path).tensors.isEmpty)
  }

  @Test func leftoversOfEndedProcessesAreRemoved() throws {
    // No process has so high a number, and this one is alive.
    let own = "a.safetensors.\(getpid()).tmp"
    let others = [
      "a.safetensors", "a.safetensors.tmp", "a.safetensors.x.tmp", "b.4194305.tmp", own,
    ]
    for name in others + ["a.safetensors.4194305.tmp"] { try folder.write("", to: name) }
    removeLeftovers(of: folder.path("a.safetensors"))
    #expect(TemporaryFolder.names(in: folder.path) == others.sorted())
    removeLeftovers(of: folder.path("nowhere/a.safetensors"))
  }

  @Test func writesInPieces() throws {
    let path = folder.path("a.safetensors")
    try SafetensorsWriter.write([("a", [4]), ("b", [2])], to: path) {
      index, put throws(CheckpointError) in
      for piece in 0..<(index == 0 ? 2 : 1) {
        var outcome: Result<Void, CheckpointError> = .success(())
        [Float(index), Float(piece)].withUnsafeBufferPointer { values in
          do throws(CheckpointError) { try put(values) } catch { outcome = .failure(error) }
        }
        try outcome.get()
      }
    }
    let file = try SafetensorsFile(path)
    #expect(try file.read("a") == [0, 0, 0, 1])
    #expect(try file.read("b") == [1, 0])
  }

  @Test func aDivergedWeightIsWrittenAndNamedWhenRead() throws {
    let path = folder.path("a.safetensors")
    try SafetensorsWriter.write([("w", [3], [1, .infinity, 2])], to: path)
    let error = #expect(throws: CheckpointError.self) { try SafetensorsFile(path).read("w") }
    #expect(
      error?.description
        == "\(path): tensor 'w', element 1: error: "
        + "expected a finite F32 that fits in float32, found inf")
  }

  @Test func replacesAFileAsAWhole() throws {
    let path = folder.path("a.safetensors")
    try SafetensorsWriter.write([("old", [1], [1])], to: path)
    let old = try TemporaryFolder.bytes(of: path)
    // A failure half-way leaves the old file and nothing else.
    let error = #expect(throws: CheckpointError.self) {
      try SafetensorsWriter.write([("new", [2])], to: path) { _, _ throws(CheckpointError) in }
    }
    #expect(
      error?.description
        == "\(path): tensor 'new': error: expected 2 elements for the shape [2], found 0")
    #expect(try TemporaryFolder.bytes(of: path) == old)
    #expect(TemporaryFolder.names(in: folder.path) == ["a.safetensors"])
    // A mapped file keeps its contents when another takes its name.
    let mapped = try SafetensorsFile(path)
    try SafetensorsWriter.write([("new", [2], [3, 4])], to: path)
    #expect(try mapped.read("old") == [1])
    #expect(try SafetensorsFile(path).read("new") == [3, 4])
    #expect(TemporaryFolder.names(in: folder.path) == ["a.safetensors"])
  }

  @Test func refusesWhatItCannotDescribe() throws {
    let path = folder.path("a.safetensors")
    for (tensors, words) in [
      (
        [("a", [1], [0]), ("a", [1], [0])],
        "tensor 'a': error: the name is reserved or appears twice"
      ),
      (
        [("__metadata__", [1], [0])],
        "tensor '__metadata__': error: the name is reserved or appears twice"
      ),
      ([("a", [-1], [])], "tensor 'a': error: expected a shape, found [-1]"),
      ([("a", [1 << 62, 4], [])], "expected a shape, found [4611686018427387904, 4]"),
      ([("a", [2], [0])], "tensor 'a': error: expected 2 elements for the shape [2], found 1"),
    ] as [([SafetensorsWriter.Tensor], String)] {
      let error = #expect(throws: CheckpointError.self) {
        try SafetensorsWriter.write(tensors, to: path)
      }
      #expect(error?.description.hasSuffix(words) == true, "\(String(describing: error))")
    }
    #expect(TemporaryFolder.names(in: folder.path).isEmpty)
  }

  @Test func saysWhyItCannotWrite() throws {
    let path = folder.path("none/a.safetensors")
    let error = #expect(throws: CheckpointError.self) {
      try SafetensorsWriter.write([("a", [1], [0])], to: path)
    }
    #expect(error?.kind == .unwritable)
    #expect(error?.path == path)
    #expect(error?.reason.hasSuffix("No such file or directory (errno 2)") == true)
    // A folder in the way: everything is written, the renaming fails, nothing is left over.
    let inner = folder.path("b.safetensors")
    try folder.write("", to: "x")
    try makeFolder(inner)
    let blocked = #expect(throws: CheckpointError.self) {
      try SafetensorsWriter.write([("a", [1], [0])], to: inner)
    }
    #expect(blocked?.reason == "can't rename: Is a directory (errno 21)")
    #expect(TemporaryFolder.names(in: folder.path) == ["b.safetensors", "x"])
  }

  @Test func aFullDiskIsAnErrorAndLeavesNothing() throws {
    // Writes to /dev/full fail with ENOSPC; the temporary name is made to lead there.
    let path = folder.path("a.safetensors")
    try linkTemporaryName(of: path, to: "/dev/full")
    let error = #expect(throws: CheckpointError.self) {
      try SafetensorsWriter.write([("a", [1], [0])], to: path)
    }
    #expect(error?.reason == "can't write: No space left on device (errno 28)")
    #expect(TemporaryFolder.names(in: folder.path).isEmpty)
  }
}
